"""What each reader returns, before the file's name and hash are put to it."""

from dataclasses import dataclass
from importlib.util import find_spec

from rag.errors import UnreadableFile
from rag.messages import both
from rag.types import Line, Stated

OCR_MISSING = both("reading it needs text recognition: pip install 'youju[ocr]'")
TOO_LONG = "it has {count} characters, more than max_text = {most}"
TOO_MANY_PAGES = "it has {count} pages, more than max_pages = {most}"


@dataclass(frozen=True, slots=True)
class Read:
    """The lines of one file, and what the reader has to say of them."""

    lines: tuple[Line, ...]
    stated: tuple[Stated, ...] = ()  # what properties and front matter say
    notes: tuple[str, ...] = ()  # what was repaired or assumed
    unread: tuple[str, ...] = ()  # which parts could not be read, and why
    format: str = ""  # where the reader knows better than the kind: "md" of a text


def limited(told: str, count: float, most: int, **values: object) -> None:
    """Refuse what has a `count` of more than `most`.

    Raises:
        UnreadableFile: it has; `told` says so.
    """
    if count > most:
        raise UnreadableFile(told, count=count, most=most, **values)


def can_recognise() -> bool:
    """Whether the extra `ocr` is there, which recognises text in images."""
    return find_spec("rapidocr") is not None and find_spec("onnxruntime") is not None


def titled(title: object) -> tuple[Stated, ...]:
    """Return the title that a document's properties give, if they give one."""
    text = str(title or "").strip()
    return (Stated("title", text, "properties", 0.4),) if text else ()
