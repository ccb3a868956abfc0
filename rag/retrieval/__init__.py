"""Question → ranked passages. Order inside: ranker < search."""

from rag.retrieval.ranker import term_weights, trained_weights, weighted_terms
from rag.retrieval.search import POOL, Retriever

__all__ = ["POOL", "Retriever", "term_weights", "trained_weights", "weighted_terms"]
