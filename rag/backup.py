"""What users made and cannot be made again, copied whole and put back: `rag backup`.

A backup is a folder of its own: the databases as they are at one moment, though a server writes
them, what else is in the data folder, the settings file, the list of the corpus with digests and,
if asked for, the generation that serves. After it is put back, everybody logs in anew.
"""

import json
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rag.database import copy_database
from rag.errors import BackupFailed, BadInput, failing_as
from rag.index import FolderStore
from rag.index.generation import file_fact
from rag.lock import locked
from rag.messages import both
from rag.reading.folders import found
from rag.settings import FILE_NAME as SETTINGS
from rag.settings import Settings
from rag.users import FILE_NAME as USERS
from rag.users import Accounts

_CONTENTS, _CORPUS = "backup.json", "corpus.json"
_BEGINS, _PART, _BEFORE = "youju-", ".part", "before-"
_DATA, _INDEX = "data", "index"
_LEFT_OUT = ("-wal", "-shm", _PART)


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did."""

    backup: Path
    files: tuple[str, ...]  # put into the data folder
    before: Path | None  # where what was there before is now
    settings: str  # what became of the settings file
    missing: tuple[str, ...]  # files of the corpus that are not there, or are others
    generation: str | None  # that serves from the backup's index


def backup(folder: Path, settings: Settings, with_index: bool = False, keep: int = 7) -> Path:
    """Make a backup in `folder`, and remove all but the last `keep`; return the new one.

    Raises:
        BadInput: there is no data folder.
        BackupFailed: something cannot be read or written; earlier backups are as they were.
    """
    data = Path(settings.data)
    if not data.is_dir():
        raise BadInput("no data folder {data}: set RAG_DATA to the server's", data=data)
    name = _BEGINS + f"{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}"
    part = folder / (name + _PART)
    told = "cannot make a backup in {folder}: {why}"
    with failing_as(BackupFailed, told, sqlite3.Error, folder=folder):
        folder.mkdir(parents=True, exist_ok=True)
        for left in folder.glob(f"{_BEGINS}*{_PART}"):  # by one that was killed or failed
            shutil.rmtree(left)
        try:
            with _private():
                part.mkdir()
                _fill(part, data, settings, with_index)
            os.sync()
            part.rename(folder / name)
        finally:
            shutil.rmtree(part, ignore_errors=True)
        for old in backups(folder)[: -max(1, keep)]:
            shutil.rmtree(old)
    return folder / name


def backups(folder: Path) -> list[Path]:
    """Return the whole backups in `folder`, oldest first."""
    return sorted(path.parent for path in folder.glob(f"{_BEGINS}*[!t]/{_CONTENTS}"))


def _fill(part: Path, data: Path, settings: Settings, with_index: bool) -> None:
    _copy_data(data, part / _DATA)
    if (own := Path(os.environ.get("RAG_SETTINGS") or SETTINGS)).is_file():
        shutil.copyfile(own, part / SETTINGS)
    _write(part / _CORPUS, _listed(Path(settings.corpus)))
    if with_index:
        with locked(Path(settings.index)):  # a build could remove what serves
            old, new = FolderStore(Path(settings.index)), FolderStore(part / _INDEX)
            _copy_generation(old, new.folder(old.current()), new.report(old.current()))
            shutil.copyfile(old.pointer, new.pointer)
    files = sorted(path for path in part.rglob("*") if path.is_file())
    digests = {path.relative_to(part).as_posix(): file_fact(path)[1] for path in files}
    _write(part / _CONTENTS, digests)


def _copy_data(data: Path, folder: Path) -> None:
    folder.mkdir()
    for path in data.iterdir():
        if path.is_file() and not path.name.endswith(_LEFT_OUT):
            copy = copy_database if path.suffix == ".sqlite" else shutil.copyfile
            copy(path, folder / path.name)


def _copy_generation(source: FolderStore, folder: Path, report: Path) -> None:
    """Copy the generation that serves into `folder`, and what became of its files to `report`."""
    serving = source.current()
    shutil.copytree(
        source.folder(serving), folder, copy_function=shutil.copyfile, dirs_exist_ok=True
    )
    if source.report(serving).is_file():
        report.parent.mkdir(exist_ok=True)
        shutil.copyfile(source.report(serving), report)


def restore(folder: Path, settings: Settings) -> Restored:
    """Put a backup, or the last one in `folder`, back; what is there is moved aside.

    Raises:
        BadInput: there is no backup, or a server has the data open.
        BackupFailed: the backup is damaged, or something cannot be written.
    """
    whole = [folder] if (folder / _CONTENTS).is_file() else backups(folder)
    if not whole:
        raise BadInput(
            "no backup in {folder}: name a folder that `rag backup` wrote to", folder=folder
        )
    data, chosen = Path(settings.data), whole[-1]
    told = "cannot restore {chosen}: {why}"
    with failing_as(BackupFailed, told, ValueError, sqlite3.Error, chosen=chosen):
        _check(chosen)
        data.mkdir(parents=True, exist_ok=True)
        _check_unused(data)
        with _private():
            before = _put(chosen / _DATA, data)
            own = _restore_settings(chosen)
        if (data / USERS).is_file():
            with closing(Accounts(data)) as accounts:
                accounts.end_sessions()
        generation = None
        if (chosen / _INDEX).is_dir():
            generation = _restore_index(chosen / _INDEX, Path(settings.index))
        corpus = json.loads((chosen / _CORPUS).read_text(encoding="utf-8"))
        there = _listed(Path(settings.corpus))
        os.sync()
    missing = tuple(name for name, digest in corpus.items() if there.get(name) != digest)
    files = tuple(sorted(path.name for path in (chosen / _DATA).iterdir()))
    return Restored(chosen, files, before, own, missing, generation)


def _check(chosen: Path) -> None:
    """Hold a backup against its list of digests, and its databases against themselves."""
    said = json.loads((chosen / _CONTENTS).read_text(encoding="utf-8"))
    for name, digest in said.items():
        if not (chosen / name).is_file() or file_fact(chosen / name)[1] != digest:
            raise BackupFailed(
                "{path} is not what was backed up: take another backup", path=chosen / name
            )


def _check_unused(data: Path) -> None:
    for path in data.glob("*.sqlite"):
        with closing(sqlite3.connect(path, timeout=0)) as file:
            try:
                (mode,) = file.execute("PRAGMA journal_mode = DELETE").fetchone()
            except sqlite3.DatabaseError as error:  # what is damaged is not in use
                mode = "wal" if "locked" in str(error) else "delete"
        if mode != "delete":
            raise BadInput("{path} is in use: stop the server first", path=path)


def _put(source: Path, data: Path) -> Path | None:
    """Move what is in `data` aside and copy `source` there, owned by who owns the folder."""
    old = [path for path in data.iterdir() if not path.name.startswith(_BEFORE)]
    before = data / f"{_BEFORE}{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}" if old else None
    if before:
        before.mkdir()
        for path in old:
            path.rename(before / path.name)
    owner = data.stat()
    for path in source.iterdir():
        shutil.copyfile(path, data / path.name)
    if os.geteuid() == 0:
        for path in data.iterdir():
            os.chown(path, owner.st_uid, owner.st_gid)
    return before


def _restore_settings(chosen: Path) -> str:
    """Put the settings file where there is none: the program reads it from the working folder."""
    kept, own = chosen / SETTINGS, Path(SETTINGS)
    if not kept.is_file():
        return both("the backup has no {name}", name=SETTINGS)
    if own.is_file():
        return both("{own} is there: it is left, see {kept}", own=own, kept=kept)
    shutil.copyfile(kept, own)
    return both("{own} is restored", own=own)


def _restore_index(source: Path, index: Path) -> str:
    """Add the backup's generation to the index under a number of its own, and let it serve."""
    with locked(index):
        new = FolderStore(index)
        part = new.start()
        _copy_generation(FolderStore(source), part, new.report(part.stem))
        made = new.finish(part)
        new.publish(made)
    return made


def _listed(corpus: Path) -> dict[str, str]:
    """The files of the corpus and their digests; "" for one that cannot be read."""
    if not corpus.exists():
        return {}
    return {name: file_fact(path)[1] for path, name, _ in found([corpus], follow_links=True)}


@contextmanager
def _private() -> Iterator[None]:
    """Let only the owner read what is written meanwhile."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


def _write(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=1), encoding="ascii")  # names may be no UTF-8
