"""The files of the corpus as an administrator changes them; what goes can be had back for a while.

A file appears under its name only when it is whole. One that is deleted or replaced is moved into
the data folder: `trash/TIME-…/` and its path in the corpus.
"""

import re
import secrets
import shutil
import threading
import time
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from rag.characters import escaped
from rag.errors import BadInput, UnreadableFile, failing_as
from rag.reading import SUFFIXES, sidecar_of
from rag.reading.archive import members
from rag.reading.folders import NOT_ESSAYS, found
from rag.reading.kinds import kind_of
from rag.reading.sidecar import SUFFIX as SIDECAR
from rag.settings import Settings

_STEP = 2**20  # bytes read at a time
_PART = ".part"
_DAY = 24 * 3600  # seconds after which nobody writes a part any more
_DEEPEST = 20  # folders of a name
_TIME = "%Y%m%dT%H%M%SZ"
_GONE = "the file is gone; load the page again"
_SAME_NAME = "there is a file of this name, which is as it was"
_BAD_NAME, _BAD_KIND = "this name cannot be used", "this kind of file is not read"
_TOO_LARGE, _BAD_ARCHIVE = "larger than {limit} MB", "the archive cannot be read: {why}"


class NotDone(BadInput):
    """A file that is left as it was."""


@dataclass(frozen=True, slots=True)
class Removed:
    """A file that can be had back."""

    key: str
    at: str  # ISO 8601, UTC
    path: str  # in the corpus


