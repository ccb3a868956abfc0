"""Question → answer made of source sentences. Floor 7.

Order inside: gazetteer < naming, form < core < classifier < request, window < reader, tree <
features < evidence_model < evidence, claims, draft < compose < conversation < answerer < serving.
"""

from rag.answering.answerer import Answerer
from rag.answering.naming import Named, Names
from rag.answering.serving import Opened, Opener, Serving, Steady

__all__ = ["Answerer", "Named", "Names", "Opened", "Opener", "Serving", "Steady"]
