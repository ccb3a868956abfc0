"""An answer kept in a history as the chat keeps it: asked, then finished."""

import secrets

from rag.history import History, Turn
from rag.types import Answer, Filters


def keep(
    history: History, user: str, conversation: str | None, answer: Answer, filters: Filters
) -> Turn:
    """Keep a question with its answer; None begins a conversation."""
    of, answer_id = conversation or secrets.token_urlsafe(9), secrets.token_urlsafe(9)
    history.ask(user, of, answer_id, answer.question, filters)
    history.finish(answer_id, answer)
    return history.turn(user, answer_id)
