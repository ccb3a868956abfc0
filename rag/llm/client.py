"""A streamed chat completion from an OpenAI-compatible endpoint, or one typed failure.

Nothing is tried twice, no redirect is followed (what is sent goes to the configured endpoint and
nowhere else), and time and length are bounded for the whole answer, not for each read.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from threading import Event
from typing import Any, Literal

from rag.errors import BadInput
from rag.llm.prompts import STOPS
from rag.settings import Settings

Failure = Literal["timeout", "lost", "refused", "status", "garbage", "empty", "endless", "left"]
Counter = Literal["usage", "tokenize", "bound"]
_LONGEST = 20_000  # characters of one answer, its thoughts included
_MOST_BYTES = 10_000_000  # of one reply, all that is no answer included
_MEASURING = 5.0  # seconds for a count of tokens
_LOOK = 0.2  # seconds between two looks whether anybody still waits


class ModelFailed(Exception):
    """The model gave no usable answer. Never leaves `rag.llm`: the extractive answer stands in."""

    def __init__(self, failure: Failure, detail: object = "") -> None:
        super().__init__(f"{failure}: {detail}" if detail else failure)
        self.failure = failure


@dataclass
class Exchange:
    """What a model was sent and what it wrote, its thoughts included, and why it broke off."""

    sent: str = ""
    written: str = ""
    usage: tuple[int, int] | None = None  # tokens read and written, as the server counts them
    failure: Failure | None = None
    left: Event = field(default_factory=Event)  # set when nobody waits for it any more

    def tokens(self, settings: Settings) -> tuple[int, int, Counter]:
        """Return the tokens that were read and written, and who counts them.

        What a chat template adds is in the server's usage alone.
        """
        if self.usage:
            return *self.usage, "usage"
        texts = self.sent, self.written
        (sent, by), (written, by_too) = (token_count(text, settings) for text in texts)
        return sent, written, by if by == by_too else "bound"


def configured(settings: Settings) -> bool:
    """Return whether a model is to be used.

    Raises:
        BadInput: the settings are incomplete or wrong.
    """
    if not settings.llm_url:
        return False
    if not settings.llm_url.startswith(("http://", "https://")):
        told = "setting llm_url must begin with http:// or https://: {llm_url!r}"
        raise BadInput(told, llm_url=settings.llm_url)
    if not settings.llm_model:
        raise BadInput("setting llm_url needs llm_model beside it: the model's name there")
    if not (settings.llm_key.isascii() and settings.llm_key.isprintable()):
        raise BadInput("setting llm_key holds a character that no key has: copy it again")
    if settings.llm_timeout <= 0:
        raise BadInput("setting llm_timeout must be above 0 seconds")
    return True


def token_count(text: str, settings: Settings) -> tuple[int, Counter]:
    """Return how many tokens `text` is to the model, and who counts them.

    llama.cpp and vLLM tell; for other servers two a character are taken, which models that know
    Chinese stay under.
    """
    address = settings.llm_url.rstrip("/").removesuffix("/v1") + "/tokenize"
    body = {"model": settings.llm_model, "content": text, "prompt": text}
    soon = replace(settings, llm_timeout=min(_MEASURING, settings.llm_timeout))
    try:
        told = json.loads(b"".join(_received(address, body, soon, Event())))
        return len(told["tokens"]), "tokenize"
    except (ModelFailed, ValueError, LookupError, TypeError):
        return 2 * len(text), "bound"


def completion(
    messages: Sequence[dict[str, str]],
    settings: Settings,
    tokens: int,
    exchange: Exchange | None = None,
) -> Generator[str, None, None]:
    """Yield the pieces of the model's answer as they come, none empty, and note the `exchange`.

    At most `tokens` are written, thoughts not counted where the server counts so.

    Raises:
        ModelFailed: at any point, also after pieces have been yielded.
    """
    address = settings.llm_url.rstrip("/") + "/chat/completions"
    body = {
        "model": settings.llm_model,
        "messages": list(messages),
        "temperature": 0,
        "max_tokens": tokens,
        "stop": list(STOPS),
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    exchange = exchange or Exchange()
    exchange.sent = "\n".join(message["content"] for message in messages)
    finish, line = None, b""
    for received in _received(address, body, settings, exchange.left):
        *lines, line = (line + received).split(b"\n")
        for event in lines:
            if not event.startswith(b"data:") or b"[DONE]" in event[:13]:
                continue
            content, reason, usage = _read(event.removeprefix(b"data:"))
            finish, exchange.usage = reason or finish, usage or exchange.usage
            exchange.written += content
            if len(exchange.written) > _LONGEST:
                break
            if content:
                yield content
        if len(exchange.written) + len(line) > _LONGEST:
            raise ModelFailed("endless")
    if finish is None:  # closed without saying that it was done
        raise ModelFailed("lost", "no finish_reason")
    if finish == "content_filter":
        raise ModelFailed("refused")
    if not exchange.written:
        raise ModelFailed("empty", "only thoughts?" if finish == "length" else "")


def _received(
    address: str, body: dict[str, Any], settings: Settings, left: Event
) -> Iterator[bytes]:
    """Yield what the endpoint sends, as it comes, until the time limit or until `left` is set.

    An event loop of its own holds even a server to it that sends a byte now and then, so this is
    not to be called from a coroutine.
    """
    with asyncio.Runner() as runner:
        deadline = runner.get_loop().time() + settings.llm_timeout
        sent = _sent(address, body, settings)
        try:
            while received := runner.run(_within(sent, deadline, left)):
                yield received
        finally:
            runner.run(sent.aclose())


async def _within(sent: AsyncIterator[bytes], deadline: float, left: Event) -> bytes:
    """Return what comes next, b"" at the end; `deadline` is on the running loop's clock."""
    coming = asyncio.ensure_future(anext(sent, b""))
    try:
        async with asyncio.timeout_at(deadline):
            while not coming.done():
                if left.is_set():
                    raise ModelFailed("left")
                await asyncio.wait({coming}, timeout=_LOOK)
            return coming.result()
    except TimeoutError:
        raise ModelFailed("timeout") from None
    finally:  # what is still read is given up before `sent` is closed
        coming.cancel()
        await asyncio.wait({coming})


