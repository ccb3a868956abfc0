"""A corpus → a new generation, added to the one that serves where it can be. Floor 8."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from rag.corpus import Come, read_corpus, read_files, what_has_come
from rag.encoding import Encoder
from rag.errors import EmptyCorpus, RagError
from rag.index import Addition, Draft, Progress, Seen, Source, Sources
from rag.report import FileReport, kept_files, with_reprints
from rag.reprints import Sketches
from rag.settings import Settings
from rag.unchanged import fingerprint, known_files, making


class MadeOf(NamedTuple):
    """A generation that was written, and does not serve yet."""

    generation: str
    files: tuple[FileReport, ...]
    read: float  # when all was read, by `time.perf_counter`


def make(
    corpus: Sequence[Path],
    index: Path,
    settings: Settings,
    encoder: Encoder,
    words: Sequence[str],
    progress: Progress,
    anew: bool,
) -> MadeOf:
    """Write a new generation of `index` from all files under `corpus`; `words` are given.

    What the serving generation holds of files that have not changed is taken over, but for
    `anew`. New files are added to it where all others are as they were, and a server needs no
    generation that is all of one piece.

    Raises:
        BadInput: a path of `corpus` cannot be read.
        EmptyCorpus: nothing could be read.
        RagError: the index could not be written.
    """
    made_by, seen = Sources(fingerprint(settings), making(settings, words)), Seen(index)
    made = None
    if not anew and settings.store == "folder":
        made = _added(corpus, index, settings, encoder, made_by, progress, seen)
    if made is None:
        made = _whole(corpus, index, settings, encoder, words, progress, made_by, anew, seen)
    seen.save()
    return made


def _whole(
    corpus: Sequence[Path],
    index: Path,
    settings: Settings,
    encoder: Encoder,
    words: Sequence[str],
    progress: Progress,
    made_by: Sources,
    anew: bool,
    seen: Seen,
) -> MadeOf:
    reports: list[FileReport] = []
    sources: list[Source] = []
    sketches = Sketches()
    with Draft(index, encoder, settings, progress, words) as draft:
        read = read_corpus(corpus, settings, None if anew else index)
        for done, (made, total) in enumerate(read, start=1):
            if made.source:
                sources.append(made.source)
                seen.keep(made.source.name, made.look, made.source.sha256)
            for each in made.documents:
                reports.append(each.report)
                if each.outline:
                    sketches.add(each.outline)
                    draft.add([each.outline], each.passages)
            progress("files", done, total)
        _check_some(reports, corpus)
        found, read_at = draft.mark(sketches), time.perf_counter()
        generation = draft.finish(replace(made_by, files=tuple(sources)))
    files = tuple(with_reprints(report, found) for report in reports)
    return MadeOf(generation, files, read_at)


def _check_some(reports: Sequence[FileReport], corpus: Sequence[Path]) -> None:
    if all(report.state == "skipped" for report in reports):
        reasons = "; ".join(report.reason for report in reports[:3]) or "there are no files"
        where = ", ".join(map(str, corpus))
        raise EmptyCorpus(f"nothing could be read under {where}: {reasons}", reports)


class _New(NamedTuple):
    """What became of the files that have come."""

    reports: dict[str, list[FileReport]]  # by the name of the file
    sources: dict[str, Source]


def _added(
    corpus: Sequence[Path],
    index: Path,
    settings: Settings,
    encoder: Encoder,
    made_by: Sources,
    progress: Progress,
    seen: Seen,
) -> MadeOf | None:
    """Add what has come; None where more than that has changed, or it is too much."""
    serving, known = known_files(index, made_by, settings)
    come = what_has_come(corpus, settings, known, seen) if known else None
    before = kept_files(index, serving) if come else None
    if come is None or before is None:
        return None
    try:
        addition = Addition(index, serving, encoder, settings, progress)
    except (RagError, OSError, ValueError):
        return None
    with addition:
        told = {report.path: report for report in before if report.state != "skipped"}
        reports = _taken_over(come, known, told)
        sketches = Sketches()
        new = _read_into(addition, sketches, come, settings, told, progress, seen)
        if reports is None or new is None:
            return None
        found, read_at = addition.mark(sketches), time.perf_counter()
        sources = known | new.sources
        names = [name for name in come.names if name in sources]
        generation = addition.finish(replace(made_by, files=tuple(map(sources.__getitem__, names))))
    reports |= new.reports
    files = (with_reprints(each, found) for name in come.names for each in reports[name])
    return MadeOf(generation, tuple(files), read_at)


def _taken_over(
    come: Come, known: Mapping[str, Source], told: dict[str, FileReport]
) -> dict[str, list[FileReport]] | None:
    """The reports of the files that are as they were; they are taken out of `told`."""
    reports = {}
    for name, complaints in come.there.items():
        paths = [path for path, _ in known[name].documents]
        if not told.keys() >= set(paths):
            return None
        there = map(told.pop, paths)
        reports[name] = [made.report for made in complaints] + [
            report if report.unchanged else replace(report, unchanged=True) for report in there
        ]
    return reports


def _read_into(
    addition: Addition,
    sketches: Sketches,
    come: Come,
    settings: Settings,
    told: dict[str, FileReport],
    progress: Progress,
    seen: Seen,
) -> _New | None:
    """Read the files that have come; None where one is in the index otherwise, or too many are.

    `told` are the reports of documents of files that were not read whole before: such a file
    counts as new, and what is made of it must be what was made of it then.
    """
    new = _New({}, {})
    for done, made in enumerate(read_files(come.new, settings), start=1):
        name = come.new[done - 1][1]
        reports = new.reports[name] = []
        if made.source:
            new.sources[name] = made.source
            seen.keep(name, made.look, made.source.sha256)
        for each in made.documents:
            report = each.report
            if each.outline:
                there = told.pop(report.path, None)
                if there and not addition.holds(each.outline):
                    return None
                if there:
                    report = there
                else:
                    sketches.add(each.outline)
                    if not addition.add([each.outline], each.passages):
                        return None
            reports.append(report)
        progress("files", len(come.there) + done, len(come.names))
    return None if told else new
