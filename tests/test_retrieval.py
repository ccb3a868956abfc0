"""Retrieval against a slow account of itself: every feature written out over sets of words."""

import math
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from rag.encoding import load_default
from rag.evaluation.beir import Beir, Text
from rag.index import Generation, swap, write_generation
from rag.retrieval import PLAIN, Ranker, Retriever, trained_ranker
from rag.retrieval.features import NAMES
from rag.retrieval.question import Question, term_weights
from rag.sentences import sentence_spans
from rag.settings import Settings
from rag.types import Filters
from rag.words import tokens

TEXTS = {
    "甲": Text("太湖县的做法", "太湖县建立人才库。每年培训干部两次。设立专项资金，奖励先进。"),
    "乙": Text("怀宁县的做法", "怀宁县选派第一书记到村任职。对干部实行容错纠错。"),
    "丙": Text("", "发展集体经济，村村有产业。专项资金由财政列支；人才库由组织部管理。"),
    "丁": Text("", "天气晴朗。"),
}
COLLECTION = Beir("小集", TEXTS, {"q": "问"}, {"q": {"甲": 1}})
QUESTION = "太湖县的人才专项资金是什么？"


@pytest.fixture(scope="module")
def generation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Generation]:
    """The four documents, each one passage: row i is document i."""
    index, encoder = tmp_path_factory.mktemp("index"), load_default()
    cut = COLLECTION.passages(420)
    swap(index, write_generation(index, COLLECTION.outlines(), cut, encoder, Settings()))
    opened = Generation.open(index, encoder)
    assert opened.records.size == 4
    yield opened
    opened.records.close()


@pytest.fixture(scope="module")
def retriever(generation: Generation) -> Retriever:
    return Retriever(generation, load_default(), Settings())


def share(asked: Question, *texts: str) -> float:
    """The part of the question's weight that stands in any of the texts."""
    there = {token for text in texts for token in tokens(text)}
    return sum(float(s) for t, s in zip(asked.terms, asked.shares, strict=True) if t in there)


def test_features_are_what_their_names_say(generation: Generation, retriever: Retriever) -> None:
    asked = Question.of(tokens(QUESTION), generation.idfs)
    found = retriever.candidates(QUESTION, pool=10)
    assert found.rows.tolist() == [0, 1, 2, 3]
    encoder = load_default()
    query = encoder.encode_queries([QUESTION])[0]
    bm25 = generation.sparse.scores(asked.terms, asked.boosts) / asked.mass
    for row, (features, text) in enumerate(zip(found.features, TEXTS.values(), strict=True)):
        got = dict(zip(NAMES, features.tolist(), strict=True))
        sentences = [text.text[start:end] for start, end in sentence_spans(text.text)]
        embedded = f"{text.title}\n{text.text}" if text.title else text.text
        pairs = [*pairwise(sentences)] or [(sentences[0],)]
        want = {
            "cosine": float(encoder.encode_passages([embedded])[0] @ query),
            "essay_share": share(asked, text.title, text.text),
            "passage_share": share(asked, text.title, text.text),
            "opening_share": share(asked, text.title, sentences[0]),
            "head_share": share(asked, text.title),
            "sentence_share": max(share(asked, part) for part in (text.title, *sentences)),
            "pair_share": max(share(asked, *pair) for pair in ((text.title, sentences[0]), *pairs)),
        }
        assert {name: got[name] for name in want} == pytest.approx(want, abs=1e-5)
        assert got["passage"] == pytest.approx(float(bm25[row]))
        assert got["essay"] == pytest.approx(got["passage"], rel=0.2)  # one passage an essay


def test_hits_come_in_the_order_of_the_trained_sum(retriever: Retriever) -> None:
    found = retriever.candidates(QUESTION, pool=10)
    scores = trained_ranker().scores(found.features)
    hits = retriever.search(QUESTION, 10)
    assert [hit.rank for hit in hits] == [1, 2, 3, 4]
    assert [hit.score for hit in hits] == pytest.approx(sorted(scores.tolist(), reverse=True))
    assert hits[0].passage.essay_id == "甲#0"
    assert retriever.search(QUESTION, 2) == hits[:2]


