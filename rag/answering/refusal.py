"""Why there is no answer. A composer raises `Refused`; the answerer shows reason and nearest."""

from rag.answering.shelf import Sentence


class Refused(Exception):
    """The corpus does not hold what was asked, or the question asks for nothing."""

    def __init__(self, reason: str, nearest: Sentence | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.nearest = nearest