async def _sent(
    address: str, body: dict[str, Any], settings: Settings
) -> AsyncGenerator[bytes, None]:
    import httpx

    headers = {"Authorization": f"Bearer {settings.llm_key}"} if settings.llm_key else {}
    length = 0
    try:
        async with (
            httpx.AsyncClient(timeout=settings.llm_timeout) as client,
            client.stream("POST", address, json=body, headers=headers) as response,
        ):
            if response.status_code != 200:
                raise ModelFailed("status", response.status_code)
            async for received in response.aiter_bytes():
                length += len(received)
                if length > _MOST_BYTES:
                    raise ModelFailed("endless")
                yield received
    except httpx.TimeoutException as error:
        raise ModelFailed("timeout") from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise ModelFailed("lost", error) from error


def _read(event: bytes) -> tuple[str, str | None, tuple[int, int] | None]:
    """Return the text of one event, why the answer ends with it and what it took, if it tells."""
    try:
        told = json.loads(event)
        counts = told.get("usage") or {}
        read, written = counts.get("prompt_tokens"), counts.get("completion_tokens")
        usage = (read, written) if isinstance(read, int) and isinstance(written, int) else None
        if not told["choices"]:  # the last event of some only counts
            return "", None, usage
        choice = told["choices"][0]
        content, refusal = choice["delta"].get("content") or "", choice["delta"].get("refusal")
        reason = choice.get("finish_reason")
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise ModelFailed("garbage", error) from error
    if refusal:
        raise ModelFailed("refused")
    if not isinstance(content, str):
        raise ModelFailed("garbage", "content is not text")
    return content, reason, usage
