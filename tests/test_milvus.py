"""The same contract on a folder and on a Milvus server: same hits, same answers, same refusals.

The server is Milvus Lite as a process of its own, over gRPC.
"""

import json
from pathlib import Path

import pytest

from rag.contract import answer_json
from rag.pipeline import Assistant, build
from rag.settings import Settings
from rag.types import Filters, Hit
from tests.conftest import CORPUS, ROOT

pytest.importorskip("pymilvus")

QUESTIONS = [
    json.loads(line)["question"]
    for line in (ROOT / "tests/questions.jsonl").read_text(encoding="utf-8").splitlines()
]


@pytest.fixture(scope="module")
def remote(milvus_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    """The essays of corpus/ on the server, asked by one who has nothing but its address."""
    build([CORPUS], tmp_path_factory.mktemp("build"), milvus_settings)
    return Assistant.open(Path("nowhere"), milvus_settings)


def told(hits: tuple[Hit, ...]) -> list[tuple[object, ...]]:
    return [(hit.passage, hit.rank, hit.dense_rank, hit.sparse_rank) for hit in hits]


def assert_same_hits(one: Assistant, other: Assistant, question: str, filters: Filters) -> None:
    here, there = (each.search(question, 300, filters) for each in (one, other))
    assert told(there) == told(here)
    scores = [[hit.score for hit in hits] for hits in (there, here)]
    assert scores[0] == pytest.approx(scores[1], rel=1e-6)


def test_same_hits(assistant: Assistant, remote: Assistant) -> None:
    for question in QUESTIONS[::5]:
        assert_same_hits(assistant, remote, question, Filters())
    assert_same_hits(assistant, remote, "太湖县的人才", Filters(place=("太湖", "池州")))
    assert_same_hits(assistant, remote, "没有的词：饕餮", Filters(author=("左小斌",)))
    assert remote.search("太湖县的人才", 10, Filters(place=("没有",))) == ()


def test_same_answers(assistant: Assistant, remote: Assistant) -> None:
    for question in QUESTIONS[1::5]:
        here, there = (
            {**answer_json(each.ask(question)), "generation": "", "seconds": {}}
            for each in (assistant, remote)
        )
        assert there == here


def test_same_records(assistant: Assistant, remote: Assistant) -> None:
    here, there = assistant.records, remote.records
    assert there.essays() == here.essays()
    assert there.documents() == here.documents()
    assert there.measures() == here.measures() != ()
    for essay in here.essays():
        assert there.essay(essay.essay_id) == essay
        assert there.paragraphs(essay.essay_id) == here.paragraphs(essay.essay_id)
        assert there.measures(essay.essay_id) == here.measures(essay.essay_id)
    measure = here.measures()[-1]
    assert there.measure(measure.measure_id) == measure
    assert there.paragraph(measure.paragraph_id) == here.paragraph(measure.paragraph_id)
    assert there.paragraphs("没有") == there.measures("没有") == ()
    for ask in (there.essay, there.paragraph, there.measure):
        with pytest.raises(KeyError):
            ask("没有")
    with pytest.raises(KeyError):
        there.passages([0, 10**6])
