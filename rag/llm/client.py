"""A streamed chat completion from an OpenAI-compatible endpoint, or one typed failure.

Nothing is tried twice, no redirect is followed (what is sent goes to the configured endpoint and
nowhere else), and time and length are bounded for the whole answer, not for each read.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Sequence
from typing import Any, Literal, cast

from rag.errors import BadInput
from rag.llm.prompts import STOPS
from rag.settings import Settings

Failure = Literal["timeout", "lost", "refused", "status", "garbage", "empty", "endless"]
_LONGEST = 20_000  # characters of one answer, its thoughts included
_THINKING, _THOUGHT = "<think>", "</think>"


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
        raise BadInput(
            "setting llm_url must begin with http:// or https://: {llm_url!r}",
            llm_url=settings.llm_url,
        )
    if not settings.llm_model:
        raise BadInput("setting llm_url needs llm_model beside it: the model's name there")
    if not (settings.llm_key.isascii() and settings.llm_key.isprintable()):
        raise BadInput("setting llm_key holds a character that no key has: copy it again")
    if settings.llm_timeout <= 0:
        raise BadInput("setting llm_timeout must be above 0 seconds")
    try:
        import openai  # noqa: F401 (only whether it is there)
    except ImportError:
        raise BadInput(
            "llm_url is set but the client is not installed: pip install 'youju[llm]'"
        ) from None
    return True


def completion(
    messages: Sequence[dict[str, str]], settings: Settings, tokens: int
) -> Generator[str, None, None]:
    """Yield the pieces of the model's answer as they come, its thoughts left out.

    At most `tokens` are written, thoughts not counted where the server counts so.

    Not to be called from a coroutine: it runs an event loop of its own, for only so can a server
    that trickles comments for ever be held to the time limit.

    Raises:
        ModelFailed: at any point, also after pieces have been yielded.
    """
    with asyncio.Runner() as runner:
        deadline = runner.get_loop().time() + settings.llm_timeout
        raw = _pieces(messages, settings, tokens)
        pieces = _spoken(raw)
        try:
            while piece := runner.run(_within(pieces, deadline)):
                yield piece
        finally:
            runner.run(pieces.aclose())
            runner.run(raw.aclose())


async def _within(pieces: AsyncIterator[str], deadline: float) -> str:
    """Return the next piece, "" at the end; `deadline` is on the running loop's clock."""
    try:
        async with asyncio.timeout_at(deadline):
            return await anext(pieces, "")
    except TimeoutError:
        raise ModelFailed("timeout") from None


async def _pieces(
    messages: Sequence[dict[str, str]], settings: Settings, tokens: int
) -> AsyncGenerator[str, None]:
    """Yield the pieces as the endpoint sends them; foreign errors become `ModelFailed` here."""
    import openai

    client = openai.AsyncOpenAI(
        base_url=settings.llm_url,
        api_key=settings.llm_key or "none",  # else the client would take OPENAI_API_KEY and send it
        max_retries=0,
        timeout=settings.llm_timeout,
        http_client=openai.DefaultAsyncHttpxClient(follow_redirects=False),
    )
    try:
        async with client:
            stream = await client.chat.completions.create(
                model=settings.llm_model,
                messages=cast("Any", list(messages)),
                temperature=0,
                max_tokens=tokens,
                stop=list(STOPS),
                stream=True,
            )
            async with stream:
                async for piece in _contents(stream):
                    yield piece
    except openai.APITimeoutError as error:
        raise ModelFailed("timeout") from error
    except openai.APIConnectionError as error:
        raise ModelFailed("lost", str(error)) from error
    except openai.APIStatusError as error:
        raise ModelFailed("status", str(error.status_code)) from error
    except (openai.OpenAIError, ValueError) as error:  # ValueError: what came is not JSON
        raise ModelFailed("garbage", type(error).__name__) from error


async def _contents(stream: AsyncIterator[Any]) -> AsyncGenerator[str, None]:
    """Yield the text in the chunks of `stream`."""
    length, finish = 0, None
    async for chunk in stream:
        content, reason = _read(chunk)
        finish = reason or finish
        length += len(content)
        if length > _LONGEST:
            raise ModelFailed("endless")
        if content:
            yield content
    if finish is None:  # closed without saying that it was done
        raise ModelFailed("lost", "no finish_reason")
    if finish == "content_filter":
        raise ModelFailed("refused")
    if not length:
        raise ModelFailed("empty")


def _read(chunk: Any) -> tuple[str, str | None]:  # noqa: ANN401 (the client does not validate it)
    """Return the text of one chunk and why the answer ends with it, if it does."""
    choices = getattr(chunk, "choices", None)
    if not isinstance(choices, list):
        raise ModelFailed("garbage", "no choices")
    if not choices:  # some servers end with a chunk that only counts tokens
        return "", None
    delta = getattr(choices[0], "delta", None)
    content = getattr(delta, "content", None)
    if getattr(delta, "refusal", None):
        raise ModelFailed("refused")
    if not isinstance(content, str | None):
        raise ModelFailed("garbage", "content is not text")
    return content or "", getattr(choices[0], "finish_reason", None)


async def _spoken(pieces: AsyncIterator[str]) -> AsyncGenerator[str, None]:
    """Leave out the thoughts that a reasoning model puts before its answer."""
    held, begun = "", False
    async for piece in pieces:
        held += piece
        if not begun and _THINKING.startswith(held.lstrip()[: len(_THINKING)]):
            if _THOUGHT not in held:
                continue  # thinks, or may yet
            held = held.partition(_THOUGHT)[2]
        begun = True
        if held:
            yield held
        held = ""
    if held and not held.lstrip().startswith(_THINKING):
        yield held
