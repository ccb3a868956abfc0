"""The commands that keep what cannot be made again: backup, restore."""

import argparse
from pathlib import Path

from rag.cli.console import Commands, say
from rag.errors import BadInput
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
        raise BadInput(f"--keep must be at least 1, got {arguments.keep}")
    made = backup(arguments.folder, settings, arguments.with_index, arguments.keep)
    say(f"{made} holds what was in {Path(settings.data).resolve()}")
    return 0


def _restore(arguments: argparse.Namespace, settings: Settings) -> int:
    from rag.backup import restore

    done = restore(arguments.folder, settings)
    say(f"{done.backup}: whole")
    say(f"put into {Path(settings.data).resolve()}: {', '.join(done.files) or 'nothing'}")
    if done.before:
        say(f"what was there is in {done.before}")
    say(f"settings: {done.settings}")
    if done.missing:
        more = f" and {len(done.missing) - _SHOWN} more" if len(done.missing) > _SHOWN else ""
        named = ", ".join(done.missing[:_SHOWN])
        say(f"not in the corpus as it was: {named}{more}: copy the corpus back")
    if done.generation:
        say(f"index: generation {done.generation} serves")
    else:
        say("index: run `rag build`")
    say("everybody logs in anew")
    return 0
