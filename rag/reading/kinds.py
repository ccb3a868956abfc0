"""The kind of a file, told by its first bytes and the names inside it, whatever it is called."""

import re
from io import BytesIO
from pathlib import PurePosixPath
from zipfile import BadZipFile, ZipFile

from rag.errors import UnreadableFile, failing_as
from rag.messages import both

SUFFIXES = {
    ".docx": "docx", ".doc": "doc", ".wps": "doc", ".rtf": "rtf", ".odt": "odt",
    ".xlsx": "xlsx", ".xls": "xls", ".et": "xls", ".ods": "ods",
    ".pptx": "pptx", ".ppt": "ppt", ".dps": "ppt", ".odp": "odp",
    ".pdf": "pdf", ".ofd": "ofd", ".zip": "zip", ".csv": "csv", ".tsv": "csv", ".eml": "eml",
    **dict.fromkeys((".txt", ".text", ".md", ".markdown"), "text"),
    **dict.fromkeys((".html", ".htm", ".xhtml"), "html"),
    **dict.fromkeys((".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp"), "image"),
}  # fmt: skip
"""Extensions, in lower case, that say a file is meant to be read, each with the kind that it
promises. What is in the file decides how it is read."""

_IMAGES = (b"\x89PNG\r\n", b"\xff\xd8\xff", b"II*\0", b"MM\0*", b"BM")
_OTHERS = (
    (b"GIF8", "a GIF image: save it as PNG"),
    (b"\x1f\x8b", "a gzip archive: unpack it"),
    (b"Rar!", "a RAR archive: unpack it"),
    (b"7z\xbc\xaf", "a 7z archive: unpack it"),
    (b"MIME-Version:", "a web archive: open it in a browser and save it as HTML"),
    (b"From: <Saved by", "a web archive: open it in a browser and save it as HTML"),
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLE_STREAMS = (
    ("WordDocument", "doc"),
    ("Workbook", "xls"),
    ("Book", "xls"),
    ("PowerPoint Document", "ppt"),
)
_MEMBERS = (
    ("word/document.xml", "docx"),
    ("xl/workbook.xml", "xlsx"),
    ("ppt/presentation.xml", "pptx"),
    ("ofd.xml", "ofd"),
)
_OPEN_DOCUMENT = {"text": "odt", "spreadsheet": "ods", "presentation": "odp"}
_HTML = re.compile(rb"<!doctype\s+html|<html[\s>]|<(?:head|body)[\s>]", re.IGNORECASE)


def kind_of(data: bytes, name: str) -> str:
    """Return the kind of `data`: "docx", "pdf", "text", ...

    Raises:
        UnreadableFile: empty, locked by a password, or of a kind that cannot be read.
    """
    if not data.strip(b" \t\r\n\0"):
        raise UnreadableFile("the file is empty")
    promised = SUFFIXES.get(PurePosixPath(name).suffix.lower())
    for signature, told in _OTHERS:
        if data.startswith(signature) and promised != "eml":
            raise UnreadableFile("the file is {kind}", kind=both(told))
    return _of_signature(data) or _of_text(data, name, promised)


def _of_signature(data: bytes) -> str | None:
    if b"%PDF-" in data[:1024]:
        return "pdf"
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _of_zip(data)
    if data.startswith(_OLE):
        return _of_ole(data)
    if data[:200].lstrip().startswith(b"{\\rtf"):
        return "rtf"
    is_image = data.startswith(_IMAGES) and (data[:2] != b"BM" or b"\0" in data[:64])
    return "image" if is_image else None


def _of_text(data: bytes, name: str, promised: str | None) -> str:
    suffix = PurePosixPath(name).suffix.lower()
    head = data[:4096].replace(b"\0", b"")  # UTF-16 too
    if promised == "eml" or (promised == "csv" and not _HTML.search(head)):
        return promised
    if _HTML.search(head) or promised == "html":
        return "html"
    if suffix and not promised:
        raise UnreadableFile(
            "cannot read a {suffix} file: rename it .txt if it holds an essay", suffix=suffix
        )
    return "text"


def _of_zip(data: bytes) -> str:
    told = "the ZIP archive is cut off or damaged: copy the file again"
    with (
        failing_as(UnreadableFile, told, BadZipFile, ValueError, RuntimeError, EOFError),
        ZipFile(BytesIO(data)) as archive,
    ):
        names = {name.lower() for name in archive.namelist()}
        for member, kind in _MEMBERS:
            if member in names:
                return kind
        if "mimetype" in names:
            return _open_document(archive)
    return "zip"


def _open_document(archive: ZipFile) -> str:
    info = archive.getinfo("mimetype")
    declared = archive.read(info)[:200].decode("ascii", "replace") if info.file_size < 200 else ""
    return _OPEN_DOCUMENT.get(declared.rpartition(".")[2].partition("-")[0], "zip")


def _of_ole(data: bytes) -> str:
    import olefile

    told = "the old Office document is cut off or damaged"
    with (  # olefile lets many kinds of errors through on damaged files
        failing_as(UnreadableFile, told, Exception),
        olefile.OleFileIO(BytesIO(data)) as container,
    ):
        is_locked = container.exists("EncryptedPackage")
        kinds = [kind for stream, kind in _OLE_STREAMS if container.exists(stream)]
    if is_locked:
        raise UnreadableFile("it is locked by a password: save it without one")
    if kinds:
        return kinds[0]
    raise UnreadableFile("the file is an OLE container without a document in it")
