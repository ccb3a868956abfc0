"""What every command shares: where results go, and the filters."""

import argparse
import json
import sys
from typing import Protocol, TextIO

from rag.characters import cleaned
from rag.types import Filters

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
    """Write a line, to stdout unless told otherwise, without what a terminal would obey."""
    (file or sys.stdout).write(f"{cleaned(text)}\n")


def dump(value: object) -> None:
    """Write `value` as JSON."""
    say(json.dumps(value, ensure_ascii=False, indent=1))
