"""An embeddings endpoint over real HTTP: what it is asked, and what becomes of its answers."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from fastapi import Response

from rag.encoding.endpoint import EndpointEncoder
from rag.errors import EncoderFailed
from rag.settings import Settings
from tests.embeddings import EmbeddingServer, closed_port, one_line, reply, rows, serving
from tests.letters import LetterEncoder

TEXTS = ["干部人才", "人才", "好😀", "", "第\n二行"]


@pytest.fixture
def server() -> Iterator[EmbeddingServer]:
    """An endpoint that counts characters; its vectors are three times as long as unit ones."""
    with serving(lambda texts: 3 * LetterEncoder().encode_queries(texts)) as made:
        yield made


def test_the_vectors_are_the_servers_at_length_1(server: EmbeddingServer) -> None:
    encoder, letters = EndpointEncoder(server.settings()), LetterEncoder()
    for got, want in (
        (encoder.encode_passages(TEXTS), letters.encode_queries(TEXTS)),
        (encoder.encode_queries(TEXTS[:1]), letters.encode_queries(TEXTS[:1])),
    ):
        assert got.dtype == np.float32
        np.testing.assert_allclose(got, want, atol=1e-6)
        np.testing.assert_allclose(np.linalg.norm(got, axis=1), 1, atol=1e-6)


def test_prompts_stand_before_the_texts(server: EmbeddingServer) -> None:
    encoder = EndpointEncoder(server.settings(query_prompt="问：", passage_prompt="文："))
    encoder.encode_queries(["人才"])
    encoder.encode_passages(["人才", "干部"])
    assert [request["input"] for request in server.requests] == [
        ["问：人才"],
        ["文：人才", "文：干部"],
    ]


@pytest.mark.parametrize("key", ["key-7", ""])
def test_the_key_is_sent_as_others_send_theirs(server: EmbeddingServer, key: str) -> None:
    settings = replace(server.settings(), encoder_key=key)
    EndpointEncoder(settings).encode_queries(["人才"])
    assert server.requests == [{"model": "letters", "input": ["人才"]}]
    want = f"Bearer {key}" if key else None
    assert server.headers[0].get("authorization") == want
    assert "key-7" not in repr(settings)


@pytest.mark.parametrize("questions", [True, False])
def test_many_texts_go_in_batches_and_keep_their_order(
    server: EmbeddingServer, questions: bool
) -> None:
    """Servers limit how many texts a request may have, of questions as of passages."""
    encoder, texts = EndpointEncoder(server.settings(batch_size=3)), [f"第{n}条" for n in range(50)]
    got = (encoder.encode_queries if questions else encoder.encode_passages)(texts)
    np.testing.assert_allclose(got, LetterEncoder().encode_queries(texts), atol=1e-6)
    assert max(len(request["input"]) for request in server.requests) == 3
    assert sorted(text for request in server.requests for text in request["input"]) == sorted(texts)


def test_the_fingerprint_is_of_the_model_and_its_prompts(server: EmbeddingServer) -> None:
    """Not of the address: the same model may move to another machine."""
    settings = server.settings()
    changes: list[dict[str, Any]] = [
        {"encoder": closed_port()}, {"encoder_key": ""}, {"encoder_model": "other"},
        {"query_prompt": "问"}, {"passage_prompt": "问"},
    ]  # fmt: skip
    first = EndpointEncoder(settings).fingerprint
    marks = [EndpointEncoder(replace(settings, **change)).fingerprint for change in changes]
    assert [mark == first for mark in marks] == [True, True, False, False, False]
    assert len(set(marks)) == 4


@pytest.mark.parametrize("status", [503, 429, 500, 504])
def test_a_busy_server_may_answer_later(server: EmbeddingServer, status: int) -> None:
    """Who waits for an answer is told at once; a build asks again."""
    server.always = Response("busy", status)
    encoder = EndpointEncoder(server.settings())
    for ask in (encoder.encode_queries, encoder.encode_passages):
        server.requests.clear()
        with pytest.raises(EncoderFailed, match=f"{server.url}/embeddings answers {status}") as it:
            ask(["人才"])
        assert (len(server.requests), it.value.temporary) == (1, True)
        one_line(it.value)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 422, 307])
def test_what_will_not_change(server: EmbeddingServer, status: int) -> None:
    """A wrong key or model; and no key is sent to where the answer leads."""
    headers = {"location": f"{server.url}/elsewhere"} if status == 307 else {}
    server.always = Response("no", status, headers)
    with pytest.raises(EncoderFailed, match=f"answers {status}: check `encoder_model`") as caught:
        EndpointEncoder(server.settings()).encode_passages(TEXTS)
    assert (len(server.requests), caught.value.temporary) == (1, False)
    one_line(caught.value)


def test_nobody_there_is_one_line() -> None:
    url = closed_port()
    encoder = EndpointEncoder(Settings(encoder=url))
    for ask in (encoder.encode_queries, encoder.encode_passages):
        with pytest.raises(EncoderFailed) as caught:
            ask(["人才"])
        assert caught.value.temporary
        assert one_line(caught.value) == (
            f"the embeddings endpoint {url}/embeddings does not answer (ConnectError): start it,"
            " or set another `encoder`"
        )


def test_a_server_that_is_too_slow(server: EmbeddingServer) -> None:
    server.stalls = True
    encoder = EndpointEncoder(server.settings(encoder_timeout=0.2))
    with pytest.raises(EncoderFailed, match=r"does not answer \(ReadTimeout\)") as caught:
        encoder.encode_queries(["人才"])
    assert caught.value.temporary
    one_line(caught.value)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (rows([1.0, float("nan")], [1.0, 0.0]), "gave a vector that is not finite"),
        (rows([1.0, 0.0], [float("inf"), 0.0]), "gave a vector that is not finite"),
        (rows([1.0, 0.0], [1.0, None]), "not finite"),
        (rows([1.0, 0.0], [1.0, 0.0, 0.0]), "gave no vectors"),
        (rows([[1.0]], [[1.0]]), "gave an array of shape"),
        (rows("AAAA", "AAAA"), "gave no vectors"),
        (rows([], []), "gave an array of shape"),
        (rows([10**400], [1]), "gave no vectors"),
        (rows([1.0, 0.0]), "gave 1 vectors for 2"),
        (rows(), "gave 0 vectors for 2"),
        (rows([1.0], [1.0], [1.0]), "gave 3 vectors for 2"),
        (Response("<html>你好</html>", media_type="text/html"), "something else than vectors"),
        (Response(b"\xff\xfe\x00"), "something else than vectors"),
        (Response(b""), "something else than vectors"),
        (reply([]), "something else than vectors"),
        (reply({"error": "no"}), "something else than vectors"),
        (reply({"data": None}), "something else than vectors"),
        (reply({"data": [1, 2]}), "something else than vectors"),
        (reply({"data": [{"embedding": [1.0]}] * 2}), "something else than vectors"),
        (reply({"embeddings": [[1.0], [1.0]]}), "something else than vectors"),
    ],
)
def test_what_are_no_vectors_is_told_in_one_line(
    server: EmbeddingServer, answer: Response, said: str
) -> None:
    server.always = answer
    encoder = EndpointEncoder(server.settings())
    for ask in (encoder.encode_queries, encoder.encode_passages):
        server.requests.clear()
        with pytest.raises(EncoderFailed, match=said) as caught:
            ask(["人才", "干部"])
        assert one_line(caught.value).startswith(f"the embeddings endpoint {server.url}/embeddings")
        assert (len(server.requests), caught.value.temporary) == (1, False)


def test_a_vector_of_zeros_is_a_vector(server: EmbeddingServer) -> None:
    server.always = rows([0.0, 0.0], [0.0, 2.0])
    got = EndpointEncoder(server.settings()).encode_passages(["", "人才"])
    np.testing.assert_allclose(np.linalg.norm(got, axis=1), 1)
    assert got[1].tolist() == [0, 1]
