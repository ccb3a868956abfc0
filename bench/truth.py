"""How far answers can be trusted: right, refused, false statements, citations, calibration.

    python bench/truth.py --set GOLD.jsonl CORPUS [--set ...] --work DIR [--figures FILE --name N]
    python bench/truth.py --count DIR/wrong.jsonl

GOLD is a gold file as `rag eval` reads it, CORPUS the folder of its documents; several sets may
share one. Every question is asked of an `Assistant`; `rag/evaluation/gold.py` judges the answers,
and every statement of the program's own is held against the records by reading all of them. A
question's style is that of its line, or the name of its file. `DIR/wrong.jsonl` gets what is not
right, a line each, whose field `cause` is to be filled in by whoever reads it with one of
`CAUSES`; `--count` counts them. With `--figures` the figures for bench/plots.py go into FILE.
"""

import argparse
import json
import re
import sys
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from statistics import fmean
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from rag.blocks import Text, cells
from rag.errors import BadInput, RagError
from rag.evaluation.gold import OUTCOMES, Gold, Judgment, Report, evaluate, judge, read_gold
from rag.index import Records
from rag.jsonl import read_jsonl
from rag.pipeline import Assistant, build
from rag.settings import Settings
from rag.types import Answer, Measure

CAUSES = (
    "not retrieved",  # no passage that answers is among those that are read
    "wrong sentence first",  # it was read, and another sentence was held more likely
    "refused though found",  # the right sentence stands first, under the threshold
    "list cut",  # some items of a list or sides of a comparison are missing
    "list too long",  # what is wanted is buried
    "near miss answered",  # something like it stands in the corpus, the thing itself does not
    "name or scope",  # a place, person or document was missed, invented or taken too narrowly
    "form or kind misread",  # what sort of answer is wanted was misunderstood
    "conversation misread",  # a turn was joined to the wrong one, or to none
    "table or figure",  # the row, column, unit or year of a figure is wrong
)
READ = 24  # passages among which a wanted one counts as retrieved


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """One question of a set with its answer, its judgment and what was said in it."""

    style: str
    gold: Gold
    answer: Answer
    judgment: Judgment
    statements: tuple[tuple[str, bool | None], ...]  # None where it is told of an unnamed scope
    rank: int | None  # of the first passage that holds something wanted


class World:
    """All texts of an index, read whole."""

    def __init__(self, records: Records) -> None:
        self._records = records

    @cached_property
    def texts(self) -> dict[str, str]:
        """Essay → its folded text, title and file name with it, paragraphs parted."""
        return {
            essay.essay_id: "\n".join(
                folded(text)
                for text in (
                    essay.called,
                    *(p.text for p in self._records.paragraphs(essay.essay_id)),
                )
            )
            for essay in self._records.essays()
        }

    @cached_property
    def essays(self) -> list[str]:
        """Ids of what counts as an essay."""
        return [essay.essay_id for essay in self._records.essays() if essay.kind == "essay"]

    def holding(self, phrase: str) -> list[str]:
        """The essays in which a phrase stands."""
        wanted = folded(phrase)
        return [essay for essay, text in self.texts.items() if wanted in text]

    def bodies(self, essay: str) -> int:
        """How many paragraphs of its own text an essay has."""
        return sum(p.role == "body" for p in self._records.paragraphs(essay))

    def groups(self, essay: str) -> Iterator[list[Measure]]:
        """What a list may call whole: an essay's leaves, a section's, a section's own."""
        measures = self._records.measures(essay)
        parent = {m.measure_id: m.parent for m in measures}
        leaves = [m for m in measures if m.measure_id not in set(parent.values())]
        yield leaves
        for section in measures:
            yield [m for m in measures if m.parent == section.measure_id]
            yield [m for m in leaves if section.measure_id in above(m.measure_id, parent)]


def folded(text: str) -> str:
    """`text` without white space, width and case."""
    return "".join(unicodedata.normalize("NFKC", text).lower().split())


def above(measure: str, parent: dict[str, str | None]) -> Iterator[str]:
    """The sections that a measure stands under."""
    over = parent[measure]
    while over:
        yield over
        over = parent[over]


Check = Callable[[World, Answer, str, "re.Match[str]"], bool | None]


def _absent(world: World, _answer: Answer, _said: str, found: "re.Match[str]") -> bool | None:
    missing = not any(world.holding(name) for name in re.findall("“([^”]+)”", found[2]))
    return missing or (None if found[1] == "所问范围内" else False)


