"""Measures on judged collections. Floor 9. Order inside: measures < beir < retrieval.

`evaluate` runs every way to retrieve on a BEIR folder; `table` and `as_json` show its rows.
"""

from rag.evaluation.beir import Beir
from rag.evaluation.measures import ndcg, recall, reciprocal_rank
from rag.evaluation.retrieval import Row, as_json, evaluate, table

__all__ = ["Beir", "Row", "as_json", "evaluate", "ndcg", "recall", "reciprocal_rank", "table"]
