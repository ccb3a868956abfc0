"""Question → ranked passages. Order inside: terms, ranker < search."""

from rag.index import EVERYTHING
from rag.retrieval.ranker import Ranker, trained_ranker
from rag.retrieval.search import POOL, RERANKED, Retriever
from rag.retrieval.terms import term_weights, weighted_terms

__all__ = ["EVERYTHING", "POOL", "RERANKED", "Ranker", "Retriever"]
__all__ += ["term_weights", "trained_ranker", "weighted_terms"]
