"""This project as it ships: BM25 of whole documents; both arms with the ranker."""

from collections.abc import Mapping
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from measure import DEPTH, Search

from rag.encoding import load_encoder
from rag.evaluation.beir import Beir, BeirDocument
from rag.evaluation.collection import write_generation
from rag.index import FolderStore, rank
from rag.retrieval import POOL, Retriever, trained_weights
from rag.settings import Settings


def build(documents: Mapping[str, str], folder: Path, window: int) -> None:
    """Write the index on one core."""
    collection = Beir(
        "peers", {key: BeirDocument("", text) for key, text in documents.items()}, {}, {}
    )
    settings = Settings(workers=1, window=window)
    made = write_generation(folder, collection.outlines(), load_encoder(settings), settings)
    FolderStore(folder).publish(made)


class Youju:
    """The index that `rag build` makes, and the two ways of `rag eval --beir` that are compared.

    As with `rag build` and `rag serve` one process writes the index and another one asks it.
    """

    def __init__(self, documents: Mapping[str, str], folder: Path, task: Any) -> None:  # noqa: ANN401
        builder = get_context("spawn").Process(
            target=build, args=(documents, folder, task["window"])
        )
        builder.start()
        builder.join()
        encoder = load_encoder(Settings())
        self._generation = FolderStore(folder).open(encoder)
        self._documents = [essay.document for essay in self._generation.records.essays()]
        self._retriever = Retriever(self._generation, encoder)
        self._weights = trained_weights(by_meaning=True)

    def ways(self) -> dict[str, Search]:
        """Words alone, and what `rag search` and `rag ask` use."""
        return {"BM25": self._sparse, "words and meaning": self._ranked}

    def _sparse(self, question: str, k: int) -> list[str]:
        terms = tuple(dict.fromkeys(self._generation.tokenizer.tokens(question)))
        scores = self._generation.bm25.match(terms, np.ones(len(terms), np.float32)).essays
        essays, _ = rank(np.flatnonzero(scores > 0), scores[scores > 0], k)
        return [self._documents[essay] for essay in essays.tolist()]

    def _ranked(self, question: str, _k: int) -> list[str]:
        """Documents of all candidates, each where its best passage stands."""
        pool, features = self._retriever.candidates(question, max(POOL, DEPTH))
        rows, _ = rank(pool.rows, features @ self._weights, len(pool.rows))
        essays = self._generation.records.essay_of_row[rows]
        return [self._documents[essay] for essay in essays.tolist()]
