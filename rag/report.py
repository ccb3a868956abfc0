"""What became of every file of a build, as types and as JSON."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args

from pydantic import TypeAdapter, ValidationError

from rag.index import FolderStore
from rag.messages import Text, joined, said
from rag.types import FACTS, Outline, Stated

State = Literal["read", "repaired", "partly read", "skipped"]


@dataclass(frozen=True, slots=True)
class EssayReport:
    """The facts of one essay: where each is from, and which nothing states."""

    essay_id: str
    known: tuple[Stated, ...]  # surest first; the first of a name is the one that was taken
    missing: tuple[str, ...]
    reprint_of: str | None


@dataclass(frozen=True, slots=True)
class FileReport:
    """What became of one file, or of one file in an archive."""

    path: str
    state: State
    reason: Text  # why it was skipped, what could not be read, what had to be repaired
    format: str = ""
    essays: int = 0
    measures: int = 0
    passages: int = 0
    facts: tuple[EssayReport, ...] = ()
    unchanged: bool = False  # what the last build made of it was taken over
    dropped: tuple[str, ...] = ()  # the lines that stand in no paragraph: "12: 内部资料 第3页"

    @property
    def missing(self) -> tuple[str, ...]:
        """The facts that no essay of the file has."""
        return tuple(
            name
            for name in FACTS
            if self.facts and all(name in each.missing for each in self.facts)
        )


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build made."""

    generation: str
    files: tuple[FileReport, ...]
    essays: int
    measures: int
    passages: int
    seconds: dict[str, float]
    complaints: tuple[str, ...] = ()  # lines of the operator's dictionary that were left out
    held_back: str | None = None  # why the generation does not serve, where a gate refused it

    @property
    def skipped(self) -> int:
        """Number of files that could not be read."""
        return sum(file.state == "skipped" for file in self.files)

    @property
    def unchanged(self) -> int:
        """Number of files that did not have to be read again."""
        return sum(file.unchanged for file in self.files)

    @property
    def reprints(self) -> int:
        """Number of essays that say nearly the same as an earlier one."""
        return sum(essay.reprint_of is not None for file in self.files for essay in file.facts)


_FILES: TypeAdapter[tuple[FileReport, ...]] = TypeAdapter(tuple[FileReport, ...])


def of_outline(made: Outline, passages: int, unchanged: bool = False) -> FileReport:
    """Return the report of a file that was read."""
    document = made.document
    repairs = (*document.notes, *made.notes)
    state: State = "partly read" if document.unread else "repaired" if repairs else "read"
    essays = [essay for essay in made.essays if essay.kind == "essay"]
    return FileReport(
        path=document.path,
        state=state,
        reason=joined((*document.unread, *repairs)),
        format=document.format,
        essays=len(essays),
        measures=len(made.measures),
        passages=passages,
        facts=tuple(
            EssayReport(
                each.essay_id,
                each.known,
                tuple(name for name in FACTS if not getattr(each, name)),
                each.reprint_of,
            )
            for each in essays
        ),
        unchanged=unchanged,
        dropped=tuple(f"{line.number}: {' '.join(line.text.split())}" for line in made.dropped),
    )


def with_reprints(report: FileReport, found: Mapping[str, str]) -> FileReport:
    """Return a report in which the essays of `found` name those that they repeat."""
    if not any(essay.essay_id in found for essay in report.facts):
        return report
    facts = (replace(each, reprint_of=found.get(each.essay_id)) for each in report.facts)
    return replace(report, facts=tuple(facts))


def report_json(report: BuildReport) -> dict[str, Any]:
    """Return a report as `rag build --report FILE.json` writes it."""
    made = asdict(report)
    for file, each in zip(report.files, made["files"], strict=True):
        each["missing"] = list(file.missing)
        each["reason_zh"] = said(file.reason, "zh")
    totals = ("skipped", "reprints", "unchanged")
    return made | {name: getattr(report, name) for name in totals}


def keep_files(index: Path, generation_id: str, files: Sequence[FileReport]) -> None:
    """Write what became of every file, beside the generation that was made of them."""
    path = FolderStore(index).report(generation_id)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(_FILES.dump_json(tuple(files), indent=1))


def kept_files(index: Path, generation_id: str) -> tuple[FileReport, ...] | None:
    """Read what `keep_files` wrote; None where it did not, or what it wrote is damaged."""
    try:
        return _FILES.validate_json(FolderStore(index).report(generation_id).read_bytes())
    except (OSError, ValidationError):
        return None


def counts(files: Iterable[FileReport]) -> dict[State, int]:
    """Return how many files are in each state."""
    found = Counter(file.state for file in files)
    return {state: found[state] for state in get_args(State)}
