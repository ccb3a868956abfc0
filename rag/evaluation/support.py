"""The check of support against sentences that are labelled: what passes, by kind."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag.jsonl import read_jsonl
from rag.llm import Checker, claims
from rag.types import Citation, Essay, Paragraph, Piece


@dataclass(frozen=True, slots=True)
class Checked:
    """A labelled sentence and what the check says of it; `reason` is why it fails."""

    id: str
    kind: str
    supported: bool
    passed: bool
    reason: str | None


def evaluate(path: Path) -> Iterator[Checked]:
    """Yield each line of `path` checked against its own sources.

    Raises:
        BadInput: a line is not what the check needs.
    """
    return read_jsonl(path, _checked, "id, sources (number, text) and sentence")


def table(checked: list[Checked]) -> str:
    """Return how many of each kind pass, those that should not first."""
    rows = []
    for supported in (False, True):
        some = [each for each in checked if each.supported is supported]
        all_ = Counter(each.kind for each in some)
        passed = Counter(each.kind for each in some if each.passed)
        name = "supported" if supported else "unsupported"
        rows += [f"{kind:<20}{passed[kind]:4d} of {all_[kind]}" for kind in sorted(all_)]
        if some:
            share = passed.total() / len(some)
            rows.append(f"{name + ' that pass':<24}{passed.total():4d} of {len(some)}  {share:.3f}")
    return "\n".join(rows)


def _checked(row: Any) -> Checked:  # noqa: ANN401 (JSON)
    checker = Checker([_citation(source) for source in row["sources"]])
    problems = [checker.check(claim).problem for claim in claims(row["sentence"])]
    reason = next(filter(None, problems), None) if problems else "says nothing"
    kind, supported = str(row.get("kind", "")), bool(row.get("supported", False))
    return Checked(str(row.get("id", "")), kind, supported, reason is None, reason)


def _citation(source: dict[str, Any]) -> Citation:
    text = source["text"]
    essay = Essay(
        f"{source['number']}#0",
        f"{source['number']}.txt",
        place=source.get("place") or None,
        author=source.get("author") or None,
        title=source.get("title") or None,
    )
    paragraph = Paragraph(f"{essay.essay_id}.1", essay.essay_id, 1, "body", text, (Piece(0, 1),))
    return Citation(int(source["number"]), paragraph, essay, text, 0, len(text))
