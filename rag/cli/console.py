"""What every command shares: where results go, the filters, the progress bar."""

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol, TextIO

from rag.types import Filters

if TYPE_CHECKING:
    from rag.index import Progress

_FILTERS = ("place", "author", "office", "publication", "issue", "date")


class Commands(Protocol):
    """Adds a command: its name, the function that runs it, and one line of help."""

    def __call__(self, name: str, run: object, text: str) -> argparse.ArgumentParser:
        """Return the command's parser, for its arguments."""
        ...


def add_filters(parser: argparse.ArgumentParser) -> None:
    """Add the options that limit the essays."""
    for name in _FILTERS:
        parser.add_argument(f"--{name}", action="append", default=[], help=f"only this {name}")


def filters(arguments: argparse.Namespace) -> Filters:
    """The filters that were given; none limits nothing."""
    return Filters(**{name: tuple(getattr(arguments, name)) for name in _FILTERS})


def say(text: str = "", file: TextIO | None = None) -> None:
    """Write a line, to stdout unless told otherwise."""
    (file or sys.stdout).write(f"{text}\n")


def dump(value: object) -> None:
    """Write `value` as JSON."""
    say(json.dumps(value, ensure_ascii=False, indent=1))


@contextmanager
def progress() -> "Iterator[Progress]":
    """Show a bar for each step on a terminal, gone when the work is done."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    columns = (
        TextColumn("{task.description:<8}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    with Bars(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        tasks: dict[str, TaskID] = {}

        def report(step: str, done: int, total: int) -> None:
            if step not in tasks:
                tasks[step] = bar.add_task(step, total=total)
            bar.update(tasks[step], completed=done, total=total)

        yield report
