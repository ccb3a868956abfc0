"""Reprints: of essays that say nearly the same, one speaks, and the answer names the others.

All stay in the index. Which one speaks depends on the question: the first of those that its names
and filters let through.
"""

from collections.abc import Container, Mapping, Sequence

from rag.citing import escape
from rag.types import Essay


def folded(essays: Sequence[Essay]) -> tuple[list[Essay], dict[str, list[Essay]]]:
    """Return one essay of each group of reprints, and by its id the others of the group."""
    speaking: dict[str, Essay] = {}
    others: dict[str, list[Essay]] = {}
    for essay in essays:
        first = speaking.setdefault(essay.reprint_of or essay.essay_id, essay)
        if first is not essay:
            others.setdefault(first.essay_id, []).append(essay)
    return list(speaking.values()), others


def reprints(others: Mapping[str, Sequence[Essay]], cited: Container[str]) -> str:
    """Return what an answer says of the reprints of the essays it cites, "" if there are none."""
    named = [essay.document for first, same in others.items() if first in cited for essay in same]
    return f"\n\n内容基本相同的还有：{'、'.join(map(escape, named))}。" if named else ""
