"""Everything that the program says of the corpus in its own words, each from an exact look-up.

A statement is made here or not at all. `complete` counts records, `mentions` and `absent` look a
string up in every text of the scope; nothing is ever concluded from a score. `UNDIRECT` claims
nothing of the corpus: it says that no direct statement was found.
"""

from collections.abc import Container, Sequence
from dataclasses import dataclass

from rag.index import Records
from rag.types import Essay

UNDIRECT = "没有找到直接的表述"
NO_MORE = "没有找到更多直接的表述"
EMPTY = "还没有收录任何材料"
OUT_OF_SCOPE = "没有符合所选范围的材料"
UNEXPLAINED = "以下原文只提到这个说法，没有找到解释它的表述。"


@dataclass(frozen=True, slots=True)
class Mentions:
    """In which essays of a scope a string stands."""

    phrase: str
    essays: tuple[str, ...]  # ids of those that hold it, in the order of the scope
    of: int  # essays in the scope

    @property
    def statement(self) -> str:
        """The claim: 7 篇中 4 篇写到“容错纠错”."""
        return f"{self.of} 篇中 {len(self.essays)} 篇写到“{self.phrase}”"


def complete(count: int) -> str:
    """Say that `count` items are all there are; for whole sections or essays alone."""
    return f"共 {count} 条，已全部列出。"


def part(shown: int, level: int, leaves: int) -> str:
    """Say that the first of `level` items are listed, or all of them with `leaves` under them."""
    if shown < level:
        return f"共 {level} 条，以上是前 {shown} 条。"
    return f"按 {level} 个方面列出，其下共 {leaves} 条。"


def held(count: int, shown: int, *, within: bool = False) -> str:
    """Say how many essays the corpus, or the scope of a question `within` it, has."""
    of = "所问范围内有" if within else "收录了"
    return f"{of} {count} 篇材料{'：' if count <= shown else f'，以下是前 {shown} 篇：'}"


def paragraphs(count: int, shown: int) -> str:
    """Say how many paragraphs an essay has and how many are quoted."""
    return f"原文共 {count} 段，以上是前 {shown} 段。"


def parts(count: int) -> str:
    """Say that an essay has fewer parts than were asked for."""
    return f"这篇材料只有 {count} 个部分"


def mentions(records: Records, phrase: str, scope: Sequence[Essay]) -> Mentions:
    """Look `phrase` up, letter by letter, in every passage of the scope."""
    holding = set(records.essays_of(records.holding(phrase)))
    found = tuple(essay.essay_id for essay in scope if essay.essay_id in holding)
    return Mentions(phrase, found, len(scope))


def absent(records: Records, phrase: str, scope: Container[str] | None) -> str | None:
    """Say that no text of the scope (ids of essays, None for all) holds `phrase`, if so."""
    found = records.essays_of(records.holding(phrase))
    if any(scope is None or essay_id in scope for essay_id in found):
        return None
    return not_held([phrase]) if scope is None else f"所问范围内没有出现“{phrase}”"


def silent(phrase: str, names: Sequence[str], count: int) -> str:
    """Name the essays in which a phrase does not stand."""
    if not names:
        return f"每篇都写到“{phrase}”。"
    more = f" 等 {count} 篇" if count > len(names) else ""
    return f"没有写到“{phrase}”的：{'；'.join(names)}{more}。"


def not_held(names: Sequence[str]) -> str:
    """Say that the corpus holds none of these names; they were looked up when they were found."""
    return f"现有材料中没有出现{'、'.join(f'“{name}”' for name in names)}"


def meant(written: str, question: str) -> str:
    """Say that a name is not held, and which question may be meant."""
    return f"{not_held([written])}，是不是要问：{question}？"


def compared(column: str, rows: int, *, least: bool) -> str:
    """Say by which column of a table rows were compared, and how many."""
    return f"按表中“{column}”一列，{rows} 行中{'最小' if least else '最大'}的是："


def akin(name: str) -> str:
    """Say of a place or an essay in a comparison that nothing surely answers: a score, no look-up.

    It claims nothing of the corpus, like `UNDIRECT`.
    """
    return f"{name}（意思相近的表述）"


def counts(rows: Sequence[tuple[str, int]]) -> str:
    """Say how many measures each has, and which has the most."""
    said = "，".join(f"{name} {count} 条" for name, count in rows)
    most = "、".join(name for name, count in rows if count == max(n for _, n in rows))
    return f"按文中标题计：{said}。最多的是{most}。"
