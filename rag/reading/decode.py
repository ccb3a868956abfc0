"""Bytes → text, in the encoding that they are in, or not at all.

Encodings are tried in the order in which a wrong one would be noticed: a byte order mark, UTF-8,
UTF-16 without a mark, GB18030, then what charset-normalizer finds. Each decoding is strict, and
the looser ones must also read like Chinese or ASCII, for nearly any bytes are *some* GB18030.
"""

import codecs
import re

from charset_normalizer import from_bytes

from rag.errors import UnreadableFile
from rag.messages import both
from rag.reading.kinds import kind_of

_MARKS = (  # UTF-32 before UTF-16: its mark begins with that of UTF-16
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SAMPLE = 65_536  # characters that are judged; all of the file is decoded
_LEAST_PLAUSIBLE = 0.9  # share of ordinary characters under which a loose decoding is refused
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x19\x1b-\x1f\x7f\x80-\x84\x86-\x9f￾￿]")
_ORDINARY = re.compile(r"[\t\n\f\r -~ -ÿ–-‧　-〿一-鿿！-～]")


def decode(data: bytes) -> tuple[str, str]:
    """Return the text of `data` and the name of its encoding.

    Raises:
        UnreadableFile: empty, binary, damaged, or in an encoding that cannot be told.
    """
    if (kind := kind_of(data, "")) not in ("text", "html"):
        named = both("an image (PNG, JPEG)") if kind == "image" else kind.upper()
        raise UnreadableFile("the file is {kind}, not text: save it as UTF-8 text", kind=named)
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _marked(data[len(mark) :], encoding), encoding
    tried = (("utf-8", _clean), ("utf-16-le", _plausible), ("utf-16-be", _plausible))
    for encoding, fits in (*tried, ("gb18030", _simplified)):
        if (text := _strictly(data, encoding)) and fits(text):
            return text, encoding
    if b"\0" in data:
        raise UnreadableFile("the file is binary (it holds NUL bytes), not text")
    best = from_bytes(data[:_SAMPLE], cp_isolation=["gb18030", "big5", "big5hkscs"]).best()
    if best and (text := _strictly(data, best.encoding)) and _plausible(text):
        return text, best.encoding
    raise UnreadableFile("no known encoding fits the whole file: save it as UTF-8")


def _marked(data: bytes, encoding: str) -> str:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise UnreadableFile(
            "the file is marked as {encoding} but breaks at byte {start}: save it again",
            encoding=encoding,
            start=error.start,
        ) from None
    if not text.strip():
        raise UnreadableFile("the file is empty")
    if not _clean(text):
        raise UnreadableFile("the file holds control characters, so it is not text")
    return text


def decoded_as(encoding: str) -> tuple[str, ...]:
    """Return what the report says of an encoding: nothing of UTF-8."""
    return () if encoding == "utf-8" else (both("decoded as {encoding}", encoding=encoding),)


def _strictly(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def _clean(text: str) -> bool:
    """Whether `text` is free of control characters."""
    return not _CONTROLS.search(text)


def _plausible(text: str) -> bool:
    """Whether `text` is made of Han, ASCII and their punctuation, without control characters."""
    sample = text[:_SAMPLE]
    return _clean(text) and len(_ORDINARY.findall(sample)) >= _LEAST_PLAUSIBLE * len(sample)


def _simplified(text: str) -> bool:
    """Whether it is plausible and nearly all in GB 2312; what is misread as GB18030 rarely is."""
    han = [char for char in text[:_SAMPLE] if char >= "㐀"]
    return _plausible(text) and len(
        "".join(han).encode("gb2312", "ignore")
    ) >= 2 * _LEAST_PLAUSIBLE * len(han)
