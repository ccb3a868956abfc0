"""Retrieval against a slow account of itself: every feature written out over sets of words."""

import logging
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from rag.encoding import Encoder, Vectors, load_encoder
from rag.errors import EncoderFailed
from rag.evaluation.beir import Beir, BeirDocument
from rag.evaluation.collection import write_generation
from rag.index import FolderStore, Generation
from rag.retrieval import POOL, Retriever, term_weights, trained_weights, weighted_terms
from rag.retrieval.ranker import NAMES
from rag.settings import Settings
from rag.types import Document, Essay, Filters, Outline, Paragraph, Piece
from rag.words import tokens
from tests.letters import LetterEncoder

TEXTS = {
    "甲": BeirDocument(
        "太湖县的做法", "太湖县建立人才库。每年培训干部两次。设立专项资金，奖励先进。"
    ),
    "乙": BeirDocument("怀宁县的做法", "怀宁县选派第一书记到村任职。对干部实行容错纠错。"),
    "丙": BeirDocument("", "发展集体经济，村村有产业。专项资金由财政列支；人才库由组织部管理。"),
    "丁": BeirDocument("", "天气晴朗。"),
}
COLLECTION = Beir("小集", TEXTS, {"q": "问"}, {"q": {"甲": 1}})
QUESTION = "太湖县的人才专项资金是什么？"
K1, B = Settings().k1, Settings().b


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    made = load_encoder(Settings())
    assert made is not None
    return made


def index_of(folder: Path, outlines: Sequence[Outline], encoder: Encoder | None) -> Generation:
    FolderStore(folder).publish(write_generation(folder, outlines, encoder, Settings()))
    return FolderStore(folder).open(encoder)


@pytest.fixture(scope="module")
def generation(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> Iterator[Generation]:
    """The four documents, each one passage: row i is document i."""
    opened = index_of(tmp_path_factory.mktemp("index"), COLLECTION.outlines(), encoder)
    assert opened.bm25.size == 4
    yield opened
    opened.records.close()


@pytest.fixture(scope="module")
def by_words(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Generation]:
    """The same documents in an index without vectors."""
    opened = index_of(tmp_path_factory.mktemp("index"), COLLECTION.outlines(), None)
    yield opened
    opened.records.close()


@pytest.fixture(scope="module")
def retriever(generation: Generation, encoder: Encoder) -> Retriever:
    return Retriever(generation, encoder)


def token_lists() -> list[list[str]]:
    """The tokens of each document, title and text cut apart."""
    return [[*tokens(text.title), *tokens(text.text)] for text in TEXTS.values()]


def idf(term: str) -> float:
    df = sum(term in own for own in token_lists())
    return math.log(1 + (len(TEXTS) - df + 0.5) / (df + 0.5))


def bm25(question: str) -> list[float]:
    """Each document's score, a term counting as often as it is asked times what it weighs."""
    lists = token_lists()
    mean = sum(map(len, lists)) / len(lists)
    asked = Counter(tokens(question))
    boosts = {term: count * term_weights().get(term, 1.0) for term, count in asked.items()}
    scores = []
    for own in lists:
        norm = K1 * (1 - B + B * len(own) / mean)
        tfs = {term: own.count(term) for term in boosts}
        scores.append(sum(boosts[t] * idf(t) * n / (n + norm) for t, n in tfs.items()))
    return scores


def test_features_are_what_their_names_say(retriever: Retriever, encoder: Encoder) -> None:
    pool, features = retriever.candidates(QUESTION, 10)
    assert pool.rows.tolist() == [0, 1, 2, 3]
    scores = bm25(QUESTION)
    given = [f"{text.title}\n{text.text}" if text.title else text.text for text in TEXTS.values()]
    cosines = encoder.encode_passages(given) @ encoder.encode_queries([QUESTION])[0]
    likeness = (cosines - cosines.mean()) / cosines.std()
    assert features.shape == (4, len(NAMES))
    for row, score in enumerate(scores):
        told = dict(zip(NAMES, features[row].tolist(), strict=True))
        relative = score / max(scores)  # of passage and essay alike: one passage an essay
        want = {"passage": relative, "essay": relative, "cosine": likeness[row]}
        assert told == pytest.approx(want, rel=1e-3, abs=1e-2)


def test_without_meaning_its_features_are_zero(by_words: Generation) -> None:
    pool, features = Retriever(by_words, None).candidates(QUESTION, 10)
    scores = bm25(QUESTION)
    assert pool.rows.tolist() == [row for row, score in enumerate(scores) if score > 0]
    assert (pool.cosines, pool.dense.tolist()) == (None, [])
    want = [score / max(scores) for score in scores if score > 0]
    assert features[:, 0].tolist() == pytest.approx(want, rel=1e-4)
    assert not features[:, NAMES.index("cosine")].any()


def test_what_cannot_be_compared_is_finite(retriever: Retriever, by_words: Generation) -> None:
    """One candidate, no candidate, no term: nothing is divided by zero."""
    only = Filters(essay_id=("丁#0",))
    for question in (QUESTION, "。。。", ""):
        for each in (retriever, Retriever(by_words, None)):
            for filters in (Filters(), only, Filters(essay_id=("没有",))):
                pool, features = each.candidates(question, 10, filters)
                assert np.isfinite(features).all()
                assert features.shape == (len(pool.rows), len(NAMES))


@pytest.mark.parametrize("meaning", [True, False])
def test_hits_come_in_the_order_of_the_trained_sum(
    generation: Generation, by_words: Generation, encoder: Encoder, meaning: bool
) -> None:
    retriever = Retriever(generation, encoder) if meaning else Retriever(by_words, None)
    _, features = retriever.candidates(QUESTION, POOL)
    scores = features @ trained_weights(by_meaning=meaning)
    hits = retriever.search(QUESTION, 10)
    assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))
    assert [hit.score for hit in hits] == pytest.approx(sorted(scores.tolist(), reverse=True))
    assert hits[0].passage.essay_id == "甲#0"
    assert retriever.search(QUESTION, 2) == hits[:2]


