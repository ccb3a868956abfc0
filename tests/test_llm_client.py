"""The client over a real socket: a good stream, and every way in which an endpoint can fail."""

import itertools
import json
import socket
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress

import pytest

from rag.errors import BadInput
from rag.llm.client import Exchange, Failure, ModelFailed, completion, configured, token_count
from rag.settings import Settings
from tests.llm_server import Script, Step, chunk, serving

ASKED = [{"role": "user", "content": "问"}]
NO_CHOICES = b'data: {"id": "c"}\n\n'
COUNTED = b'data: {"id": "c", "choices": [], "usage": {}}\n\n'
ODD_TEXT = b'data: {"choices": [{"delta": {"content": {"a": 1}}}]}\n\n'
ERROR = b'data: {"error": {"message": "boom"}}\n\n'


def slowly(event: bytes) -> Iterator[bytes]:
    """Send an event for ever, at most a thousand times a second."""
    while True:
        time.sleep(0.001)
        yield event


def failure(script: Script, status: int = 200, timeout: float = 30.0) -> tuple[str, Failure]:
    """Return what came before the failure, and which it was."""
    said = ""
    with serving(script, status) as server, pytest.raises(ModelFailed) as failed:
        for piece in completion(ASKED, server.settings(timeout), 64):
            said += piece
    return said, failed.value.failure


def test_a_good_stream() -> None:
    with serving(["先选", "", "后育。", COUNTED, Step.DONE]) as server:
        assert list(completion(ASKED, server.settings(), 64)) == ["先选", "后育。"]
    (request,) = server.requests
    assert (request["model"], request["messages"], request["stream"]) == ("m", ASKED, True)
    assert server.headers[0]["authorization"] == "Bearer key-7"


@pytest.mark.parametrize(
    ("script", "said", "reason"),
    [
        (["先选"], "先选", "lost"),
        ([], "", "lost"),
        ([Step.DONE], "", "empty"),
        (["先选", b"data: {not json\n\n"], "先选", "garbage"),
        ([b"\xff\xfe\x00\n\n", b"data: \xff\xfe\n\n"], "", "garbage"),
        ([NO_CHOICES], "", "garbage"),
        ([ODD_TEXT], "", "garbage"),
        ([ERROR], "", "garbage"),
        ([b"data: 7\n\n"], "", "garbage"),
        ([b"<html>hello</html>"], "", "lost"),
        ([chunk(None, refusal="no")], "", "refused"),
        (["先选", chunk(None, "content_filter")], "先选", "refused"),
    ],
)
def test_streams_that_fail(script: Script, said: str, reason: Failure) -> None:
    assert failure(script) == (said, reason)


def test_a_model_that_only_thought_is_told_apart() -> None:
    script = [chunk(None, reasoning_content="先想"), chunk(None, "length")]
    with serving(script) as server, pytest.raises(ModelFailed, match="empty: only thoughts"):
        list(completion(ASKED, server.settings(), 64))


@pytest.mark.parametrize("status", [307, 400, 401, 429, 500, 503])
def test_a_status_is_a_failure_and_nothing_is_tried_twice(status: int) -> None:
    with serving([], status) as server, pytest.raises(ModelFailed, match=f"status: {status}"):
        list(completion(ASKED, server.settings(), 64))
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "script",
    [
        [Step.STALL],
        ["先选", Step.STALL],
        itertools.repeat(b": still here\n\n"),  # comments for ever keep every single read alive
        slowly(chunk("")),  # as fast as it can, it would reach the limit of bytes first
    ],
)
def test_the_time_limit_is_for_the_whole_answer(script: Iterable[str | bytes | Step]) -> None:
    assert failure(script, timeout=0.5)[1] == "timeout"


def test_an_endless_answer_is_bounded() -> None:
    said, reason = failure(itertools.repeat("选育" * 50))
    assert reason == "endless"
    assert 0 < len(said) <= 20_000


def test_nobody_listens() -> None:
    with serving([]) as server:
        settings = server.settings()
    with pytest.raises(ModelFailed) as failed:
        list(completion(ASKED, settings, 64))
    assert failed.value.failure == "lost"


