"""An embeddings endpoint over real HTTP: its vectors, its failures, and what becomes of a build."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool

from rag.encoding import Encoder, endpoint, load_encoder
from rag.encoding.endpoint import EndpointEncoder
from rag.errors import EncoderFailed, IndexMismatch
from rag.index import FolderStore, Manifest
from rag.pipeline import Assistant, build
from rag.retrieval import Retriever
from rag.settings import Settings
from tests.test_index_generation import LetterEncoder

Rows = list[list[float]]
TEXTS = ["干部人才", "人才", "好😀", "", "第\n二行"]


class EmbeddingServer:
    """What the endpoint was asked, and what it answers: vectors, unless `replies` say otherwise."""

    def __init__(self, embed: Callable[[Sequence[str]], Any]) -> None:
        self.embed = embed
        self.replies: list[Response] = []  # come first, one a request
        self.always: Response | None = None  # comes instead of vectors
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.over = threading.Event()
        self.stalls = False
        self.url = ""

    def answer(self, asked: dict[str, Any]) -> Response:
        """One answer; the vectors come in another order than the texts."""
        if self.stalls:
            self.over.wait()
        if self.replies:
            return self.replies.pop(0)
        if self.always is not None:
            return self.always
        rows = [[float(x) for x in row] for row in self.embed(asked["input"])]
        data = [{"index": n, "embedding": row} for n, row in enumerate(rows)]
        return reply({"object": "list", "model": asked["model"], "data": data[::-1]})

    def settings(self, **more: Any) -> Settings:  # noqa: ANN401 (any setting)
        """Settings that name this endpoint."""
        return Settings(encoder=self.url, encoder_model="letters", encoder_key="key-7", **more)


def reply(content: object, status: int = 200) -> Response:
    """An answer of JSON; NaN and endless numbers are written as Python does."""
    return Response(json.dumps(content), status, media_type="application/json")


@contextmanager
def serving(embed: Callable[[Sequence[str]], Any]) -> Iterator[EmbeddingServer]:
    """Serve at a free port of this machine."""
    server, app = EmbeddingServer(embed), FastAPI()

    @app.post("/v1/embeddings")
    async def embeddings(request: Request) -> Response:
        asked = await request.json()
        server.requests.append(asked)
        server.headers.append(dict(request.headers))
        answer = await run_in_threadpool(server.answer, asked)
        answer.headers["connection"] = "close"  # so that no test leaves a connection open
        return answer

    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    server.url = f"http://127.0.0.1:{listening.getsockname()[1]}/v1"
    running = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off", ws="none"))
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        while not running.started:
            time.sleep(0.01)
        yield server
    finally:
        server.over.set()
        running.should_exit = True
        thread.join()
        listening.close()


@pytest.fixture(autouse=True)
def without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tries follow each other at once."""
    monkeypatch.setattr(endpoint, "_WAIT", 0)


@pytest.fixture
def server() -> Iterator[EmbeddingServer]:
    """An endpoint that counts characters; its vectors are three times as long as unit ones."""
    with serving(lambda texts: 3 * LetterEncoder().encode_queries(texts)) as made:
        yield made


