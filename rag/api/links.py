"""Where on this server a citation can be read."""

from urllib.parse import urlencode

from rag.types import Citation


def essay_path(citation: Citation) -> str:
    """Return the path of the cited paragraph in the library, its quote to be marked there."""
    ordinal = citation.paragraph.ordinal
    query = urlencode(
        {
            "id": citation.essay.essay_id,
            "p": ordinal,
            "from": citation.start,
            "to": citation.end,
        }
    )
    return f"/library/essay?{query}#p{ordinal}"
