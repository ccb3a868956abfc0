"""Drafts with planted changes, held against their documents: what is found, what accused.

    python bench/verify.py FOLDER INDEX [--drafts 60] [--seed 7]

FOLDER holds text files, INDEX an index of them. Each draft is a dozen sentences of one file, a
third of them changed in one place: a figure, a place, a bound, a negation, a pair exchanged, a
quotation, a year, or a word that limits left out. Half of the others have a number of the draft's
own or a bullet before them. How changes are made knows nothing of how they are found.
"""

import argparse
import random
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from rag.pipeline import Assistant
from rag.settings import Settings
from rag.verify import verify

Planted = tuple[str, int, int]
"""The changed sentence and where it was changed."""
_PLACES = ["青川县", "陵水县", "海州区", "宝丰县", "武邑县", "丰台区"]
_DENIALS = [
    ("必须", "不必"),
    ("应当", "不应当"),
    ("不得", "可以"),
    ("严禁", "允许"),
    ("能够", "不能"),
    ("没有", "已有"),
]
_BOUNDS = [
    ("不少于", "不多于"),
    ("不低于", "不高于"),
    ("以上", "以下"),
    ("至少", "最多"),
    ("超过", "不到"),
    ("以内", "以外"),
    ("余", ""),
    ("多", ""),
]
_LIMITS = """
    严禁 不得 必须 至少 最多 不低于 不少于 不超过 计划 力争 争取 基本 部分 试点 探索 约 近
""".split()
_HEADS = ["", "", "", "", "一是", "（二）", "3.", "- "]


def _figure(text: str, random_: random.Random) -> Planted | None:
    found = [
        m for m in re.finditer(r"\d+(?:\.\d+)?", text) if not re.match(r"年|月|日", text[m.end() :])
    ]
    if not found:
        return None
    one = random_.choice(found)
    other = str(int(float(one.group())) + random_.choice([1, 2, 10, 100]))
    return text[: one.start()] + other + text[one.end() :], one.start(), one.start() + len(other)


def _year(text: str, random_: random.Random) -> Planted | None:
    found = list(re.finditer(r"(?:19|20)\d\d(?=年)", text))
    if not found:
        return None
    one = random_.choice(found)
    other = str(int(one.group()) + random_.choice([-1, 1, 2]))
    return text[: one.start()] + other + text[one.end() :], one.start(), one.end()


def _place(text: str, random_: random.Random) -> Planted | None:
    one = re.search(r"(?<=[在于，、对到从])[一-鿿]{2}[县区市](?![一-鿿]?[域委长])", text)
    if not one:
        return None
    other = random_.choice([p for p in _PLACES if p != one.group()])
    return text[: one.start()] + other + text[one.end() :], one.start(), one.start() + len(other)


def _listed(pairs: list[tuple[str, str]]) -> Callable[[str, random.Random], Planted | None]:
    def plant(text: str, random_: random.Random) -> Planted | None:
        for old, new in random_.sample(pairs, len(pairs)):
            before = r"(?<=\d)" if len(old) == 1 or old.startswith("以") else ""
            if one := re.search(before + old, text):
                changed = text[: one.start()] + new + text[one.end() :]
                return changed, one.start(), one.start() + len(new)
        return None

    return plant


def _pair(text: str, random_: random.Random) -> Planted | None:
    one = re.search(
        r"“([一-鿿]{2,8})”[^“”，。]{0,6}“([一-鿿]{2,8})”|([一-鿿]{2,4})、([一-鿿]{2,4})(?=[，。；等])",
        text,
    )
    if not one:
        return None
    a, b = (1, 2) if one[1] else (3, 4)
    changed = (
        text[: one.start(a)]
        + one[b]
        + text[one.end(a) : one.start(b)]
        + one[a]
        + text[one.end(b) :]
    )
    return (changed, one.start(a), one.end(b)) if one[a] != one[b] else None