def closed_port() -> str:
    """An address where nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}/v1"


def one_line(error: BaseException) -> str:
    assert "\n" not in str(error)
    assert "key-7" not in str(error)
    return str(error)


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


def test_the_default_encoder_behind_an_endpoint_makes_the_same_index(tmp_path: Path) -> None:
    """As an office would run it on a larger machine: the server gets texts with their prompts."""
    own = load_encoder(Settings())
    assert own is not None
    prompts = {"query_prompt": own.query_prompt, "passage_prompt": own.passage_prompt}

    def embed(texts: Sequence[str]) -> Any:  # noqa: ANN401
        return np.concatenate([_bare(own, text) for text in texts])

    corpus = write(tmp_path)
    build([corpus], tmp_path / "own", Settings())
    here = Assistant.open(tmp_path / "own", Settings())
    with serving(embed) as server:
        settings = server.settings(**prompts)
        build([corpus], tmp_path / "far", settings)
        there = Assistant.open(tmp_path / "far", settings)
        for question in ("谁设立了专窗", "选派第一书记", "量子"):
            ours, theirs = here.search(question), there.search(question)
            assert [hit.passage for hit in theirs] == [hit.passage for hit in ours]
            scores = [[hit.score for hit in hits] for hits in (ours, theirs)]
            assert scores[1] == pytest.approx(scores[0], abs=1e-2)
    dense = [FolderStore(tmp_path / "own").open(own).dense]
    dense.append(FolderStore(tmp_path / "far").open(EndpointEncoder(settings)).dense)
    one, other = ([d.vector(row) for row in range(d.size)] for d in dense if d)
    np.testing.assert_allclose(one, other, atol=1e-3)


def _bare(own: Encoder, text: str) -> Any:  # noqa: ANN401
    """Embed what has its prompt already."""
    if text.startswith(own.query_prompt):
        return own.encode_queries([text.removeprefix(own.query_prompt)])
    assert text.startswith(own.passage_prompt)
    return own.encode_passages([text.removeprefix(own.passage_prompt)])


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


def test_a_busy_server_is_asked_again_for_passages(server: EmbeddingServer) -> None:
    for status in (503, 429, 500, 504):
        server.requests.clear()
        server.replies = [Response("busy", status), Response("busy", status)]
        got = EndpointEncoder(server.settings()).encode_passages(TEXTS)
        np.testing.assert_allclose(got, LetterEncoder().encode_queries(TEXTS), atol=1e-6)
        assert len(server.requests) == 3


def test_a_server_that_stays_busy_is_given_up(server: EmbeddingServer) -> None:
    server.always = Response("busy", 503)
    with pytest.raises(EncoderFailed, match=f"{server.url}/embeddings answers 503") as caught:
        EndpointEncoder(server.settings()).encode_passages(TEXTS)
    assert (len(server.requests), caught.value.temporary) == (5, True)
    one_line(caught.value)


def test_a_question_is_asked_once(server: EmbeddingServer) -> None:
    server.always = Response("busy", 503)
    with pytest.raises(EncoderFailed, match="answers 503") as caught:
        EndpointEncoder(server.settings()).encode_queries(["人才"])
    assert (len(server.requests), caught.value.temporary) == (1, True)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 422, 307])
def test_what_will_not_change_is_not_tried_again(server: EmbeddingServer, status: int) -> None:
    """A wrong key or model; nor is a key sent to where the answer leads."""
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


def rows(*embeddings: object) -> Response:
    return reply({"data": [{"index": n, "embedding": row} for n, row in enumerate(embeddings)]})


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


def write(folder: Path, more: str = "") -> Path:
    corpus = folder / "corpus"
    corpus.mkdir(exist_ok=True)
    (corpus / "甲.txt").write_text(
        "太湖县的人才工作\n\n一、抓引进。设立人才专项资金。\n\n二、抓服务。设立人才专窗。\n",
        "utf-8",
    )
    (corpus / "乙.txt").write_text(f"望江县的党建\n\n一、抓基层。选派第一书记。{more}\n", "utf-8")
    return corpus


def current(index: Path) -> Manifest:
    store = FolderStore(index)
    return Manifest.load(store.folder(store.current()))


def test_a_build_goes_on_past_a_busy_server(server: EmbeddingServer, tmp_path: Path) -> None:
    server.replies = [Response("busy", 503), Response("busy", 503)]
    report = build([write(tmp_path)], tmp_path / "index", server.settings())
    manifest = current(tmp_path / "index")
    assert (manifest.by_meaning, manifest.pending, report.passages) == (True, False, 5)
    assert len(server.requests) == 3
    assert manifest.encoder is not None
    assert manifest.encoder.name == server.url
    assert "key-7" not in (tmp_path / "index/generations/000001/manifest.json").read_text("utf-8")


def test_a_build_that_is_left_alone_loses_nothing(
    server: EmbeddingServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Down in the middle: the old index serves, and the next build asks for the rest alone."""
    monkeypatch.setattr("rag.index.build._BATCH", 1)
    corpus, index = write(tmp_path), tmp_path / "index"
    build([corpus], index, server.settings())
    before = current(index)
    (corpus / "丙.txt").write_text("岳西县的茶叶\n\n一、抓茶园。二、抓市场。\n", "utf-8")
    server.requests.clear()
    server.replies = [rows(LetterEncoder().encode_queries(["一"])[0].tolist())]
    server.always = Response("gone", 503)
    with pytest.raises(EncoderFailed, match="answers 503") as caught:
        build([corpus], index, server.settings())
    one_line(caught.value)
    (first,), asked = server.requests[0]["input"], len(server.requests)
    assert asked == 1 + 5
    assert (FolderStore(index).current(), current(index)) == ("000001", before)
    server.always = None
    server.requests.clear()
    build([corpus], index, server.settings())
    again = [text for request in server.requests for text in request["input"]]
    assert again
    assert first not in again
    assert all("岳西" in text for text in again)
    assert current(index).by_meaning


