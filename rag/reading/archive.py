"""ZIP archives: what is inside, by name and bytes. Nothing is ever unpacked to the disk.

Limits on number, size and ratio hold before a member is read; zipfile reads no more of a member
than its header declares, so a header that lies does not get past them.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from pathlib import PurePosixPath
from zipfile import BadZipFile, ZipFile, ZipInfo
from zlib import error as ZlibError

from rag.errors import UnreadableFile, failing_as
from rag.messages import both
from rag.reading.result import limited
from rag.settings import Settings

_UTF8_NAME = 0x800  # flag bit 11: the name is UTF-8
_LOCKED = 0x1
_JUDGED = 1_000_000  # bytes from which on a member's ratio counts
_TOO_MANY = "it holds {count} files, more than max_members = {most}{others}"
_TOO_MUCH = "it holds {count} unpacked bytes, more than max_unpacked_bytes = {most}{others}"
_BOMB = (
    "{name} in it unpacks to {count:.0f} times its size, more than max_ratio = {most}: "
    "this looks like a ZIP bomb"
)
_DAMAGE = (BadZipFile, ZlibError, ValueError, RuntimeError, EOFError, MemoryError)


class Archive(ZipFile):
    """A ZIP archive whose members are found by name in any case."""

    @cached_property
    def named(self) -> dict[str, ZipInfo]:
        """The members by their names in lower case; of two alike the first."""
        return {info.filename.lower(): info for info in reversed(self.infolist())}


@dataclass(slots=True)
class Budget:
    """What the archives in one file hold so far, all of them together."""

    members: int = 0
    unpacked: int = 0  # bytes
    over: bool = False  # more than the limits: nothing more of the file is read then


def opened(data: bytes, settings: Settings, budget: Budget | None = None) -> Archive:
    """Return the archive in `data`, checked against the limits.

    Args:
        data: its bytes.
        settings: the limits.
        budget: what those around and before it hold; by default nothing.

    Raises:
        UnreadableFile: damaged, or it would unpack to more than the limits allow.
    """
    told = "the ZIP archive is cut off or damaged: copy the file again"
    with failing_as(UnreadableFile, told, *_DAMAGE):
        archive = Archive(BytesIO(data))
    infos, budget = archive.infolist(), budget or Budget()
    count, size = len(infos), sum(info.file_size for info in infos)
    budget.members += count
    budget.unpacked += size
    others = "" if budget.members == count else both(", with the archives around and before it")
    most, bytes_ = settings.max_members, settings.max_unpacked_bytes
    budget.over = budget.members > most or budget.unpacked > bytes_
    limited(_TOO_MANY, budget.members, most, others=others)
    limited(_TOO_MUCH, budget.unpacked, bytes_, others=others)
    for info in infos:
        ratio = info.file_size / max(1, info.compress_size)
        if info.file_size > _JUDGED:
            limited(_BOMB, ratio, settings.max_ratio, name=name_of(info))
    return archive


def content(archive: ZipFile, info: ZipInfo) -> bytes:
    """Return the bytes of a member.

    Raises:
        UnreadableFile: locked by a password, or damaged.
    """
    if info.flag_bits & _LOCKED:
        raise UnreadableFile("it is locked by a password: save it without one")
    told = "this part of the ZIP archive is damaged: copy it again"
    with failing_as(UnreadableFile, told, *_DAMAGE):
        return archive.read(info)


def part(archive: Archive, name: str) -> bytes | None:
    """Return the bytes of the part `name` of a document, in any case; None if there is none."""
    info = archive.named.get(name.lstrip("/").lower())
    return content(archive, info) if info else None


def members(
    data: bytes, settings: Settings, budget: Budget | None = None
) -> Iterator[tuple[str, bytes | UnreadableFile]]:
    """Yield the files of an archive with their names, or why one cannot be had.

    Raises:
        UnreadableFile: none of it can be had.
    """
    with opened(data, settings, budget) as archive:
        for info in archive.infolist():
            name = name_of(info)
            if info.is_dir() or _is_clutter(name):
                continue
            try:
                if name.startswith("/") or ".." in PurePosixPath(name).parts or name[1:2] == ":":
                    raise UnreadableFile("its name points outside the archive, so it is not read")
                yield name, content(archive, info)
            except UnreadableFile as error:
                yield name, error


def name_of(info: ZipInfo) -> str:
    """Return the name of a member: UTF-8 where it is marked so, else UTF-8 or GB18030 bytes."""
    name = info.filename
    if not info.flag_bits & _UTF8_NAME:
        for encoding in ("utf-8", "gb18030"):
            with suppress(UnicodeError):
                name = name.encode("cp437").decode(encoding)
                break
    return "".join(char if char.isprintable() else "�" for char in name).replace("\\", "/")


def _is_clutter(name: str) -> bool:
    """Whether a file is what systems leave behind: __MACOSX/, .DS_Store, ~$lock files."""
    parts = PurePosixPath(name).parts
    return "__MACOSX" in parts or (bool(parts) and parts[-1].startswith((".", "~$", "Thumbs.db")))
