"""How a build says what became of every file: a table, a last line with the counts, a JSON file."""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rag.characters import escaped
from rag.cli.console import say, write_file
from rag.report import BuildReport, FileReport, counts, report_json

_MANY = 1000  # files from which on those that there is nothing to say of are not listed
_PIPED = 10_000  # columns where nobody watches, so that each file has one line


def show(report: BuildReport, verbose: bool = False) -> None:
    """Print the table, the complaints and the counts; with `verbose` the lines left out too."""
    table(report.files)
    for file in report.files if verbose else ():
        for line in file.dropped:
            say(f"{file.path}: 未收入 left out, line {line}")
    for complaint in report.complaints:
        say(f"rag: {complaint}", sys.stderr)
    states = [f"{count} {state}" for state, count in counts(report.files).items() if count]
    same = [f"{report.unchanged} unchanged"] if report.unchanged else []
    told = f"{', '.join(states + same)}; " if states else ""
    if report.reprints:
        say(f"{report.reprints} essays say nearly the same as an earlier one")
    say(
        f"generation {report.generation}: {report.essays} essays, {report.measures} measures,"
        f" {report.passages} passages, words in {report.seconds['words']:.1f} s, vectors in"
        f" {report.seconds['vectors']:.1f} s;"
        f" {told}{report.skipped} of {len(report.files)} files skipped"
    )


def table(files: Sequence[FileReport]) -> None:
    """Print a row for each file; where they are very many, for each that was not simply read."""
    if len(files) < _MANY:
        _print(files)
        return
    told = [file for file in files if file.state != "read" and not file.unchanged]
    _print(told)
    say(f"{len(files) - len(told)} files that were read, or are unchanged, are not listed here")


def _print(files: Sequence[FileReport]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    made = Table(box=None, pad_edge=False, show_edge=False, header_style="bold")
    for name in ("state", "file", "format"):
        made.add_column(name, overflow="fold", no_wrap=name != "file")
    for name in ("essays", "measures", "passages"):
        made.add_column(name, justify="right")
    made.add_column("not stated", overflow="fold")
    made.add_column("why", overflow="fold")
    for file in files:
        skipped = file.state == "skipped"
        numbers = ("", "", "") if skipped else (file.essays, file.measures, file.passages)
        why = file.reason.removeprefix(f"{file.path}: ")
        state = f"{file.state}, unchanged" if file.unchanged else file.state
        cells = (state, file.path, file.format, *numbers, ", ".join(file.missing), why)
        made.add_row(*(Text(escaped(str(cell))) for cell in cells))  # what files say is no markup
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
