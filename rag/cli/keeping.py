"""The commands that keep what cannot be made again: backup, restore."""

import argparse
from pathlib import Path

from rag.cli.console import Commands, say
from rag.errors import BadInput
from rag.messages import both
from rag.settings import Settings

_SHOWN = 5  # missing files that are named


def add(command: Commands) -> None:
    """Add the commands of this module."""
    backup = command("backup", _backup, "copy accounts, history and what else users made")
    backup.add_argument("folder", type=Path, metavar="DIR")
    backup.add_argument("--with-index", action="store_true", help="copy what serves, too")
    backup.add_argument("--keep", type=int, default=7, help="backups that stay in DIR (default 7)")

    restore = command("restore", _restore, "put a backup back; the server must be stopped")
    restore.add_argument("folder", type=Path, metavar="DIR", help="one backup, or many: the last")


def _backup(arguments: argparse.Namespace, settings: Settings) -> int:
    from rag.backup import backup

    if arguments.keep < 1:
        raise BadInput("--keep must be at least 1, got {keep}", keep=arguments.keep)
    made = backup(arguments.folder, settings, arguments.with_index, arguments.keep)
    say(both("{backup} holds what was in {data}", backup=made, data=Path(settings.data).resolve()))
    return 0


def _restore(arguments: argparse.Namespace, settings: Settings) -> int:
    from rag.backup import restore

    done = restore(arguments.folder, settings)
    say(both("{backup}: whole", backup=done.backup))
    files = ", ".join(done.files) or both("nothing")
    say(both("put into {data}: {files}", data=Path(settings.data).resolve(), files=files))
    if done.before:
        say(both("what was there is in {folder}", folder=done.before))
    say(both("settings: {what}", what=done.settings))
    if done.missing:
        left = max(0, len(done.missing) - _SHOWN)
        more = both(" and {count} more", count=left) if left else ""
        named = ", ".join(done.missing[:_SHOWN])
        told = "not in the corpus as it was: {named}{more}: copy the corpus back"
        say(both(told, named=named, more=more))
    if done.generation:
        say(both("index: generation {generation} serves", generation=done.generation))
    else:
        say(both("index: run `rag build`"))
    say(both("everybody logs in anew"))
    return 0