def _mentioned(world: World, _answer: Answer, _said: str, found: "re.Match[str]") -> bool | None:
    total, count = int(found[1]), int(found[2])
    holding = set(world.holding(found[3])).intersection(world.essays)
    if total == len(world.essays):
        return count == len(holding)
    return None if count <= len(holding) and total < len(world.essays) else False


def _listed(world: World, answer: Answer, said: str, found: "re.Match[str]") -> bool | None:
    text = folded(said)
    return any(
        len(group) == int(found[1]) and all(folded(m.lead).strip("。:;") in text for m in group)
        for essay in {c.essay.essay_id for c in answer.citations}
        for group in world.groups(essay)
    )


def _below(world: World, answer: Answer, _said: str, found: "re.Match[str]") -> bool | None:
    cited = {c.essay.essay_id for c in answer.citations}
    return any(len(next(world.groups(essay))) == int(found[1]) for essay in cited)


def _held(world: World, _answer: Answer, _said: str, found: "re.Match[str]") -> bool | None:
    return int(found[1]) == len(world.essays)


def _paragraphs(world: World, answer: Answer, _said: str, found: "re.Match[str]") -> bool | None:
    return int(found[1]) in {world.bodies(c.essay.essay_id) for c in answer.citations}


def _unchecked(_world: World, _answer: Answer, _said: str, _found: "re.Match[str]") -> None:
    return None


CHECKS: dict[str, Check] = {
    r"(现有材料中|所问范围内)没有出现((?:“[^”]+”、?)+)": _absent,
    r"(\d+) 篇中 (\d+) 篇写到“([^”]+)”": _mentioned,
    r"共 (\d+) 条，已全部列出": _listed,
    r"个方面列出，其下共 (\d+) 条": _below,
    r"收录了 (\d+) 篇材料": _held,
    r"原文共 (\d+) 段": _paragraphs,
    r"没有写到“[^”]+”的：|每篇都写到“|按文中标题计：|这篇材料只有 \d+ 个部分": _unchecked,
}
"""What `rag/answering/claims.py` can say of the corpus, and how it is held against all texts."""


def statements(world: World, answer: Answer) -> Iterator[tuple[str, bool | None]]:
    """Each statement of an answer with whether it is true."""
    said = "\n".join(
        "".join(inline.text for inline in cell if isinstance(inline, Text))
        for block in answer.blocks
        for cell in cells(block)
    )
    for pattern, check in CHECKS.items():
        for found in re.finditer(pattern, said):
            yield found[0], check(world, answer, said, found)


def asked(path: Path, assistant: Assistant) -> Iterator[AskedQuestion]:
    """Ask the questions of a gold file."""
    styles = list(read_jsonl(path, lambda row: str(row.get("style") or path.stem), "a question"))
    world = World(assistant.records)
    for style, gold in zip(styles, read_gold(path), strict=True):
        answer = assistant.ask(gold.question, gold.history)
        judgment = judge(gold, answer)
        rank = None if judgment.passed else ranked(gold, answer, assistant)
        yield AskedQuestion(style, gold, answer, judgment, tuple(statements(world, answer)), rank)


def ranked(gold: Gold, answer: Answer, assistant: Assistant) -> int | None:
    """The rank of the first passage whose paragraph holds something wanted."""
    wanted = [folded(text) for text in (*gold.cite, *gold.any) or gold.must]
    for hit in assistant.search(answer.understood or gold.question, READ):
        text = folded(assistant.records.paragraph(hit.passage.paragraph_id).text)
        if any(each in text for each in wanted):
            return hit.rank
    return None


def report(some: Sequence[AskedQuestion]) -> Report:
    """The scorer's report on answers that are there already."""
    known = {(each.gold.question, each.gold.history): each.answer for each in some}
    return evaluate(
        [each.gold for each in some], lambda question, history: known[question, tuple(history)]
    )


def wrong(each: AskedQuestion) -> dict[str, Any]:
    """What a reader needs to say why an answer is not right."""
    answer, judgment = each.answer, each.judgment
    return {
        "id": each.gold.id,
        "style": each.style,
        "type": each.gold.kind,
        "outcome": judgment.outcome,
        "cause": "",
        "history": each.gold.history,
        "question": each.gold.question,
        "must": each.gold.must,
        "cite": [*each.gold.cite, *each.gold.any],
        "read_as": answer.kind,
        "likely": round(judgment.likely, 3),
        "rank": each.rank,
        "reason": answer.reason,
        "answer": answer.text,
        "nearest": [c.quote for c in answer.nearest],
    }


