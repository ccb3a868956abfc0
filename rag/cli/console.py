"""What every command shares: where results go, files that are named, and the filters."""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from rag.characters import cleaned
from rag.errors import BadInput
from rag.settings import Settings
from rag.types import Filters

Run = Callable[[argparse.Namespace, Settings], int]
Commands = Callable[[str, Run, str], argparse.ArgumentParser]
"""Adds a command: its name, what runs it, and one line of help; gives its parser."""

_FILTERS = ("place", "author", "office", "publication", "issue", "date")


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


def write_file(path: Path, data: bytes) -> None:
    """Write a file that the user named.

    Raises:
        BadInput: it cannot be written there.
    """
    try:
        path.write_bytes(data)
    except OSError as error:
        raise BadInput(f"cannot write {path}: {error.strerror}") from error
