"""Question → answer made of source sentences. Floor 7.

Order inside: titles < names, everyday < kinds < question < wanted < matching < shelf <
draft, figures, years < scope < evidence, answer_types < premise, clues, defining <
sentence_ranker < refusal < facts < whole < lists < beside < comparing, matters < followup <
answerer < serving.
"""

from rag.answering.answerer import Answerer
from rag.answering.evidence import Desk
from rag.answering.matching import Matcher
from rag.answering.serving import Opened, Opener, Serving, Steady
from rag.answering.shelf import Shelf

__all__ = ["Answerer", "Desk", "Matcher", "Opened", "Opener", "Serving", "Shelf", "Steady"]