def test_term_weights_that_are_given_count(by_words: Generation) -> None:
    question = "太湖县的产业"
    (first, *_) = Retriever(by_words, None, term_weights={}).search(question, 1)
    assert first.passage.essay_id == "甲#0"
    muted = {term: 0.0 for term in [*tokens("太湖县的"), "的产"]}
    (first, *_) = Retriever(by_words, None, term_weights=muted).search(question, 1)
    assert first.passage.essay_id == "丙#0"


def test_ranks_of_the_arms_are_those_of_the_arms(
    generation: Generation, retriever: Retriever, encoder: Encoder
) -> None:
    scores = bm25(QUESTION)
    sparse = sorted((row for row in range(4) if scores[row] > 0), key=lambda row: -scores[row])
    assert generation.dense is not None
    dense = generation.dense.search(encoder.encode_queries([QUESTION])[0], 10).tolist()
    for hit in retriever.search(QUESTION, 10):
        row = "甲乙丙丁".index(hit.passage.essay_id[0])
        assert hit.sparse_rank == (sparse.index(row) + 1 if row in sparse else None)
        assert hit.dense_rank == dense.index(row) + 1


FACTS = (
    Essay("a#0", "a", title="甲县的做法", place="太湖县", author="李飞、王平", office="县委组织部",
          issue="32", date="2022-10-25", publication="组工信息"),
    Essay("b#0", "b", place="怀宁县", author="王平安", issue="3", date="2022-1"),
    Essay("c#0", "c"),
)  # fmt: skip


@pytest.fixture(scope="module")
def stated(tmp_path_factory: pytest.TempPathFactory) -> list[Retriever]:
    """Three essays of sixty passages each, that say nearly the same; with meaning and without."""
    outlines = []
    for essay in FACTS:
        paragraphs = tuple(
            Paragraph(f"{essay.essay_id}.{n}", essay.essay_id, n, "body", text, (Piece(0, n),))
            for n, text in enumerate((f"人才专项资金第{n}条。" for n in range(1, 61)), 1)
        )
        outlines.append(Outline(Document(essay.document, "", "txt", ()), (essay,), paragraphs, ()))
    folder, letters = tmp_path_factory.mktemp("stated"), LetterEncoder()
    return [
        Retriever(index_of(folder / "meaning", outlines, letters), letters),
        Retriever(index_of(folder / "words", outlines, None), None),
    ]


@pytest.mark.parametrize(
    ("filters", "essays"),
    [
        (Filters(essay_id=("b#0", "c#0")), {"b#0", "c#0"}),
        (Filters(essay_id=("c#0",)), {"c#0"}),
        (Filters(place=("太湖",)), {"a#0"}),
        (Filters(author=("王平",)), {"a#0"}),
        (Filters(date=("2022",)), {"a#0", "b#0"}),
        (Filters(date=("2022-10",), issue=("32",)), {"a#0"}),
        (Filters(date=("2022-10",), issue=("3",)), set()),
        (Filters(essay_id=("没有",)), set()),
        (Filters(place=("",)), set()),
        (Filters(office=("组织部",), essay_id=("c#0",)), set()),
    ],
)
@pytest.mark.parametrize("k", [1, 7, 100])
@pytest.mark.parametrize("question", ["人才专项资金", "饕餮"])
def test_filters_are_fail_closed(
    stated: list[Retriever], filters: Filters, essays: set[str], k: int, question: str
) -> None:
    """Whatever is asked, nothing comes from an essay that the filters do not let through."""
    for retriever in stated:
        hits = retriever.search(question, k, filters)
        assert {hit.passage.essay_id for hit in hits} <= essays
        assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))
        assert len({hit.passage.passage_id for hit in hits}) == len(hits)
        assert [hit.score for hit in hits] == sorted((h.score for h in hits), reverse=True)
        if question == "人才专项资金":
            assert len(hits) == min(k, 60 * len(essays))
            assert not essays or k < 100 or {hit.passage.essay_id for hit in hits} == essays


