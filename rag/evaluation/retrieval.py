"""How well each way to retrieve does on a BEIR folder, and how long it takes.

Documents are judged, passages are retrieved: a document stands where its best passage stands.
"""

import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rag.encoding import Encoder
from rag.evaluation.beir import Beir
from rag.evaluation.collection import write_generation
from rag.evaluation.measures import ndcg, recall, reciprocal_rank
from rag.index import FolderStore, Generation, Progress, rank, silent
from rag.retrieval import POOL, Retriever, trained_weights
from rag.settings import Settings

_DEPTH = 100  # documents of a ranking that are judged
_BATCH = 50  # questions between two reports of progress


@dataclass(frozen=True, slots=True)
class WayFigures:
    """Means over the questions of one set, for one way to retrieve."""

    dataset: str
    way: str  # a key of `_ways`
    questions: int
    ndcg_10: float
    recall_1: float
    recall_100: float
    mrr_10: float
    seconds: float  # for all questions, one after the other


def evaluate(
    folder: Path,
    encoder: Encoder | None,
    settings: Settings,
    progress: Progress = silent,
    cache: Path | None = None,
) -> tuple[WayFigures, ...]:
    """Index a BEIR folder in a temporary place and measure every way on it.

    Vectors are kept in the file `cache`, if one is named.

    Raises:
        BadInput: the folder cannot be used.
    """
    collection = Beir.load(folder)
    with tempfile.TemporaryDirectory() as place:
        index = Path(place)
        made = write_generation(index, collection.outlines(), encoder, settings, progress, cache)
        generation = FolderStore(index).open(encoder, made)
        rows = tuple(
            _measure(collection, way, rank, progress)
            for way, rank in _ways(generation, encoder, settings).items()
        )
        generation.records.close()
    return rows


def table(rows: Sequence[WayFigures]) -> str:
    """The rows as a Markdown table."""
    head = "| set | way | questions | nDCG@10 | R@1 | R@100 | MRR@10 | ms a question |"
    lines = [head, "|---|---|--:|--:|--:|--:|--:|--:|"]
    for row in rows:
        figures = (row.ndcg_10, row.recall_1, row.recall_100, row.mrr_10)
        shown = " | ".join(f"{figure:.4f}" for figure in figures)
        took = 1000 * row.seconds / row.questions
        lines.append(f"| {row.dataset} | {row.way} | {row.questions} | {shown} | {took:.1f} |")
    return "\n".join(lines)


Rank = Callable[[str], Iterator[str]]
"""Question → document ids, best first; an id may come again."""


def _ways(generation: Generation, encoder: Encoder | None, settings: Settings) -> dict[str, Rank]:
    """Each way to rank documents: BM25 of whole ones, cosine of their best passage, the product."""
    documents = [essay.document for essay in generation.records.essays()]
    essay_of = generation.records.essay_of_row

    def sparse(question: str) -> Iterator[str]:
        terms = Counter(generation.tokenizer.tokens(question))
        boosts = np.array(list(terms.values()), np.float32)
        scores = generation.bm25.match(tuple(terms), boosts).essays
        best, _ = rank(np.flatnonzero(scores > 0), scores[scores > 0], _DEPTH)
        return (documents[essay] for essay in best.tolist())

    def ranked(question: str) -> Iterator[str]:
        pool, features = retriever.candidates(question, POOL)
        weights = trained_weights(by_meaning=pool.cosines is not None)
        rows, _ = rank(pool.rows, features @ weights, len(pool.rows))
        return (documents[essay] for essay in essay_of[rows].tolist())

    retriever = Retriever(generation, encoder)
    if encoder is None or (index := generation.dense) is None:
        return {"BM25": sparse, "words": ranked}

    def dense(question: str) -> Iterator[str]:
        rows = index.search(encoder.encode_queries([question])[0], 10 * _DEPTH)
        return (documents[essay] for essay in essay_of[rows].tolist())

    return {"BM25": sparse, "encoder": dense, "words and meaning": ranked}


def _measure(collection: Beir, way: str, rank: Rank, progress: Progress) -> WayFigures:
    figures = []
    spent = 0.0
    total = len(collection.questions)
    for done, (key, question) in enumerate(collection.questions.items(), start=1):
        began = time.perf_counter()
        ranking = list(dict.fromkeys(rank(question)))[:_DEPTH]
        spent += time.perf_counter() - began
        judged = collection.judgments[key]
        figures.append(
            (
                ndcg(ranking, judged, 10),
                recall(ranking, judged, 1),
                recall(ranking, judged, 100),
                reciprocal_rank(ranking, judged, 10),
            )
        )
        if done % _BATCH == 0 or done == total:
            progress(way, done, total)
    ndcg_10, recall_1, recall_100, mrr_10 = np.mean(figures, axis=0).tolist()
    return WayFigures(collection.name, way, total, ndcg_10, recall_1, recall_100, mrr_10, spent)
