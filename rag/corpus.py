"""Files → outlines, passages and terms, one file after the other; unchanged ones from the cache.

What is new is read in worker processes, each file within a budget: whatever a file does to its
reader is one line in the report. Where many files are new there are several workers.
"""

import errno
import hashlib
import json
import platform
import struct
import zlib
from collections.abc import Generator, Iterable, Sequence
from contextlib import closing
from dataclasses import replace
from functools import cache, partial
from importlib import metadata
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError

from rag.characters import escaped
from rag.errors import CorpusGone, UnreadableFile
from rag.index import Cache, Keys, key_of, keys_of
from rag.messages import both, changed
from rag.outline import outline
from rag.parallel import Lost, ordered
from rag.passages import Fields, fields, passages
from rag.reading import content, documents, read_sidecar, sidecar_of
from rag.reading.folders import found
from rag.report import FileReport, of_outline
from rag.settings import Settings
from rag.types import Outline, Passage, Stated
from rag.words import TOKENIZER, Tokenizer

FoundFile = tuple[Path, str, str | None]
"""A file, its name in the corpus as it is shown, and what is wrong with it."""

_MANY = 100  # new files from which on several processes read them
_STEP = 2_000_000  # bytes for which a file has its seconds once more
_READING = (
    "max_file_bytes", "max_text", "max_line", "max_members", "max_unpacked_bytes", "max_ratio",
    "max_pages", "office_seconds", "window",
)  # fmt: skip
"""The settings that decide what is made of a file."""
_SOURCES = (
    "types", "words", "sentences", "figures", "gazetteer", "passages", "corpus", "index/bm25",
)  # fmt: skip
"""The modules that reading and outlining stand on, their own aside."""
_LIBRARIES = (
    "babel", "charset-normalizer", "gb2260", "lxml", "numpy", "olefile", "onnxruntime", "openpyxl",
    "pillow", "pypdfium2", "python-docx", "python-pptx", "pyyaml", "rapidocr", "rjieba",
)  # fmt: skip
"""The libraries that reading and outlining stand on."""
_SIZES = struct.Struct("<II")  # bytes of the outlines, number of tokens, before an entry
_OUTLINES = TypeAdapter(tuple[Outline, ...])


class ReadDocument(NamedTuple):
    """What became of one document of a file; without an outline it could not be read."""

    report: FileReport
    outline: Outline | None = None
    passages: tuple[Passage, ...] = ()
    embedded: tuple[str, ...] = ()  # what the encoder is given of each passage
    keys: Keys = np.zeros(0, np.uint32)  # the terms of all passages
    lengths: NDArray[np.int32] = np.zeros(0, np.int32)  # how many of them each passage has


class _ReadFile(NamedTuple):
    """What became of one file: one document, or those of an archive, after complaints."""

    documents: list[ReadDocument]
    entry: tuple[bytes, bytes] | None = None  # key and value for the cache; None: try again
    gone: bool = False  # it was listed, and is not there any more


def read_corpus(
    corpus: Sequence[Path], settings: Settings, words: Sequence[str], known: Cache
) -> Generator[tuple[list[ReadDocument], int], None, None]:
    """Read every file under `corpus`; give what was made of each, and how many files there are.

    Raises:
        BadInput: a path of `corpus` cannot be read.
        CorpusGone: a file that was listed is gone, and `allow_missing` is not set.
    """
    files = [
        (path, escaped(name), fault) for path, name, fault in found(corpus, settings.follow_links)
    ]
    reader = _FileReader(settings, words)
    keys = [reader.key(file) for file in files]
    unknown = known.unknown("files", {key for key in keys if key})
    new = [file for file, key in zip(files, keys, strict=True) if not key or key in unknown]
    with closing(_read(new, settings, words)) as fresh:
        for file, key in zip(files, keys, strict=True):
            if not key or key in unknown:
                made = next(fresh)
            else:
                again = _read([file], settings, words)  # where the entry is damaged
                made = reader.restored(file, known.find("files", [key]).get(key)) or next(again)
            if made.gone and not settings.allow_missing:
                raise CorpusGone(
                    "{file} was there when the build began and is gone: is the drive there? "
                    "Build again, or with --allow-missing to build without it; the index is as "
                    "it was",
                    file=file[1],
                )
            if made.entry:
                known.keep("files", [made.entry])
            yield made.documents, len(files)