def test_what_is_asked_for_beside_changes_no_order(stated: list[Retriever]) -> None:
    """More than there are candidates can be asked for; they are at least `POOL`."""
    for retriever in stated:
        hits = retriever.search("人才专项资金", 500)
        assert POOL <= len(hits) <= 180
        for k in (1, 7, POOL, 170):
            assert retriever.search("人才专项资金", k) == hits[:k]


@pytest.mark.parametrize("question", ["量子计算", "。。。", "的", "👩🏽‍🌾"])
def test_words_that_no_passage_holds(
    retriever: Retriever, by_words: Generation, question: str
) -> None:
    """Meaning finds its nearest all the same; words alone find nothing."""
    hits = retriever.search(question, 3)
    assert [hit.sparse_rank for hit in hits] == [None] * 3
    assert [hit.dense_rank for hit in hits] == [1, 2, 3]
    assert Retriever(by_words, None).search(question, 3) == ()


class FaultyEncoder(LetterEncoder):
    """Fails while `down`; counts how often it is asked."""

    down = True
    asked = 0

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Fail, or count characters."""
        self.asked += 1
        if self.down:
            raise EncoderFailed("the endpoint does not answer", temporary=True)
        return super().encode_queries(texts)


def test_where_the_encoder_fails_words_answer(
    tmp_path: Path, by_words: Generation, caplog: pytest.LogCaptureFixture
) -> None:
    opened = index_of(tmp_path, COLLECTION.outlines(), LetterEncoder())
    encoder, whole = FaultyEncoder(), Retriever(opened, LetterEncoder())
    retriever = Retriever(opened, encoder)
    words = Retriever(by_words, None).search(QUESTION, 4)
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            assert retriever.search(QUESTION, 4) == words
            assert retriever.fault == "the endpoint does not answer"
    assert encoder.asked == 3  # a question that failed is tried again
    assert len(caplog.records) == 1  # and said once
    encoder.down = False
    for _ in range(3):
        assert retriever.search(QUESTION, 4) == whole.search(QUESTION, 4) != words
        assert retriever.fault is None
    assert encoder.asked == 4  # what was found out is kept
    encoder.down = True
    assert retriever.search("另一个问题：人才", 4)
    assert retriever.fault == "the endpoint does not answer"


def test_an_encoder_of_another_dimension_is_a_fault(tmp_path: Path) -> None:
    opened = index_of(tmp_path, COLLECTION.outlines(), LetterEncoder())
    retriever = Retriever(opened, LetterEncoder(dim=8))
    assert retriever.search(QUESTION, 4)
    assert retriever.fault is not None
    assert "letters gives 8 numbers a vector, the index has 16" in retriever.fault


def test_a_question_weighs_its_matter_over_its_manner() -> None:
    terms, weights = weighted_terms(tokens("太湖县的专项资金是多少？资金呢"))
    boosts = dict(zip(terms, weights.tolist(), strict=True))
    assert boosts["太湖"] > 3 * boosts["是多"]
    twice_a_word_and_twice_a_bigram = 4 * term_weights().get("资金", 1.0)
    assert boosts["资金"] == pytest.approx(twice_a_word_and_twice_a_bigram)
    assert all(0 <= weight < 1 for weight in term_weights().values())


def test_a_question_of_nothing_has_no_terms() -> None:
    terms, weights = weighted_terms([])
    assert (terms, weights.tolist()) == ((), [])
    assert weighted_terms(["太湖"], {"太湖": 0.0})[1].tolist() == [0.0]


@pytest.mark.parametrize("meaning", [True, False])
def test_the_shipped_weights_are_sound(meaning: bool) -> None:
    """Finite, words count, and meaning counts where there is some."""
    weights = dict(zip(NAMES, trained_weights(by_meaning=meaning), strict=True))
    assert np.isfinite(list(weights.values())).all()
    assert weights["passage"] > 0
    assert (weights["cosine"] > 0) == meaning


def test_passages_of_one_essay_that_are_not_neighbours(tmp_path: Path) -> None:
    """A bulletin's masthead and its last page are one essay with another between."""
    essays = (Essay("报#0", "报", "matter"), Essay("报#1", "报"))
    paragraphs = tuple(
        Paragraph(f"{owner}.{n}", owner, n, "body", f"第{n}段。党建工作。", (Piece(0, n),))
        for owner, n in (("报#0", 1), ("报#1", 1), ("报#0", 2))
    )
    made = Outline(Document("报", "", "txt", ()), essays, paragraphs, ())
    opened = index_of(tmp_path, [made], LetterEncoder())
    assert opened.records.essay_of_row.tolist() == [0, 1, 0]
    for filters, want in (
        (Filters(), ["报#0", "报#0", "报#1"]),
        (Filters(essay_id=("报#0",)), ["报#0", "报#0"]),
        (Filters(essay_id=("报#1",)), ["报#1"]),
    ):
        hits = Retriever(opened, LetterEncoder()).search("党建", 10, filters)
        assert sorted(hit.passage.essay_id for hit in hits) == want
    opened.records.close()
