"""What every command shares: its language, where results go, files that are named, the filters."""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from rag.characters import cleaned
from rag.errors import BadInput, failing_as
from rag.messages import Language, both, said
from rag.settings import Settings
from rag.types import Filters

if TYPE_CHECKING:
    from rag.pipeline import Assistant

Run = Callable[[argparse.Namespace, Settings], int]
Commands = Callable[[str, Run, str], argparse.ArgumentParser]
"""Adds a command: its name, what runs it, and one line of help; gives its parser."""

_FILTERS = ("place", "author", "office", "publication", "issue", "date")


_language: Language = "en"


def speak(language: Language) -> None:
    """Say everything in this language from now on."""
    global _language
    _language = language


def shown(text: str) -> str:
    """Return a message in the language that is spoken, any other text as it is."""
    return str(said(text, _language))


def add_filters(parser: argparse.ArgumentParser) -> None:
    """Add the options that limit the essays."""
    for name in _FILTERS:
        parser.add_argument(f"--{name}", action="append", default=[], help=f"only this {name}")


def filters(arguments: argparse.Namespace) -> Filters:
    """The filters that were given; none limits nothing."""
    return Filters(**{name: tuple(getattr(arguments, name)) for name in _FILTERS})


def say(text: str = "", file: TextIO | None = None) -> None:
    """Write a line, to stdout unless told otherwise, without what a terminal would obey."""
    (file or sys.stdout).write(f"{cleaned(shown(text))}\n")


def complain(problem: str | Exception) -> None:
    """Write on stderr what went wrong, or what is to be known beside the results."""
    say(both("rag: {problem}", problem=problem), sys.stderr)


def dump(value: object) -> None:
    """Write `value` as JSON."""
    say(json.dumps(value, ensure_ascii=False, indent=1))


def opened(settings: Settings) -> "Assistant":
    """Return what answers from the index of the settings; raises as `Assistant.open`."""
    from rag.pipeline import Assistant

    return Assistant.open(Path(settings.index), settings)


def write_file(path: Path, data: bytes) -> None:
    """Write a file that the user named.

    Raises:
        BadInput: it cannot be written there.
    """
    with failing_as(BadInput, "cannot write {path}: {why}", path=path):
        path.write_bytes(data)
