"""A cross-encoder that is set puts the best candidates in its own order; the others stay behind."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sentence_transformers import CrossEncoder
from transformers import BertConfig, BertForSequenceClassification

from rag.encoding import load_reranker
from rag.evaluation.beir import Beir, BeirDocument
from rag.index import FolderStore, Generation, write_generation
from rag.pipeline import Assistant
from rag.retrieval import RERANKED, Retriever
from rag.settings import Settings
from tests.test_encoding_transformer import CONFIG, save_bert
from tests.test_index_generation import LetterEncoder

QUESTION = "人才干部"
LETTERS = LetterEncoder()
SIGNS = "干部人才问题文"
TEXTS = {
    str(i): BeirDocument(
        f"第{i}文" if i % 3 else "", f"干部人才{SIGNS[i % 7]}{SIGNS[i % 5]}{'问' * (i % 4)}。"
    )
    for i in range(60)
}


@pytest.fixture(scope="module")
def cross_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("reranker")
    save_bert(folder, BertForSequenceClassification(BertConfig(**CONFIG, num_labels=1)))
    return folder


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("index")
    collection = Beir("x", TEXTS, {}, {})
    made = write_generation(folder, collection.outlines(), LETTERS, Settings())
    FolderStore(folder).publish(made)
    return folder


@pytest.fixture(scope="module")
def generation(index: Path) -> Iterator[Generation]:
    opened = Generation.open(index, LETTERS)
    yield opened
    opened.records.close()


def test_the_first_come_in_the_order_of_the_cross_encoder(
    generation: Generation, cross_encoder: Path
) -> None:
    settings = Settings(reranker=str(cross_encoder), device="cpu")
    plain = Retriever(generation, LETTERS)
    reranking = Retriever(generation, LETTERS, reranker=load_reranker(settings))
    before = [hit.passage for hit in plain.search(QUESTION, 60)]
    hits = reranking.search(QUESTION, 60)
    library = CrossEncoder(str(cross_encoder), device="cpu", local_files_only=True)
    read = [f"{TEXTS[p.essay_id[:-2]].title}\n{p.text}".strip() for p in before[:RERANKED]]
    scores = library.predict([(QUESTION, text) for text in read])
    assert len(set(scores.round(5).tolist())) > 10  # the model tells them apart
    want = np.sort(scores)[::-1]
    np.testing.assert_allclose([hit.score for hit in hits[:RERANKED]], want, atol=1e-5)
    own = {p.passage_id: s for p, s in zip(before[:RERANKED], scores.tolist(), strict=True)}
    assert [own[hit.passage.passage_id] for hit in hits[:RERANKED]] == pytest.approx(want.tolist())
    assert [hit.passage for hit in hits[RERANKED:]] == before[RERANKED:]
    assert [hit.rank for hit in hits] == list(range(1, 61))
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert reranking.search(QUESTION, 3) == hits[:3]


def test_it_is_one_setting(index: Path, cross_encoder: Path, generation: Generation) -> None:
    settings = Settings(reranker=str(cross_encoder), device="cpu")
    reranking = Retriever(generation, LETTERS, reranker=load_reranker(settings))
    want = [hit.passage for hit in reranking.search(QUESTION, 5)]
    for setting, same in ((settings, True), (replace(settings, reranker=""), False)):
        assistant = Assistant.open(index, setting, LETTERS)
        assert ([hit.passage for hit in assistant.search(QUESTION, 5)] == want) == same
