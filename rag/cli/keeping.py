"""The commands that look after what users made and cannot be made again: user, backup, restore.

A password is asked for at the terminal, or read as one line from stdin; it is never an argument,
which every user of the machine could see in the list of processes.
"""

import argparse
import getpass
import sys
from contextlib import closing
from pathlib import Path

from rag.cli.console import Commands, complain, say, shown
from rag.errors import BadInput
from rag.messages import both
from rag.settings import Settings
from rag.users import Accounts

_SHOWN = 5  # missing files that are named


def add(command: Commands) -> None:
    """Add the commands of this module."""
    user = command("user", _user, "logins of the chat: add, list, remove, password, token")
    user.add_argument("action", choices=("add", "list", "remove", "password", "token"))
    user.add_argument("name", nargs="?")
    user.add_argument("--role", default="reader", help="add: reader (default) or admin")
    user.add_argument("--again", action="store_true", help="add: give a removed name out again")
    user.add_argument("--withdraw", action="store_true", help="token: withdraw it, make no new one")

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


def _user(arguments: argparse.Namespace, settings: Settings) -> int:
    if (arguments.action == "list") != (arguments.name is None):
        needs = both("takes no name" if arguments.name else "needs a name")
        raise BadInput("`rag user {action}` {needs}", action=arguments.action, needs=needs)
    folder = Path(settings.data)
    with closing(Accounts(folder)) as accounts:
        _change(accounts, arguments)
    complain(both("these are the accounts in {folder} (RAG_DATA)", folder=folder.resolve()))
    return 0


def _change(accounts: Accounts, arguments: argparse.Namespace) -> None:
    """List the accounts, or change one."""
    name: str = arguments.name
    if arguments.action == "add":
        accounts.check_new(name, arguments.role, arguments.again)
        accounts.add(name, _password(), arguments.role, arguments.again)
        told = "added {name} ({role}); the chat asks everybody to log in now"
        say(both(told, name=name, role=arguments.role))
    elif arguments.action == "list":
        for each in accounts.all():
            facts = [both("  token")] * each.has_token + [both("  disabled")] * each.disabled
            say(f"{each.name}  {each.role}  {each.created}{''.join(map(shown, facts))}")
    elif arguments.action == "remove":
        accounts.remove(name)
        say(both("removed {name}, with all sessions and the token", name=name))
    elif arguments.action == "password":
        accounts.existing(name)
        accounts.set_password(name, _password())
        say(both("changed the password of {name}; its sessions have ended", name=name))
    elif arguments.withdraw:
        accounts.drop_token(name)
        say(both("withdrew the token of {name}", name=name))
    else:
        say(accounts.new_token(name))
        say(both("Send it as `Authorization: Bearer ...`; it is shown this once."), sys.stderr)


def _password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    given = getpass.getpass(shown(both("Password: ")))
    if getpass.getpass(shown(both("Once more: "))) != given:
        raise BadInput("the two passwords differ: try again")
    return given
