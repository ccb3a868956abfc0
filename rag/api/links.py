"""What both interfaces share: where a citation can be read, who hears of an answer."""

from collections.abc import Callable
from urllib.parse import urlencode

from fastapi import Request

from rag.types import Answer, Citation

Hears = Callable[[Request, Answer], None]


def essay_path(citation: Citation) -> str:
    """Return the path of the cited paragraph in the library, its quote to be marked there."""
    essay_id, ordinal = citation.essay.essay_id, citation.paragraph.ordinal
    query = {"id": essay_id, "p": ordinal, "from": citation.start, "to": citation.end}
    return f"/library/essay?{urlencode(query)}#p{ordinal}"
