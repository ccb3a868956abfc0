"""An index whose encoder is an embeddings endpoint: its builds, and questions to it."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi import Response

from rag.encoding import Encoder, load_encoder
from rag.encoding.endpoint import EndpointEncoder
from rag.errors import EncoderFailed, IndexMismatch
from rag.index import FolderStore, Manifest
from rag.pipeline import Assistant, build
from rag.retrieval import Retriever
from rag.settings import Settings
from tests.embeddings import EmbeddingServer, closed_port, one_line, rows, serving
from tests.letters import LetterEncoder


@pytest.fixture(autouse=True)
def without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tries follow each other at once."""
    monkeypatch.setattr("rag.index.build._WAITS", (0, 0, 0, 0))


@pytest.fixture
def server() -> Iterator[EmbeddingServer]:
    """An endpoint that counts characters."""
    with serving(LetterEncoder().encode_queries) as made:
        yield made


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
    one, other = (d.vectors(np.arange(d.size)) for d in dense if d)
    np.testing.assert_allclose(one, other, atol=1e-3)


def _bare(own: Encoder, text: str) -> Any:  # noqa: ANN401
    """Embed what has its prompt already."""
    if text.startswith(own.query_prompt):
        return own.encode_queries([text.removeprefix(own.query_prompt)])
    assert text.startswith(own.passage_prompt)
    return own.encode_passages([text.removeprefix(own.passage_prompt)])


@pytest.mark.parametrize("status", [503, 429, 500, 504])
def test_a_build_goes_on_past_a_busy_server(
    server: EmbeddingServer, tmp_path: Path, status: int
) -> None:
    server.replies = [Response("busy", status), Response("busy", status)]
    report = build([write(tmp_path)], tmp_path / "index", server.settings())
    manifest = current(tmp_path / "index")
    assert (manifest.by_meaning, manifest.pending, report.passages) == (True, False, 5)
    assert len(server.requests) == 3
    assert manifest.encoder is not None
    assert manifest.encoder["name"] == server.url
    assert "key-7" not in (tmp_path / "index/generations/000001/manifest.json").read_text("utf-8")


@pytest.mark.parametrize(("answer", "asked"), [(503, 5), (401, 1)])
def test_a_build_asks_again_only_what_may_answer_later(
    server: EmbeddingServer, tmp_path: Path, answer: int, asked: int
) -> None:
    server.always = Response("no", answer)
    with pytest.raises(EncoderFailed, match=f"answers {answer}") as caught:
        build([write(tmp_path)], tmp_path / "index", server.settings())
    one_line(caught.value)
    assert len(server.requests) == asked


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
