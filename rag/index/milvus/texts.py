"""Texts of any length under a name, in fields that hold 65,535 bytes: cut up, and put together."""

from collections.abc import Iterator
from typing import Any

from rag.index.milvus.filters import literal
from rag.index.milvus.schema import LONGEST, STILL
from rag.index.milvus.server import Server

_LENGTH = LONGEST // 4  # characters of a piece: one takes 4 bytes of UTF-8 at most


def pieces(name: str, text: str) -> Iterator[dict[str, Any]]:
    """The rows that hold `text`."""
    for number, start in enumerate(range(0, max(1, len(text)), _LENGTH)):
        yield {
            "key": f"{name}/{number}",
            "name": name,
            "number": number,
            "text": text[start : start + _LENGTH],
            "still": STILL,
        }


class TextTable:
    """The texts of one collection."""

    def __init__(self, server: Server, collection: str) -> None:
        self._server = server
        self._collection = collection

    def read(self, name: str) -> str | None:
        """The text under a name; None where there is none."""
        return self._joined(f"name == {literal(name)}").get(name)

    def under(self, kind: str) -> list[str]:
        """The texts named `kind/0`, `kind/1` and so on, in that order."""
        found = self._joined(f"name like {literal(kind + '/%')}")
        return [found[name] for name in sorted(found, key=lambda name: int(name.split("/")[1]))]

    def _joined(self, expression: str) -> dict[str, str]:
        rows = self._server.every(self._collection, expression, ("name", "number", "text"))
        found: dict[str, dict[int, str]] = {}
        for row in rows:
            found.setdefault(row["name"], {})[row["number"]] = row["text"]
        return {
            name: "".join(text for _, text in sorted(held.items())) for name, held in found.items()
        }
