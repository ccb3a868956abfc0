"""A language model's wording of an extractive answer, every sentence checked. Floor 6.

Order inside: marks < claims; figures < clauses < turns < held < support; prompts; client; rewrite.
"""

from rag.llm.client import configured
from rag.llm.rewrite import rewrite, rewriting

__all__ = ["configured", "rewrite", "rewriting"]
