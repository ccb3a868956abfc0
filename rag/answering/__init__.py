"""Question → answer made of source sentences.

Order inside: named, vocabulary < titles, essay_places < naming < scope; form < core <
classifier < request; topic; window < reader, tree < features < evidence_model < evidence; draft,
claims, conversation < compose < answerer < serving.
"""

from rag.answering.answerer import Answerer
from rag.answering.evidence import SHARE
from rag.answering.named import Named
from rag.answering.naming import Names
from rag.answering.serving import Opened, Opener, Serving, Steady

__all__ = ["SHARE", "Answerer", "Named", "Names", "Opened", "Opener", "Serving", "Steady"]
