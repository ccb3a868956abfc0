"""A language model's wording of an extractive answer, every sentence checked. Floor 6.

Order inside: marks < claims; align < omit < entail < support; prompts; client; rewrite.
"""

from rag.line import SentenceLine, line
from rag.llm.claims import Claim, ClaimReader
from rag.llm.client import configured
from rag.llm.marks import MarkParser
from rag.llm.omit import limits
from rag.llm.rewrite import rewrite, rewriting, sentences
from rag.llm.support import Checker, names

__all__ = [
    "Checker",
    "Claim",
    "ClaimReader",
    "MarkParser",
    "SentenceLine",
    "configured",
    "limits",
    "line",
    "names",
    "rewrite",
    "rewriting",
    "sentences",
]
