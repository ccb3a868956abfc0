"""A streamed chat completion from an OpenAI-compatible endpoint, or one typed failure.

Nothing is tried twice, no redirect is followed (what is sent goes to the configured endpoint and
nowhere else), and time and length are bounded for the whole answer, not for each read.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any, Literal

from rag.errors import BadInput
from rag.settings import Settings

Failure = Literal["timeout", "lost", "refused", "status", "garbage", "empty", "endless"]
_LONGEST = 20_000  # characters of one answer, its thoughts included
_THINKING, _THOUGHT = "<think>", "</think>"

_log = logging.getLogger(__name__)


class ModelFailed(Exception):
    """The model gave no usable answer. Never leaves `rag.llm`: the extractive answer stands in."""

    def __init__(self, failure: Failure, detail: str = "") -> None:
        super().__init__(f"{failure}: {detail}" if detail else failure)
        self.failure = failure


def configured(settings: Settings) -> bool:
    """Return whether a model is to be used.

    Raises:
        BadInput: the settings are incomplete or wrong, or the client is not installed.
    """
    if not settings.llm_url:
        return False
    if not settings.llm_url.startswith(("http://", "https://")):
        raise BadInput(f"setting llm_url must begin with http:// or https://: {settings.llm_url!r}")
    if not settings.llm_model:
        raise BadInput("setting llm_url needs llm_model beside it: the model's name there")
    if settings.llm_timeout <= 0:
        raise BadInput("setting llm_timeout must be above 0 seconds")
    try:
        import openai  # noqa: F401 (only whether it is there)
    except ImportError:
        raise BadInput(
            "llm_url is set but the client is not installed: pip install 'youju[llm]'"
        ) from None
    return True


def completion(messages: Sequence[dict[str, str]], settings: Settings) -> Iterator[str]:
    """Yield the pieces of the model's answer as they come, its thoughts left out.

    Not to be called from a coroutine: it runs an event loop of its own, for only so can a server
    that trickles comments for ever be held to the time limit.

    Raises:
        ModelFailed: at any point, also after pieces have been yielded.
    """
    loop = asyncio.new_event_loop()
    pieces = _bounded(_pieces(messages, settings))
    deadline = loop.time() + settings.llm_timeout
    try:
        while True:
            try:
                piece = loop.run_until_complete(_within(pieces, deadline))
            except StopAsyncIteration:
                return
            yield piece
    finally:
        loop.run_until_complete(pieces.aclose())
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
