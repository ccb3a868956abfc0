"""A language model's wording of an extractive answer, every sentence checked.

Order inside: align < omit < entail < support; claims and prompts < client < rewrite.
"""

from rag.llm.claims import LINE_HEAD, MARKUP, claims
from rag.llm.client import Exchange, configured
from rag.llm.rewrite import alone, rewriting, sentences
from rag.llm.support import Checker, Verdict, names

__all__ = [
    "LINE_HEAD",
    "MARKUP",
    "Checker",
    "Exchange",
    "Verdict",
    "alone",
    "claims",
    "configured",
    "names",
    "rewriting",
    "sentences",
]