def _read(
    files: Sequence[FoundFile], settings: Settings, words: Sequence[str]
) -> Generator[_ReadFile, None, None]:
    """Read files in worker processes, each within its budget."""
    make = partial(_FileReader, settings, words)
    workers = settings.processes if len(files) >= _MANY else 1
    results = ordered(
        make, files, workers, lambda file: _seconds(file[0], settings), settings.file_memory,
        (__name__,),
    )  # fmt: skip
    with closing(results):
        for (_, name, _), made in zip(files, results, strict=True):
            if isinstance(made, Lost):
                why = both("{name}: {why}", name=name, why=changed(made.reason, escaped))
                made = _ReadFile([_skipped(name, why)])
            yield made


def _seconds(path: Path, settings: Settings) -> float:
    """How much processor time a file may take."""
    try:
        return settings.file_seconds * (1 + path.stat().st_size / _STEP)
    except OSError:
        return settings.file_seconds


def read_outline(path: Path, settings: Settings) -> Outline:
    """Return what is made of one file and its sidecar, read in a process of its own.

    Raises:
        UnreadableFile: it cannot be read, takes more than its budget, or holds several documents.
    """
    (made,) = _read([(path, path.name, None)], settings, ())
    found = [each.outline for each in made.documents if each.outline]
    if not found:
        raise UnreadableFile(made.documents[-1].report.reason)
    if len(found) > 1:
        why = both("is an archive of several files: run `rag build` on it")
        raise UnreadableFile("{name}: {why}", name=path.name, why=why)
    return found[0]


def cut(made: Outline, window: int, tokenizer: Tokenizer) -> ReadDocument:
    """Cut an outline into passages of some `window` characters, and these into terms."""
    parts = passages(made, window)
    around = list(fields([made], parts))
    embedded = tuple(each.embedded for each in around)
    report = of_outline(made, len(parts))
    return ReadDocument(report, made, parts, embedded, *terms(tokenizer, around))


def terms(tokenizer: Tokenizer, passages: Iterable[Fields]) -> tuple[Keys, NDArray[np.int32]]:
    """The hashes of all tokens that BM25 counts, and how many each passage has.

    Title, trail and lead are cut apart, so that no pair of characters goes over their borders.
    """
    tokens, lengths = list[str](), list[int]()
    for each in passages:
        before = len(tokens)
        for part in (each.title, each.trail, each.lead, each.text):
            tokens += tokenizer.tokens(part)
        lengths.append(len(tokens) - before)
    return keys_of(tokens), np.array(lengths, np.int32)


