"""Question → ranked passages. Order inside: terms, ranker < search."""

from rag.index import EVERYTHING
from rag.retrieval.ranker import trained_weights
from rag.retrieval.search import POOL, Retriever
from rag.retrieval.terms import term_weights, weighted_terms

__all__ = ["EVERYTHING", "POOL", "Retriever", "term_weights", "trained_weights", "weighted_terms"]
