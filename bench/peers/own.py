"""This project as it ships: BM25 of whole documents; both arms with the ranker."""

from collections.abc import Mapping
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from measure import DEPTH, Search

from rag.encoding import load_default
from rag.evaluation import Beir
from rag.evaluation.beir import Text
from rag.index import Generation, swap, write_generation
from rag.index.found import best
from rag.retrieval import POOL, Retriever, trained_ranker
from rag.settings import Settings


def build(documents: Mapping[str, str], folder: Path, window: int) -> None:
    """Write the index on one core."""
    collection = Beir("peers", {key: Text("", text) for key, text in documents.items()}, {}, {})
    cut, settings = collection.passages(window), Settings(workers=1)
    swap(folder, write_generation(folder, collection.outlines(), cut, load_default(), settings))


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
        encoder, settings = load_default(), Settings()
        self._generation = Generation.open(folder, encoder)
        self._documents = [essay.document for essay in self._generation.records.essays()]
        self._retriever = Retriever(self._generation, encoder, settings)
        self._ranker = trained_ranker()

    def ways(self) -> dict[str, Search]:
        """Words alone, and what `rag search` and `rag ask` use."""
        return {"sparse": self._sparse, "hybrid + ranker": self._ranked}

    def _sparse(self, question: str, k: int) -> list[str]:
        tokens = self._generation.tokenizer.tokens(question)
        return [self._documents[row] for row in self._generation.essays.search(tokens, k).rows]

    def _ranked(self, question: str, _k: int) -> list[str]:
        """Documents of all candidates, each where its best passage stands."""
        found = self._retriever.candidates(question, max(POOL, DEPTH))
        scores = self._ranker.scores(found.features)
        ranking = best(found.rows, scores, max(1, len(found.rows)))
        essays = self._generation.records.essay_of_row[ranking.rows]
        return [self._documents[essay] for essay in essays.tolist()]