class CorpusFiles:
    """The files under the corpus folder, and those that were removed from it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._corpus, self._trash = Path(settings.corpus), Path(settings.data) / "trash"
        self._turn = threading.Lock()

    def all(self) -> dict[str, Path]:
        """The files that a build reads, by the name that it gives them."""
        if not self._corpus.is_dir():
            return {}
        files = found([self._corpus], self._settings.follow_links)
        return {escaped(name): path for path, name, fault in files if not fault}

    def path(self, name: str) -> Path:
        """Return where a file is; NotDone if there is none of that name."""
        try:
            return self.all()[name]
        except KeyError:
            raise NotDone(_GONE) from None

    def add(self, sent: BinaryIO, name: str, replace: bool) -> Iterator[tuple[str, NotDone | None]]:
        """Keep what was sent; yield each file by name, and why it was not kept.

        An archive is unpacked into a folder of its name.
        """
        name = unicodedata.normalize("NFC", name)
        if not name.lower().endswith(".zip"):
            yield name, self._kept(sent, name, replace)
            return
        try:
            for member, inner in self._unpacked(sent, name):
                own = unicodedata.normalize("NFC", f"{name[:-4]}/{member}")
                if isinstance(inner, UnreadableFile):
                    yield own, NotDone(_BAD_ARCHIVE, why=inner)
                else:
                    yield own, self._kept(BytesIO(inner), own, replace)
        except UnreadableFile as error:
            yield name, NotDone(_BAD_ARCHIVE, why=error)
        except NotDone as error:
            yield name, error

    def rename(self, name: str, new: str) -> None:
        """Give a file and its sidecar another name; NotDone if it is gone or that will not do."""
        path, new = self.path(name), unicodedata.normalize("NFC", new.strip())
        target = self._target(new)
        beside = path.with_name(path.name + SIDECAR)
        with self._turn, written():
            if target.exists():
                raise NotDone(_SAME_NAME)
            target.parent.mkdir(parents=True, exist_ok=True)
            path.rename(target)
            if beside.is_file():
                beside.rename(target.with_name(target.name + SIDECAR))

    def delete(self, name: str) -> str:
        """Move a file and its sidecar into the trash; return the key, NotDone if it is gone."""
        path = self.path(name)
        with self._turn, written():
            key = self._discard(path, name, shutil.move)
            beside = path.with_name(path.name + SIDECAR)
            if beside.is_file():
                shutil.move(beside, (self._trash / key / name).with_name(beside.name))
        return key

    def restore(self, key: str) -> str:
        """Put a removed file back; return its name, NotDone if it is gone or that is taken."""
        name = next((each.path for each in self.removed() if each.key == key), None)
        if name is None:
            raise NotDone(_GONE)
        with self._turn, written():
            if (target := self._corpus / name).exists():
                raise NotDone(_SAME_NAME)
            target.parent.mkdir(parents=True, exist_ok=True)
            for path in (self._trash / key / name).parent.iterdir():  # with its sidecar
                shutil.move(path, target.with_name(path.name))
            shutil.rmtree(self._trash / key)
        return name

    def removed(self) -> tuple[Removed, ...]:
        """What can be had back, the last one first."""
        found = []
        for folder in sorted(self._trash.glob("*Z-*"), reverse=True):
            files = [path for path in folder.rglob("*") if path.is_file()]
            own = next((path for path in files if not path.name.endswith(SIDECAR)), None)
            if own and (at := _time_of(folder)):
                name = own.relative_to(folder).as_posix()
                found.append(Removed(folder.name, at.isoformat(), name))
        return tuple(found)

    def forget(self) -> None:
        """Delete for good what was removed too long ago, and what a killed upload has left."""
        before = datetime.now(UTC) - timedelta(days=self._settings.trash_days)
        for folder in self._trash.glob("*Z-*"):
            if (at := _time_of(folder)) and at < before:
                shutil.rmtree(folder, ignore_errors=True)
        for part in self._corpus.rglob(f".*{_PART}"):
            with suppress(OSError):  # it is whole by now
                if time.time() - part.stat().st_mtime > _DAY:
                    part.unlink()

    def _target(self, name: str) -> Path:
        """Return where a file of this name goes; NotDone if the name will not do."""
        steps = name.split("/")
        if len(steps) > _DEEPEST or any(map(_unfit, steps)):
            raise NotDone(_BAD_NAME)
        suffix = Path(name).suffix.lower()
        if (suffix not in SUFFIXES or suffix == ".zip") and not name.endswith(SIDECAR):
            raise NotDone(_BAD_KIND)
        return self._corpus / name

    def _kept(self, sent: BinaryIO, name: str, replace: bool) -> NotDone | None:
        """Keep one file; return why not."""
        try:
            with written():
                self._keep(sent, self._target(name), name, replace)
        except NotDone as error:
            return error
        return None

    def _keep(self, sent: BinaryIO, path: Path, name: str, replace: bool) -> None:
        most = self._settings.max_file_bytes
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{secrets.token_hex(8)}{_PART}")  # a build leaves hidden files out
        try:
            with part.open("xb") as sink:
                while piece := sent.read(_STEP):
                    if sink.tell() + len(piece) > most:
                        raise NotDone(_TOO_LARGE, limit=most // 1_000_000)
                    sink.write(piece)
            with self._turn:
                if path.exists():
                    if not replace:
                        raise NotDone(_SAME_NAME)
                    self._discard(path, name, shutil.copy2)
                part.replace(path)
        finally:
            part.unlink(missing_ok=True)

    def _unpacked(self, sent: BinaryIO, name: str) -> Iterator[tuple[str, bytes | UnreadableFile]]:
        data = sent.read((most := self._settings.max_file_bytes) + 1)
        if len(data) > most:
            raise NotDone(_TOO_LARGE, limit=most // 1_000_000)
        if kind_of(data, name) != "zip":
            raise NotDone(_BAD_KIND)
        return members(data, self._settings)

    def _discard(self, path: Path, name: str, move: Callable[[Path, Path], object]) -> str:
        """Move or copy a file into the trash, whole or not at all; return the key."""
        key = f"{datetime.now(UTC):{_TIME}}-{secrets.token_hex(4)}"
        target = self._trash / key / name
        try:
            target.parent.mkdir(parents=True)
            move(path, target)
        except OSError:
            shutil.rmtree(self._trash / key, ignore_errors=True)
            raise
        return key


def written() -> AbstractContextManager[None]:
    """What cannot be written meanwhile is NotDone, and nothing has changed."""
    return failing_as(NotDone, "it cannot be written: {why}")


def changed_at(path: Path) -> float:
    """Return when a file or its sidecar last changed in any way, as seconds since 1970."""
    beside = sidecar_of(path)
    facts = [each.stat() for each in (path, beside) if each]
    return max(max(each.st_mtime, each.st_ctime) for each in facts)


def printable(name: str) -> str:
    """Return a name with what would not be seen, or would turn the text around it, spelt out."""
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in name)


def _unfit(step: str) -> bool:
    unseen = step.startswith((".", "~")) or step.lower() in NOT_ESSAYS  # by a build
    return not step or unseen or "\\" in step or not step.isprintable()


def _time_of(folder: Path) -> datetime | None:
    stamp = re.match(r"\d{8}T\d{6}Z(?=-)", folder.name)
    return datetime.strptime(stamp.group(), _TIME).replace(tzinfo=UTC) if stamp else None
