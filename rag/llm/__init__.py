"""A language model's wording of an extractive answer, every sentence checked.

Order inside: align < entail < support; prompts < client < rewrite.
"""

from rag.llm.client import Exchange, configured
from rag.llm.prompts import LINE_HEAD, MARKUP, claims
from rag.llm.rewrite import alone, rewriting, sentences
from rag.llm.support import Checker, Verdict

__all__ = ["LINE_HEAD", "MARKUP", "Checker", "Exchange", "Verdict", "alone", "claims"]
__all__ += ["configured", "rewriting", "sentences"]
