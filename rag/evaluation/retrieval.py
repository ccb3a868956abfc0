"""How well each way to retrieve does on a BEIR folder, and how long it takes.

Documents are judged, passages are retrieved: a document stands where its best passage stands.
"""

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from rag.encoding import Encoder
from rag.evaluation.beir import Beir
from rag.evaluation.measures import ndcg, recall, reciprocal_rank
from rag.index import Generation, Progress, swap, write_generation
from rag.index.found import best
from rag.retrieval import PLAIN, POOL, Ranker, Retriever, trained_ranker
from rag.settings import Settings

_DEPTH = 100  # documents of a ranking that are judged
_BATCH = 50  # questions between two reports of progress


@dataclass(frozen=True, slots=True)
class Row:
    """Means over the questions of one set, for one way to retrieve."""

    dataset: str
    way: str  # "sparse", "dense", "hybrid" or "hybrid + ranker"
    questions: int
    ndcg_10: float
    recall_1: float
    recall_100: float
    mrr_10: float
    seconds: float  # for all questions, one after the other


def evaluate(
    folder: Path,
    encoder: Encoder,
    settings: Settings,
    progress: Progress = lambda step, done, total: None,
) -> tuple[Row, ...]:
    """Index a BEIR folder in a temporary place and measure every way on it.

    Raises:
        BadInput: the folder cannot be used.
    """
    collection = Beir.load(folder)
    with tempfile.TemporaryDirectory() as place:
        index = Path(place)
        cut = collection.passages(settings.window)
        swap(
            index,
            write_generation(index, collection.outlines(), cut, encoder, settings, progress),
        )
        generation = Generation.open(index, encoder)
        rows = tuple(
            _measure(collection, way, rank, progress)
            for way, rank in _ways(generation, encoder, settings).items()
        )
        generation.records.close()
    return rows


def table(rows: Sequence[Row]) -> str:
    """The rows as a Markdown table."""
    head = "| set | way | questions | nDCG@10 | R@1 | R@100 | MRR@10 | ms a question |"
    lines = [head, "|---|---|--:|--:|--:|--:|--:|--:|"]
    for row in rows:
        figures = (row.ndcg_10, row.recall_1, row.recall_100, row.mrr_10)
        shown = " | ".join(f"{figure:.4f}" for figure in figures)
        took = 1000 * row.seconds / row.questions
        lines.append(f"| {row.dataset} | {row.way} | {row.questions} | {shown} | {took:.1f} |")
    return "\n".join(lines)


def as_json(rows: Sequence[Row]) -> list[dict[str, str | int | float]]:
    """The rows as JSON objects."""
    return [asdict(row) for row in rows]


Rank = Callable[[str], Iterator[str]]
"""Question → document ids, best first; an id may come again."""


def _ways(generation: Generation, encoder: Encoder, settings: Settings) -> dict[str, Rank]:
    documents = [essay.document for essay in generation.records.essays()]
    essay_of = generation.records.essay_of_row

    def sparse(question: str) -> Iterator[str]:
        found = generation.essays.search(generation.tokenizer.tokens(question), _DEPTH)
        return (documents[row] for row in found.rows.tolist())

    def dense(question: str) -> Iterator[str]:
        query = encoder.encode_queries([question])[0]
        rows = generation.dense.search(query, 10 * _DEPTH).rows
        return (documents[row] for row in essay_of[rows].tolist())

    def ranked(ranker: Ranker) -> Rank:
        retriever = Retriever(generation, encoder, settings, ranker)

        def rank(question: str) -> Iterator[str]:
            found = retriever.candidates(question, POOL)
            ranking = best(found.rows, ranker.scores(found.features), max(1, len(found.rows)))
            return (documents[essay] for essay in essay_of[ranking.rows].tolist())

        return rank

    return {
        "sparse": sparse,
        "dense": dense,
        "hybrid": ranked(PLAIN),
        "hybrid + ranker": ranked(trained_ranker()),
    }


def _measure(collection: Beir, way: str, rank: Rank, progress: Progress) -> Row:
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
    return Row(collection.name, way, total, ndcg_10, recall_1, recall_100, mrr_10, spent)
