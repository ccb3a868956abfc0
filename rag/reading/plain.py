"""Text and Markdown files: decoded, their front matter taken off, told apart by content."""

import re

from rag.messages import both
from rag.reading.decode import decode, decoded_as
from rag.reading.markdown import looks_like_markdown, read_markdown
from rag.reading.result import TOO_LONG, Read, limited
from rag.reading.sidecar import front_matter
from rag.reading.tabular import with_rows
from rag.reading.text import read_text
from rag.settings import Settings

_STRETCH = re.compile(r"[^\n]{800,2000}?[。！？!?；;](?=[^”’」』）)】]|$)|[^\n]{1,2000}")


def read(data: bytes, name: str, settings: Settings) -> Read:
    """Return the lines of a text file.

    Raises:
        UnreadableFile: too long, binary or undecodable.
    """
    text, encoding = decode(data)
    limited(TOO_LONG, len(text), settings.max_text)
    notes = decoded_as(encoding)
    text, stated, told = front_matter(text)
    text, cut = _cut(text, most := settings.max_line)
    if cut:
        said = "{count} lines of more than {most} characters cut at sentence ends"
        notes += (both(said, count=cut, most=most),)
    is_md = name.lower().endswith((".md", ".markdown")) or looks_like_markdown(text)
    lines = read_markdown(text) if is_md else with_rows(read_text(text))
    return Read(lines, stated, notes, told, "md" if is_md else "txt")


def _cut(text: str, most: int) -> tuple[str, int]:
    """Cut lines of more than `most` characters at sentence ends; return text and their number."""
    if len(text) <= most:
        return text, 0
    lines = re.split(r"\r\n|\n|\r", text)
    long = [i for i, line in enumerate(lines) if len(line) > most]
    for i in long:
        lines[i] = "\n".join(_STRETCH.findall(lines[i]))
    return ("\n".join(lines) if long else text), len(long)