class _FileReader:
    """Reads files; each process that helps has one."""

    def __init__(self, settings: Settings, words: Sequence[str]) -> None:
        self._settings, self._tokenizer = settings, Tokenizer(words)
        limits = [getattr(settings, name) for name in _READING]
        self._version = json.dumps([limits, TOKENIZER, sorted(words), _program()])

    def key(self, file: FoundFile) -> bytes | None:
        """What the cache knows a file by; None for one that cannot be read."""
        path, name, fault = file
        try:
            data = content(path, name, self._settings)
        except UnreadableFile:
            return None
        return None if fault else self._key(name, data, _sidecar(path, name)[0])

    def _key(self, name: str, data: bytes, stated: tuple[Stated, ...]) -> bytes:
        return key_of(self._version, name, hashlib.sha256(data).hexdigest(), repr(stated))

    def __call__(self, file: FoundFile) -> _ReadFile:
        """Read a file, which may hold several documents, and its sidecar."""
        path, name, fault = file
        stated, complaints = _sidecar(path, name)
        try:
            if fault:
                raise UnreadableFile("{name}: {why}", name=name, why=fault)
            data = content(path, name, self._settings)
        except UnreadableFile as error:
            return _ReadFile([*complaints, _skipped(name, error.message)], gone=_gone(path))
        odd = both("its name holds what cannot be shown")
        notes = [odd] * (escaped(path.name) != path.name)
        made, whole = list[ReadDocument](), True
        for inner, document in documents(data, name, self._settings):
            if isinstance(document, UnreadableFile):
                made.append(_skipped(escaped(inner), changed(document.message, escaped)))
                whole = False
                continue
            told = outline(
                replace(
                    document,
                    path=escaped(document.path),
                    stated=(*stated, *document.stated),
                    notes=(*notes, *document.notes),
                )
            )
            whole = whole and not told.document.unread
            made.append(cut(told, self._settings.window, self._tokenizer))
        entry = (self._key(name, data, stated), _packed(made)) if whole and made else None
        return _ReadFile([*complaints, *made], entry)

    def restored(self, file: FoundFile, entry: bytes | None) -> _ReadFile | None:
        """What `__call__` made of a file, from its entry; None where that cannot be read."""
        if entry is None:
            return None
        try:
            outlines, keys, lengths = _unpacked(entry)
        except (ValueError, ValidationError, zlib.error, struct.error):
            return None
        made, row, token = list[ReadDocument](), 0, 0
        for each in outlines:
            parts = passages(each, self._settings.window)
            own = lengths[row : row + len(parts)]
            end = token + int(own.sum())
            embedded = tuple(around.embedded for around in fields([each], parts))
            report = of_outline(each, len(parts), unchanged=True)
            made.append(ReadDocument(report, each, parts, embedded, keys[token:end], own))
            row, token = row + len(parts), end
        return _ReadFile([*_sidecar(file[0], file[1])[1], *made])


def _packed(made: Sequence[ReadDocument]) -> bytes:
    """The entry of a file: its outlines as JSON, the terms of its passages as arrays."""
    outlines = tuple(each.outline for each in made if each.outline)
    text = zlib.compress(_OUTLINES.dump_json(outlines), 1)
    keys, lengths = (np.concatenate(arrays) for arrays in zip(*(m[4:] for m in made), strict=True))
    return _SIZES.pack(len(text), len(keys)) + text + keys.tobytes() + lengths.tobytes()


def _unpacked(entry: bytes) -> tuple[tuple[Outline, ...], Keys, NDArray[np.int32]]:
    size, count = _SIZES.unpack_from(entry)
    at = _SIZES.size + size
    keys = np.frombuffer(entry, np.uint32, count, at)
    lengths = np.frombuffer(entry, np.int32, -1, at + keys.nbytes)
    return _OUTLINES.validate_json(zlib.decompress(entry[_SIZES.size : at])), keys, lengths


def _sidecar(path: Path, name: str) -> tuple[tuple[Stated, ...], list[ReadDocument]]:
    """Return what a file's sidecar states, and what is wrong with it."""
    beside = sidecar_of(path)
    if beside is None:
        return (), []
    try:
        return read_sidecar(beside), []
    except UnreadableFile as error:
        called = str(PurePosixPath(name).with_name(beside.name))
        return (), [_skipped(called, both("{called} {why}", called=called, why=error))]


def _gone(path: Path) -> bool:
    """Whether a file that was listed is there no more, or its drive is not."""
    try:
        path.lstat()
    except OSError as error:
        return error.errno not in (errno.ENAMETOOLONG, errno.EACCES, errno.EPERM)
    return False


def _skipped(name: str, reason: str) -> ReadDocument:
    return ReadDocument(FileReport(name, "skipped", reason))


@cache
def _program() -> list[str]:
    """The digests and versions of what reads."""
    package = Path(__file__).parent
    named = [package / f"{name}.py" for name in _SOURCES]
    texts = sorted([*named, *package.glob("reading/*"), *package.glob("outline/*")])
    own = [hashlib.sha256(text.read_bytes()).hexdigest() for text in texts if text.is_file()]
    return [platform.python_version(), *map(_version, _LIBRARIES), *own]


def _version(library: str) -> str:
    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        return ""