def test_a_reader_may_stop_early() -> None:
    with serving(["先选", Step.STALL]) as server:
        pieces = completion(ASKED, server.settings(), 64)
        assert next(iter(pieces)) == "先选"
        pieces.close()


def test_a_server_that_sends_a_byte_of_its_head_now_and_then_is_held_to_the_limit() -> None:
    """Each read is short; only the time of the whole tells."""
    over = threading.Event()

    def trickle(listening: socket.socket) -> None:
        connection, _ = listening.accept()
        with connection, suppress(OSError):
            connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
            while not over.wait(0.05):
                connection.sendall(b"x")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = threading.Thread(target=trickle, args=(listening,))
        server.start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/v1"
        settings = Settings(llm_url=url, llm_model="m", llm_timeout=0.5)
        try:
            with pytest.raises(ModelFailed) as failed:
                list(completion(ASKED, settings, 64))
        finally:
            over.set()
            server.join()
    assert failed.value.failure == "timeout"


def test_tokens_are_counted_by_the_server_or_bounded() -> None:
    with serving([]) as server:
        assert token_count("先选后育先选", server.settings()) == (12, "bound")
        server.tokenizes = True
        assert token_count("先选后育先选", server.settings()) == (3, "tokenize")
    assert token_count("先选后育先选", server.settings()) == (12, "bound")  # nobody listens


def test_off_by_default_and_no_key_of_another_service_is_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert configured(Settings()) is False
    monkeypatch.setenv("OPENAI_API_KEY", "of-another-service")
    with serving(["先选", Step.DONE]) as server:
        list(completion(ASKED, Settings(llm_url=server.url, llm_model="m"), 64))
    assert "of-another-service" not in json.dumps(server.headers)


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        (Settings(llm_url="localhost:8000", llm_model="m"), "must begin with http"),
        (Settings(llm_url="http://localhost"), "needs llm_model"),
        (Settings(llm_url="http://localhost", llm_model="m", llm_timeout=0), "above 0 seconds"),
        (Settings(llm_url="http://localhost", llm_model="m", llm_key="密钥"), "copy it again"),
        (Settings(llm_url="http://localhost", llm_model="m", llm_key="a\n"), "copy it again"),
    ],
)
def test_wrong_settings_are_one_clear_line(settings: Settings, complaint: str) -> None:
    with pytest.raises(BadInput, match=complaint):
        configured(settings)


def test_the_key_is_in_no_text() -> None:
    assert "geheim" not in repr(Settings(llm_url="http://x", llm_model="m", llm_key="geheim"))


USED = b'data: {"choices": [], "usage": {"prompt_tokens": 541, "completion_tokens": 7}}\n\n'
EARLY = chunk("先选").replace(b'"choices"', b'"usage": {"prompt_tokens": 541}, "choices"')


@pytest.mark.parametrize(
    ("script", "tokenizes", "expected"),
    [
        (["先选", Step.DONE, USED], True, (541, 7, "usage")),
        (["先选", USED, Step.DONE], False, (541, 7, "usage")),
        ([EARLY, "后育。", Step.DONE], True, (3, 3, "tokenize")),  # half a usage is none
        (["<think>想</think>先选", Step.DONE], True, (3, 9, "tokenize")),
        (["先选后育。", Step.DONE], False, (12, 10, "bound")),
        (["先选", Step.STALL], True, (3, 1, "tokenize")),
    ],
)
def test_tokens_of_an_exchange_and_who_counts_them(
    script: Script, tokenizes: bool, expected: tuple[int, int, str]
) -> None:
    exchange = Exchange()
    with serving(script) as server:
        server.tokenizes = tokenizes
        settings = server.settings(1.0)
        asked = [{"role": "system", "content": "先选"}, {"role": "user", "content": "后育。"}]
        with suppress(ModelFailed):
            list(completion(asked, settings, 64, exchange))
        assert exchange.tokens(settings) == expected
    assert server.requests[0]["stream_options"] == {"include_usage": True}
