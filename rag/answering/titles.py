"""The essays that a question names by their titles: 《法律援助条例》, or the title without marks.

Inside 《》 a part of the title is enough; outside, the whole title, its own decorations aside, or
the body that it puts before a colon: 国采中心：开创集采事业发展新局面.
"""

import re
from collections.abc import Iterable

from rag.types import Essay
from rag.words import fold

_GIVEN = re.compile(r"《([^《》]{2,60})》")
_DECORATION = re.compile(r"^【[^】]*】|^中华人民共和国|^关于")
_IGNORED = re.compile(r"[\s“”‘’\"'《》〈〉]")
_STATUTE = re.compile(r"(?:条例|办法|规定|意见|方案|通知|报告|细则|规划|纲要|决定|章程)$")
_ANYBODYS = re.compile(r"(?:政府)?工作(?:报告|总结|方案|要点|计划|规定)$")  # 浙江省政府工作报告
_BODY = re.compile(
    r"([^：:，、]{2,14}(?:中心|局|部|厅|委|委员会|办|办公室|院|大学|学校|公司|集团|银行|协会|联合会|[镇乡村]|街道|社区))[：:]"
)
_LEAST = 8  # characters of a title that can be nothing else in a question
_SHORTEST = 3  # ... of a body's name
_LEAST_STATUTE = 5  # ... of one that ends as documents do


class Titles:
    """Finds essays by title."""

    def __init__(self, essays: Iterable[Essay]) -> None:
        self._essays: dict[str, list[str]] = {}  # plain title → essay ids
        for essay in essays:
            if essay.title:
                self._essays.setdefault(_plain(essay.title), []).append(essay.essay_id)
        self._bodies: dict[str, list[str]] = {}  # plain name of a body → ids of essays on it
        for title, ids in self._essays.items():
            if body := _BODY.match(_DECORATION.sub("", title)):
                self._bodies.setdefault(body.group(1), []).extend(ids)
        self._exact: dict[str, list[str]] = {}  # title or what is left of one → ids
        self._written = set(self._bodies)  # what names an essay outside 《》
        for title, ids in self._essays.items():
            for variant in _variants(title):
                self._exact.setdefault(variant, []).extend(ids)
                if len(ids) == 1 and not _ANYBODYS.match(variant):
                    self._written.add(variant)
        self._longest = max(map(len, self._written), default=0)

    def find(self, question: str) -> tuple[tuple[str, ...], str]:
        """Return the ids of the essays named, and the question without their titles."""
        found: list[str] = []
        rest = question
        for match in _GIVEN.finditer(question):
            if ids := self._holding(_plain(match.group(1))):
                found += ids
                rest = rest.replace(match.group(), " " * len(match.group()))
        for start, end in self._standing(rest):
            name = _plain(rest[start:end])
            found += self._bodies.get(name) or self._holding(name)
            rest = rest[:start] + " " * (end - start) + rest[end:]
        return tuple(dict.fromkeys(found)), rest

    def _holding(self, part: str) -> list[str]:
        """Ids of the essays of this title, or else of titles that hold it."""
        if exact := self._exact.get(part):
            return exact
        return [i for title, ids in self._essays.items() if part in title for i in ids]

    def _standing(self, text: str) -> list[tuple[int, int]]:
        """Spans of whole titles in `text`, the longest first from the left."""
        kept = [at for at, character in enumerate(text) if not _IGNORED.match(character)]
        plain = fold("".join(text[at] for at in kept))
        if len(plain) != len(kept):  # folding changed the length: no offsets to trust
            return []
        spans, at = [], 0
        while at < len(plain):
            lengths = range(min(self._longest, len(plain) - at), _SHORTEST - 1, -1)
            length = next((n for n in lengths if plain[at : at + n] in self._written), 0)
            if length:
                spans.append((kept[at], kept[at + length - 1] + 1))
            at += length or 1
        return spans


def _plain(text: str) -> str:
    return _IGNORED.sub("", fold(text))


def _variants(title: str) -> set[str]:
    """The title and what is left without decorations, as far as it is telling."""
    found = {title, _DECORATION.sub("", title)}
    return {
        variant
        for variant in found
        if len(variant) >= (_LEAST_STATUTE if _STATUTE.search(variant) else _LEAST)
    }