def table(title: str, groups: dict[str, list[AskedQuestion]]) -> Iterator[str]:
    """Outcomes by group."""
    yield f"| {title} | questions | {' | '.join(OUTCOMES)} | share right |"
    yield "|---|" + "--:|" * (len(OUTCOMES) + 2)
    for name, some in groups.items():
        counts = Counter(each.judgment.outcome for each in some)
        cells_ = " | ".join(str(counts[outcome]) for outcome in OUTCOMES)
        share = fmean(each.judgment.passed for each in some)
        yield f"| {name} | {len(some)} | {cells_} | {share:.3f} |"


def tables(all_: Sequence[AskedQuestion]) -> Iterator[str]:
    """Everything as Markdown."""
    kinds, styles = defaultdict(list), defaultdict(list)
    for each in all_:
        kinds[each.gold.kind].append(each)
        styles[each.style].append(each)
    whole = report(all_)
    yield from table("kind", {**kinds, "**all**": list(all_)})
    yield ""
    yield from table("style", styles)
    said = [(text, true) for each in all_ for text, true in each.statements]
    counts = Counter(true for _, true in said)
    yield f"\nStatements of the program: {len(said)}, true {counts[True]}, false {counts[False]},"
    yield f"of a scope that the answer does not name {counts[None]}."
    yield from (f"FALSE {text}" for text, true in said if true is False)
    yield f"\nCitations: what must be cited is {whole.cited:.3f}, cited paragraphs that hold"
    yield f"something wanted {whole.precise:.3f}, quotes as they stand {whole.verbatim:.3f}."
    yield f"Seconds: p50 {whole.p50:.3f}, p95 {whole.p95:.3f}.\n"
    yield "| said | questions | are |\n|--:|--:|--:|"
    yield from (f"| {said_:.3f} | {count} | {are:.3f} |" for said_, are, count in whole.calibration)


def counted(path: Path) -> Iterator[str]:
    """How often each cause was named."""
    causes = Counter(read_jsonl(path, lambda row: str(row["cause"]), "an object with a cause"))
    if unknown := set(causes).difference(CAUSES):
        wanted = ", ".join(CAUSES)
        raise BadInput(f"{path}: fill in `cause` with one of {wanted}; not with {sorted(unknown)}")
    yield "| cause | answers |\n|---|--:|"
    yield from (f"| {cause} | {causes[cause]} |" for cause in CAUSES)


def keep(path: Path, name: str, all_: Sequence[AskedQuestion]) -> None:
    """Put calibration, and share right and latency of each style, beside what the file holds."""
    figures = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    figures.setdefault("calibration", {})[name] = report(all_).calibration
    styles = {}
    for style in dict.fromkeys(each.style for each in all_):
        own = report([each for each in all_ if each.style == style])
        styles[style] = {"right": own.pass_rate, "p50": own.p50, "questions": own.questions}
    figures.setdefault("styles", {})[name] = styles
    text = json.dumps(figures, ensure_ascii=False, indent=1)
    path.write_text(text + "\n", encoding="utf-8")


def main() -> None:
    """Ask, write what is wrong, print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--set", type=Path, nargs=2, action="append", default=[], dest="sets",
                        metavar=("GOLD", "CORPUS"))  # fmt: skip
    parser.add_argument("--work", type=Path, help="where indexes and wrong.jsonl go and stay")
    parser.add_argument("--figures", type=Path, help="JSON file to add the figures to")
    parser.add_argument("--name", default="reader on", help="what this run is called there")
    parser.add_argument("--count", type=Path, help="a wrong.jsonl whose causes are filled in")
    given = parser.parse_args()
    if given.count:
        print("\n".join(counted(given.count)))
        return
    if not (given.sets and given.work):
        parser.error("name at least one --set GOLD CORPUS, and --work DIR")
    settings = replace(Settings.load(), llm_url="", store="folder")
    all_: list[AskedQuestion] = []
    for gold, corpus in given.sets:
        index = given.work / f"index-{corpus.resolve().name}"
        if not (index / "CURRENT").is_file():
            build([corpus], index, settings)
        all_ += asked(gold, Assistant.open(index, settings))
    lines = [json.dumps(wrong(e), ensure_ascii=False) for e in all_ if not e.judgment.passed]
    (given.work / "wrong.jsonl").write_text("\n".join([*lines, ""]), encoding="utf-8")
    print("\n".join(tables(all_)))
    if given.figures:
        keep(given.figures, given.name, all_)


if __name__ == "__main__":
    try:
        main()
    except RagError as error:
        raise SystemExit(str(error)) from None