def test_ranks_of_the_arms_are_those_of_the_arms(
    generation: Generation, retriever: Retriever
) -> None:
    asked = Question.of(tokens(QUESTION), generation.idfs)
    sparse = generation.sparse.search(asked.terms, 10, boosts=asked.boosts).rows.tolist()
    query = load_default().encode_queries([QUESTION])[0]
    dense = generation.dense.search(query, 10).rows.tolist()
    rows = {
        passage.passage_id: row for row, passage in enumerate(generation.records.passages(range(4)))
    }
    for hit in retriever.search(QUESTION, 10):
        row = rows[hit.passage.passage_id]
        assert hit.sparse_rank == (sparse.index(row) + 1 if row in sparse else None)
        assert hit.dense_rank == dense.index(row) + 1


@pytest.mark.parametrize(
    ("filters", "essays"),
    [
        (Filters(essay_id=("乙#0", "丙#0")), {"乙#0", "丙#0"}),
        (Filters(essay_id=("丁#0",)), {"丁#0"}),
        (Filters(essay_id=("没有",)), set()),
        (Filters(place=("太湖县",)), set()),  # no essay states a place
    ],
)
def test_filters_are_fail_closed(retriever: Retriever, filters: Filters, essays: set[str]) -> None:
    hits = retriever.search(QUESTION, 10, filters)
    assert {hit.passage.essay_id for hit in hits} == essays
    assert [hit.rank for hit in hits] == list(range(1, len(essays) + 1))


@pytest.mark.parametrize("question", ["量子计算", "。。。", "的", "👩🏽‍🌾"])
def test_words_that_no_passage_holds_are_found_by_meaning_alone(
    retriever: Retriever, question: str
) -> None:
    hits = retriever.search(question, 3)
    assert [hit.sparse_rank for hit in hits] == [None] * 3


def test_refuses_k_of_zero(retriever: Retriever) -> None:
    with pytest.raises(ValueError, match="k must be at least 1"):
        retriever.search(QUESTION, 0)


def test_a_question_weighs_its_matter_over_its_manner(generation: Generation) -> None:
    asked = Question.of(tokens("太湖县的专项资金是多少？资金呢"), generation.idfs)
    weights = dict(zip(asked.terms, asked.shares.tolist(), strict=True))
    assert sum(weights.values()) == pytest.approx(1)
    assert weights["太湖"] > 3 * weights["是多"]
    boosts = dict(zip(asked.terms, asked.boosts.tolist(), strict=True))
    assert boosts["资金"] == 4 * term_weights().get("资金", 1.0)  # twice as word, as bigram
    idf = [generation.idf(term) for term in asked.terms]
    assert asked.mass == pytest.approx(float(np.array(idf) @ asked.boosts), rel=1e-5)


def test_the_shipped_weights_are_sound() -> None:
    assert all(0 <= weight < 1 for weight in term_weights().values())
    one = np.eye(len(NAMES), dtype=np.float32)
    weights = trained_ranker().scores(one)
    assert np.isfinite(weights).all()
    assert (weights >= 0).all()
    assert weights.sum() > 0


def test_a_ranker_is_a_weighted_sum() -> None:
    ranker = Ranker({"essay": 2.0, "cosine": 0.5})
    row = np.arange(1, len(NAMES) + 1, dtype=np.float32)[np.newaxis, :]
    assert ranker.scores(row).tolist() == [2.0 * 1 + 0.5 * 3]
    assert math.isclose(PLAIN.scores(np.eye(len(NAMES), dtype=np.float32))[0], 1.0)


def test_passages_of_one_essay_that_are_not_neighbours(tmp_path: Path) -> None:
    """A bulletin's masthead and its last page are one essay with others between."""
    texts = {str(i): Text("", f"第{i}篇。党建工作。") for i in range(3)}
    collection = Beir("x", texts, {"q": "党建"}, {"q": {"0": 1}})
    cut = [*collection.passages(420)]
    mixed = [cut[1], cut[0], cut[2], replace(cut[1], passage_id="1#0.1:again")]
    encoder = load_default()
    swap(tmp_path, write_generation(tmp_path, collection.outlines(), mixed, encoder, Settings()))
    opened = Generation.open(tmp_path, encoder)
    assert opened.records.essay_of_row.tolist() == [1, 0, 2, 1]
    assert opened.records.first_row.tolist() == [1, 0, 2]
    hits = Retriever(opened, encoder, Settings()).search("党建", 10)
    assert sorted(hit.passage.essay_id for hit in hits) == ["0#0", "1#0", "1#0", "2#0"]
    opened.records.close()
