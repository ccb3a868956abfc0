"""Systems that match words alone: rank-bm25, Haystack in memory, SQLite FTS5."""

import sqlite3
from collections.abc import Mapping
from pathlib import Path

from measure import Search


class RankBm25:
    """`BM25Okapi` over lists of tokens, as its README uses it; subclasses say how text is cut."""

    def __init__(self, documents: Mapping[str, str], _folder: Path, _task: object) -> None:
        from rank_bm25 import BM25Okapi

        self._ids = list(documents)
        self._bm25 = BM25Okapi([self.cut(text) for text in documents.values()])

    def cut(self, text: str) -> list[str]:
        """Return the tokens of `text`."""
        raise NotImplementedError

    def ways(self) -> dict[str, Search]:
        """BM25 is the only one."""
        return {"BM25": self._search}

    def _search(self, question: str, k: int) -> list[str]:
        found: list[str] = self._bm25.get_top_n(self.cut(question), self._ids, n=k)
        return found


class RankBm25Spaces(RankBm25):
    """Cut at spaces: the README's example."""

    def cut(self, text: str) -> list[str]:
        """Split at one space, as the README does."""
        return text.split(" ")


class RankBm25Jieba(RankBm25):
    """Cut by jieba: what is usually done with Chinese."""

    def cut(self, text: str) -> list[str]:
        """Cut into words by jieba's default mode."""
        import jieba

        found: list[str] = jieba.lcut(text)
        return found


class Haystack:
    """`InMemoryDocumentStore` with its defaults: BM25L, one token a Chinese character."""

    pattern: str | None = None

    def __init__(self, documents: Mapping[str, str], _folder: Path, _task: object) -> None:
        from haystack import Document
        from haystack.components.retrievers.in_memory import InMemoryBM25Retriever
        from haystack.document_stores.in_memory import InMemoryDocumentStore

        given = {"bm25_tokenization_regex": self.pattern} if self.pattern else {}
        store = InMemoryDocumentStore(**given)
        store.write_documents(
            [Document(id=key, content=self.cut(text)) for key, text in documents.items()]
        )
        self._retriever = InMemoryBM25Retriever(store)

    def cut(self, text: str) -> str:
        """Return what the store gets to read."""
        return text

    def ways(self) -> dict[str, Search]:
        """BM25 is the one that is compared."""
        return {"BM25": self._search}

    def _search(self, question: str, k: int) -> list[str]:
        found = self._retriever.run(query=self.cut(question), top_k=k)["documents"]
        return [document.id for document in found]


class HaystackOwnTokens(Haystack):
    """The same store, given the tokens of this project with spaces between."""

    pattern = r"\S+"

    def cut(self, text: str) -> str:
        """Join the tokens by spaces; a question of stop words alone stays as it is."""
        from rag.words import tokens

        return " ".join(tokens(text)) or text


class Fts5Trigram:
    """SQLite FTS5 with `tokenize='trigram'`, bm25() as rank; a question is its trigrams, by OR."""

    def __init__(self, documents: Mapping[str, str], folder: Path, _task: object) -> None:
        self._database = sqlite3.connect(folder / "fts.sqlite")
        self._database.execute(
            "CREATE VIRTUAL TABLE texts USING fts5(id UNINDEXED, text, tokenize='trigram')"
        )
        self._database.executemany("INSERT INTO texts VALUES (?, ?)", documents.items())
        self._database.commit()

    def ways(self) -> dict[str, Search]:
        """Its bm25() is the only one."""
        return {"trigrams": self._search}

    def _search(self, question: str, k: int) -> list[str]:
        pieces = dict.fromkeys(question[at : at + 3] for at in range(len(question) - 2))
        match = " OR ".join('"{}"'.format(piece.replace('"', '""')) for piece in pieces)
        if not match:
            return []
        sql = "SELECT id FROM texts WHERE texts MATCH ? ORDER BY rank LIMIT ?"
        return [row[0] for row in self._database.execute(sql, (match, k))]
