"""How a build says what became of every file: a table, a last line with the counts, a JSON file."""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rag.characters import escaped
from rag.cli.console import complain, say, shown, write_file
from rag.messages import Bilingual, both, joined
from rag.report import BuildReport, FileReport, counts, report_json

_MANY = 1000  # files from which on those that there is nothing to say of are not listed
_PIPED = 10_000  # columns where nobody watches, so that each file has one line


def show(report: BuildReport, verbose: bool = False) -> None:
    """Print the table, the complaints and the counts; with `verbose` the lines left out too."""
    table(report.files)
    for file in report.files if verbose else ():
        for line in file.dropped:
            say(both("{path}: left out, line {line}", path=file.path, line=line))
    for complaint in report.complaints:
        complain(complaint)
    if report.reprints:
        say(both("{count} essays say nearly the same as an earlier one", count=report.reprints))
    say(
        both(
            "generation {generation}: {essays} essays, {measures} measures, {passages} passages,"
            " words in {words:.1f} s, vectors in {vectors:.1f} s; {states}{skipped} of {files}"
            " files skipped",
            generation=report.generation,
            essays=report.essays,
            measures=report.measures,
            passages=report.passages,
            **report.seconds,
            states=both("{states}; ", states=states(report)) if report.files else "",
            skipped=report.skipped,
            files=len(report.files),
        )
    )


def states(report: BuildReport) -> Bilingual:
    """Say how many files are in each state."""
    told = [*counts(report.files).items(), ("unchanged", report.unchanged)]
    return joined((both("{count} {what}", count=n, what=both(what)) for what, n in told if n), ", ")


def table(files: Sequence[FileReport]) -> None:
    """Print a row for each file; where they are very many, for each that was not simply read."""
    if len(files) < _MANY:
        _print(files)
        return
    told = [file for file in files if file.state != "read" and not file.unchanged]
    _print(told)
    left = len(files) - len(told)
    say(both("{count} files that were read, or are unchanged, are not listed here", count=left))


def _print(files: Sequence[FileReport]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    made = Table(box=None, pad_edge=False, show_edge=False, header_style="bold")
    for name in ("state", "file", "format"):
        made.add_column(shown(both(name)), overflow="fold", no_wrap=name != "file")
    for name in ("essays", "measures", "passages"):
        made.add_column(shown(both(name)), justify="right")
    made.add_column(shown(both("not stated")), overflow="fold")
    made.add_column(shown(both("why")), overflow="fold")
    for file in files:
        skipped = file.state == "skipped"
        numbers = ("", "", "") if skipped else (file.essays, file.measures, file.passages)
        why = shown(file.reason).removeprefix(f"{file.path}: ").removeprefix(f"{file.path}：")
        state = joined(map(both, [file.state, *["unchanged"] * file.unchanged]), ", ")
        missing = joined(map(both, file.missing), ", ")
        cells = (state, file.path, file.format, *numbers, missing, why)
        texts = (escaped(str(shown(cell))) for cell in cells)
        made.add_row(*map(Text, texts))  # what files say is no markup
    width = None if sys.stdout.isatty() else _PIPED
    Console(file=sys.stdout, width=width, highlight=False, emoji=False).print(made)


def write(path: Path, made: BuildReport | Sequence[FileReport]) -> None:
    """Write a report as JSON; of a build that failed, that of its files.

    Raises:
        BadInput: it cannot be written there.
    """
    values: dict[str, Any]
    if isinstance(made, BuildReport):
        values = report_json(made)
    else:
        values = {"generation": None, "files": [asdict(file) for file in made]}
    write_file(path, f"{json.dumps(values, ensure_ascii=False, indent=1)}\n".encode())
