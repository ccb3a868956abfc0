"""Old and foreign Office files (.doc, .wps, .rtf, .odt, .xls, .ppt) through LibreOffice.

LibreOffice turns them into the Office formats that have readers here. It runs without a window,
with a home and profile of its own in a temporary folder, and is stopped when it takes too long.
Macros do not run: headless conversion has no one to permit them.
"""

import os
import shutil
import signal
import subprocess
import tempfile
from importlib import import_module
from pathlib import Path
from typing import cast

from rag.errors import UnreadableFile
from rag.reading.kinds import kind_of
from rag.reading.result import Read
from rag.settings import Settings

_WORD = ("docx:Office Open XML Text", "docx")
_SHEETS = ("xlsx:Calc Office Open XML", "sheets")
_SLIDES = ("pptx:Impress Office Open XML", "slides")
_TARGETS = {  # kind → LibreOffice's filter, and the module here that reads what it makes
    "doc": _WORD, "rtf": _WORD, "odt": _WORD, "xls": _SHEETS, "ods": _SHEETS, "ppt": _SLIDES,
    "odp": _SLIDES,
}  # fmt: skip
_PROGRAMS = ("soffice", "libreoffice")


def read(data: bytes, name: str, settings: Settings) -> Read:
    """Return what LibreOffice makes of the file.

    Raises:
        UnreadableFile: LibreOffice is not installed, fails, or takes too long.
    """
    kind = kind_of(data, name)
    to, module = _TARGETS[kind]
    made = _converted(data, kind, to, settings)
    return cast(Read, import_module(f"rag.reading.{module}").read(made, name, settings))


def _converted(data: bytes, kind: str, to: str, settings: Settings) -> bytes:
    """Return `data`, a file of `kind`, as LibreOffice saves it by the filter `to`."""
    program = next(filter(None, map(shutil.which, _PROGRAMS)), None)
    if program is None:
        raise UnreadableFile(
            "reading .{kind} files needs LibreOffice: install it (apt install "
            "libreoffice-writer libreoffice-calc libreoffice-impress) or save the file "
            "as .docx, .xlsx or .pptx",
            kind=kind,
        )
    with tempfile.TemporaryDirectory(prefix="youju-") as folder:
        source = Path(folder, f"source.{kind}")
        source.write_bytes(data)
        profile = Path(folder, "profile").as_uri()
        command = [
            program, f"-env:UserInstallation={profile}", "--headless", "--norestore",
            "--convert-to", to, "--outdir", str(Path(folder, "out")), str(source),
        ]  # fmt: skip
        _run(command, folder, kind, settings.office_seconds)
        made = Path(folder, "out", f"source.{to.partition(':')[0]}")
        if not made.is_file():
            raise UnreadableFile(
                "LibreOffice cannot open this .{kind} file: it is damaged or locked by a password",
                kind=kind,
            )
        return made.read_bytes()


def _run(command: list[str], home: str, kind: str, seconds: int) -> None:
    """Run the command; it starts children, so the whole group is ended when time is up."""
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True, env={**os.environ, "HOME": home},
    )  # fmt: skip
    try:
        process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        raise UnreadableFile(
            "LibreOffice took more than office_seconds = {seconds} for this .{kind} file",
            seconds=seconds,
            kind=kind,
        ) from None
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
