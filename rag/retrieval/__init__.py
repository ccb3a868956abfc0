"""Question → ranked passages. Floor 6. Order inside: question < features < ranker < search."""

from rag.index.store import EVERYTHING
from rag.retrieval.ranker import PLAIN, Ranker, trained_ranker
from rag.retrieval.search import POOL, RERANKED, Retriever

__all__ = ["EVERYTHING", "PLAIN", "POOL", "RERANKED", "Ranker", "Retriever", "trained_ranker"]