def test_a_first_build_without_its_endpoint_answers_by_words(tmp_path: Path) -> None:
    settings = Settings(encoder=closed_port())
    with pytest.raises(EncoderFailed, match="does not answer"):
        build([write(tmp_path)], tmp_path / "index", settings)
    assert current(tmp_path / "index").pending
    hits = Assistant.open(tmp_path / "index", settings).search("选派第一书记")
    assert "第一书记" in hits[0].passage.text


@pytest.mark.parametrize("content", [rows([float("nan")]), rows([1.0], [1.0]), Response("<html>")])
def test_a_build_stops_at_what_are_no_vectors(
    server: EmbeddingServer, tmp_path: Path, content: Response
) -> None:
    server.always = content
    with pytest.raises(EncoderFailed) as caught:
        build([write(tmp_path)], tmp_path / "index", server.settings())
    one_line(caught.value)
    server.always = None
    build([write(tmp_path)], tmp_path / "index", server.settings())  # nothing of it was kept
    assert current(tmp_path / "index").dim == 16


def test_another_dimension_than_before_stops_a_build(
    server: EmbeddingServer, tmp_path: Path
) -> None:
    build([write(tmp_path)], tmp_path / "index", server.settings())
    server.embed = LetterEncoder(dim=8).encode_queries
    corpus = write(tmp_path, "任职两年。")
    with pytest.raises(EncoderFailed, match="another dimension than before: build with --anew"):
        build([corpus], tmp_path / "index", server.settings())
    assert (FolderStore(tmp_path / "index").current(), current(tmp_path / "index").dim) == (
        "000001", 16,
    )  # fmt: skip
    build([corpus], tmp_path / "index", server.settings(), anew=True)
    assert current(tmp_path / "index").dim == 8


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        (Response("gone", 503), "answers 503"),
        (Response("<html>"), "something else than vectors"),
        (rows([float("nan")] * 16), "not finite"),
        (rows([1.0, 0.0]), "gives 2 numbers a vector, the index has 16: run `rag build` again"),
    ],
)
def test_a_question_is_answered_by_words_and_says_so(
    server: EmbeddingServer, tmp_path: Path, trouble: Response, said: str
) -> None:
    settings = server.settings()
    build([write(tmp_path)], tmp_path / "index", settings)
    encoder = EndpointEncoder(settings)
    generation = FolderStore(tmp_path / "index").open(encoder)
    retriever = Retriever(generation, encoder)
    whole = retriever.search("选派第一书记", 5)
    assert (retriever.fault, whole[0].dense_rank is None) == (None, False)
    server.always = trouble
    hits = retriever.search("选派第一书记？", 5)
    assert retriever.fault is not None
    assert said in retriever.fault
    assert "\n" not in retriever.fault
    assert "第一书记" in hits[0].passage.text
    assert {hit.dense_rank for hit in hits} == {None}
    server.always = None
    again = retriever.search("选派第一书记？", 5)
    want = Retriever(generation, LetterEncoder()).search("选派第一书记？", 5)
    assert [hit.passage for hit in again] == [hit.passage for hit in want]
    assert not retriever.fault
    assert again[0].dense_rank is not None


def test_an_index_of_another_model_is_refused_with_both_names(
    server: EmbeddingServer, tmp_path: Path
) -> None:
    settings = server.settings()
    build([write(tmp_path)], tmp_path / "index", settings)
    with pytest.raises(IndexMismatch, match=r"now it is default .*set `encoder` back") as caught:
        Assistant.open(tmp_path / "index", Settings())
    assert server.url in one_line(caught.value)
    with pytest.raises(IndexMismatch):
        Assistant.open(tmp_path / "index", replace(settings, encoder_model="other"))