def _quotation(text: str, random_: random.Random) -> Planted | None:
    one = re.search(r"“([一-鿿]{4,12})”", text)
    if not one:
        return None
    at = one.start(1) + random_.randrange(len(one[1]))
    other = random_.choice([c for c in "新优强实红先" if c != text[at]])
    return text[:at] + other + text[at + 1 :], at, at + 1


def _limit(text: str, random_: random.Random) -> Planted | None:
    found = [one for limit in _LIMITS for one in re.finditer(rf"(?<=[，、]){limit}|^{limit}", text)]
    if not found:
        return None
    one = random_.choice(found)
    return text[: one.start()] + text[one.end() :], one.start(), one.start()


_KINDS: dict[str, Callable[[str, random.Random], Planted | None]] = {
    "figure": _figure,
    "year": _year,
    "place": _place,
    "bound": _listed(_BOUNDS),
    "negation": _listed(_DENIALS),
    "pair": _pair,
    "quotation": _quotation,
    "limit": _limit,
}


def _drafts(
    folder: Path, count: int, random_: random.Random
) -> list[list[tuple[str, Planted | None, str]]]:
    """Return drafts: of each sentence as it was, what was planted, and of which kind."""
    drafts = []
    files = sorted(folder.glob("*.txt"))
    while len(drafts) < count:
        text = random_.choice(files).read_text(encoding="utf-8")
        sentences = [s.strip() for s in re.findall(r"[^。！？\n]{12,200}[。！？]", text)]
        if len(sentences) < 12:
            continue
        start = random_.randrange(len(sentences) - 11)
        draft = []
        for sentence in sentences[start : start + 12]:
            made = [
                (k, p) for k in _KINDS if (p := _KINDS[k](sentence, random_)) and p[0] != sentence
            ]
            if made and random_.random() < 0.4:
                kind, planted = random_.choice(made)
                draft.append((sentence, planted, kind))
            else:
                draft.append((random_.choice(_HEADS) + sentence, None, ""))
        drafts.append(draft)
    return drafts


def main() -> None:
    """Print what was planted, found, located and accused, by kind."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("index", type=Path)
    parser.add_argument("--drafts", type=int, default=60)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--missed", action="store_true")
    given = parser.parse_args()
    assistant = Assistant.open(given.index, replace(Settings.load(), llm_url="")).steady()
    tally: Counter[tuple[str, str]] = Counter()
    for draft in _drafts(given.folder, given.drafts, random.Random(given.seed)):
        paragraphs = [planted[0] if planted else sentence for sentence, planted, _ in draft]
        judged = list(verify(paragraphs, assistant))
        for n, (sentence, planted, kind) in enumerate(draft):
            parts = [j for j in judged if j.paragraph == n]
            accused = [j for j in parts if j.verdict in ("changed", "not found")]
            if planted is None:
                tally["untouched", "all"] += 1
                tally["untouched", "accused"] += bool(accused)
                if accused and given.missed:
                    print("accused", [(j.verdict, j.text, j.changes) for j in accused])
                continue
            _, start, end = planted
            located = any(c.start <= end and start <= c.end for j in accused for c in j.changes)
            tally[kind, "all"] += 1
            tally[kind, "found"] += bool(accused)
            tally[kind, "located"] += located
            if not located and given.missed:
                print(
                    kind,
                    planted[0][max(0, start - 8) : end + 8],
                    "<-",
                    sentence[max(0, start - 8) : end + 8],
                    [j.verdict for j in parts],
                )
    kinds = [kind for kind in _KINDS if tally[kind, "all"]]
    for kind in kinds:
        print(
            f"{kind:<10}",
            *(f"{what} {tally[kind, what]:4d}" for what in ("all", "found", "located")),
        )
    planted_all = sum(tally[kind, "all"] for kind in kinds)
    for what in ("found", "located"):
        print(f"{what:<10}{sum(tally[k, what] for k in kinds) / planted_all:.3f} of {planted_all}")
    untouched = tally["untouched", "all"]
    print(f"accused   {tally['untouched', 'accused'] / untouched:.3f} of {untouched}")


if __name__ == "__main__":
    main()
