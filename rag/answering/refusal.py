"""Why there is no answer. A composer raises `Refused`; the answerer adds the nearest passage."""


class Refused(Exception):
    """The corpus does not hold what was asked, or the question asks for nothing."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
