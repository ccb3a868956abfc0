"""Filters as Milvus expressions; a filter never fails open.

The facts are fields of passages and of essays alike, so one expression limits both. A fact that an
essay does not state is "" there, which no condition matches; neither does any match a value that is
"" or has control characters in it. An author stands between 、 and a date before a -, so that 王
does not match 王平, nor 2022-1 match 2022-10. The signs that `like` reads as wildcards stand as
others, for how they are escaped differs from one version of Milvus to the next.
"""

import json
from collections.abc import Mapping

from rag.index.milvus.schema import FACTS
from rag.types import Essay, Filters

NOTHING = "essay < 0"
_PLAIN = str.maketrans("%_\\", "\ue000\ue001\ue002")  # private use: no text has them


def facts(essay: Essay) -> dict[str, str]:
    """The fields of an essay, and of its passages, that filters are compared with."""
    stated = {name: (getattr(essay, name) or "").translate(_PLAIN) for name in FACTS}
    if stated["author"]:
        stated["author"] = f"、{stated['author']}、"
    if stated["date"]:
        stated["date"] += "-"
    return stated


def expression(filters: Filters, numbers: Mapping[str, int]) -> str:
    """The expression of `filters`, "" for none; `numbers` are those of the essays, by id.

    >>> expression(Filters(place=("太湖",), issue=("32", "")), {})
    '(place like "%太湖%") and (issue == "32")'
    """
    clauses = []
    if filters.essay_id:
        known = sorted({numbers[each] for each in filters.essay_id if each in numbers})
        clauses.append(f"essay in {known}" if known else NOTHING)
    for name in FACTS:
        if options := getattr(filters, name):
            able = filter(_can_match, options)
            stated = " or ".join(_condition(name, option) for option in able)
            clauses.append(f"({stated})" if stated else NOTHING)
    return " and ".join(clauses)


def _can_match(value: str) -> bool:
    return value != "" and not any(ord(c) < ord(" ") for c in value)


def _condition(name: str, value: str) -> str:
    held = value.translate(_PLAIN)
    if name == "issue":
        return f"issue == {literal(held)}"
    pattern = {"author": f"%、{held}、%", "date": f"{held}-%"}.get(name, f"%{held}%")
    return f"{name} like {literal(pattern)}"


def literal(text: str) -> str:
    """A text as it stands in an expression: quoted, nothing in it is obeyed."""
    return json.dumps(text, ensure_ascii=False)
