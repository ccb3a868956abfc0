"""The file of a draft → its paragraphs."""

from rag.characters import cleaned
from rag.errors import BadInput, UnreadableFile
from rag.reading.archive import opened
from rag.reading.decode import decode
from rag.render.comments import paragraphs
from rag.settings import Settings


def is_word(data: bytes) -> bool:
    """Whether a file is a Word file, by its content."""
    return data.startswith(b"PK")


def read_draft(data: bytes, settings: Settings) -> list[str]:
    """Return the paragraphs of a Word file or a text.

    Raises:
        BadInput: it cannot be read, or unpacks to more than there is memory for.
    """
    try:
        if not is_word(data):
            return cleaned(decode(data)[0]).splitlines()
        opened(data, settings).close()
        return paragraphs(data)
    except UnreadableFile as error:
        raise BadInput("the draft cannot be read: {error}", error=error) from error
