"""Essays by their titles and by the names of their files, whole or in part."""

import re
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from rag.answering.named import Referent
from rag.answering.vocabulary import Vocabulary
from rag.index import Records
from rag.words import fold

_DECORATION = re.compile(r"^【[^】]*】|^中华人民共和国|^关于")
_STATUTE = re.compile(r"(?:条例|办法|规定|意见|方案|通知|报告|细则|规划|纲要|决定|章程)$")
_ANYBODYS = re.compile(r"(?:\d{4}年)?(?:度)?(?:政府)?工作(?:报告|总结|方案|要点|计划|规定)$")
_RUN = 8  # characters of a title that can be nothing else in a question
_LEAST_STATUTE = 5  # ... of one that ends as documents do
_FEW = 3  # documents that one title names


def plain(text: str) -> str:
    """Return a text as titles are compared: without white space, quotation and title marks."""
    return re.sub(r"[\s“”‘’\"'《》〈〉]", "", fold(text))


class Titles:
    """Finds essays by their titles; made once a generation."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._essays: dict[str, dict[str, None]] = {}  # plain title → essays
        self._shown: dict[str, str] = {}  # plain title → title
        self._printed: set[str] = set()  # plain titles that are no names of files
        self._written: dict[str, Referent] = {}  # what names essays without title marks
        for essay in records.essays():
            stem = PurePosixPath(essay.document).stem
            for title in (essay.title or "", stem, *re.split(r"[_()（）]+", stem)):
                key = plain(title)
                if len(key) > 1:
                    self._essays.setdefault(key, {})[essay.essay_id] = None
                    self._shown.setdefault(key, title)
            self._printed.add(plain(essay.title or ""))
        self._words = Vocabulary(self._essays)
        for title in self._essays:
            self._add_standing(title)
        self._longest = max(map(len, self._written), default=0)

    def _add_standing(self, title: str) -> None:
        """Add a title that can be nothing else in a question, as it may be written."""
        documents = {essay_id.rpartition("#")[0] for essay_id in self._essays[title]}
        for variant in {title, _DECORATION.sub("", title)} if len(documents) <= _FEW else ():
            least = _LEAST_STATUTE if _STATUTE.search(variant) else _RUN
            if len(variant) >= least and not _ANYBODYS.match(variant):
                self._written[variant] = self._referent([title])

    def _referent(self, titles: Iterable[str], shown: str = "") -> Referent:
        every = list(titles)
        ids = dict.fromkeys(essay_id for title in every for essay_id in self._essays[title])
        return Referent("title", shown or self._shown[every[0]], tuple(ids))

    def whole(self, text: str) -> Referent | None:
        """Return the essays of this title."""
        key = plain(text)
        return self._referent([key]) if key in self._essays else self._written.get(key)

    def given(self, text: str) -> Referent | None:
        """Return the essays of this title, or else of titles that hold it."""
        if found := self.whole(text):
            return found
        titles = list(dict.fromkeys(self._words.holding(plain(text))))
        return self._referent(titles, text if len(titles) > 1 else "") if titles else None

    def near(self, text: str) -> str | None:
        """Return the title that `text` may be a typing error of."""
        found = self._words.near(plain(text))
        return self._shown[found] if found else None

    def holding(self, name: str) -> Iterator[str]:
        """Give the essays whose title or file name holds a name."""
        for title in self._words.holding(plain(name)):
            yield from self._essays[title]

    def standing(self, text: str) -> Iterator[tuple[int, int, Referent]]:
        """Find titles in running text, the longest first from the left.

        Most of a title is enough where it is long and no other essay's text holds it.
        """
        kept = [at for at, sign in enumerate(text) if plain(sign)]
        key, at = "".join(plain(text[at]) for at in kept), 0
        while at < len(key):
            lengths = range(min(self._longest, len(key) - at), 2, -1)
            length = next((n for n in lengths if key[at : at + n] in self._written), 0)
            found = self._written.get(key[at : at + length])
            if found is None:
                length = self._run(key, at)
                found = self._part(key[at : at + length]) if length else None
            if found is not None:
                yield kept[at], kept[at + length - 1] + 1, found
            at += length if found else 1

    def _run(self, text: str, at: int) -> int:
        """How many characters from `at` on some title holds, if enough."""
        length = _RUN
        while at + length <= len(text) and any(self._words.holding(text[at : at + length])):
            length += 1
        return length - 1 if length > _RUN else 0

    def _part(self, part: str) -> Referent | None:
        """The essays of the titles that begin so and are little longer."""
        titles = [
            title
            for title in dict.fromkeys(self._words.holding(part))
            if title in self._printed and 3 * len(part) >= 2 * len(title)
            if title.startswith(part) or _DECORATION.sub("", title).startswith(part)
        ]
        if not titles:
            return None
        found = self._referent(titles)
        return found if self.is_sole(found, part) else None

    def is_sole(self, referent: Referent, text: str) -> bool:
        """Whether a text is held by those essays alone, and so can only mean them."""
        holding = self._records.essays_of(self._records.holding(text))
        return len(referent.essays) <= _FEW and {*holding} <= {*referent.essays}
