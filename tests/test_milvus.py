"""The same corpus asked from a folder and from a Milvus server: nearly the same hits, same rest.

The server is Milvus Lite as a process of its own, over gRPC.
"""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from rag.pipeline import Assistant, build
from rag.settings import Settings
from rag.types import Filters
from tests.conftest import CORPUS, ROOT

pytest.importorskip("pymilvus")

LINES = (ROOT / "tests/questions.jsonl").read_text(encoding="utf-8").splitlines()
QUESTIONS = [json.loads(line)["question"] for line in LINES][:100:2]


@pytest.fixture(scope="module")
def built(milvus_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The essays of corpus/ on the server, and the folder that was copied there."""
    index = tmp_path_factory.mktemp("index")
    build([CORPUS], index, milvus_settings)
    return index


@pytest.fixture(scope="module")
def here(built: Path) -> Assistant:
    return Assistant.open(built, Settings())


@pytest.fixture(scope="module")
def there(
    built: Path, milvus_settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> Assistant:
    """One who asks on another machine, with a copy of the folder."""
    copy = tmp_path_factory.mktemp("copy") / "index"
    shutil.copytree(built, copy)
    return Assistant.open(copy, milvus_settings)


def recall(here: Assistant, there: Assistant, filters: Filters) -> float:
    shares = []
    for question in QUESTIONS:
        one, other = (
            {hit.passage.passage_id for hit in each.search(question, 10, filters)}
            for each in (here, there)
        )
        shares.append(len(one & other) / len(one) if one else float(not other))
    return float(np.mean(shares))


def test_recall_at_10(here: Assistant, there: Assistant) -> None:
    assert len(QUESTIONS) >= 40
    assert recall(here, there, Filters()) >= 0.95


@pytest.mark.parametrize(
    "filters",
    [
        Filters(place=("太湖", "池州")),
        Filters(author=("左小斌",)),
        Filters(date=("2022",), publication=("安庆",)),
    ],
)
def test_recall_at_10_under_filters(here: Assistant, there: Assistant, filters: Filters) -> None:
    allowed = {essay.essay_id for essay in here.records.essays_where(filters)}
    assert there.records.essays_where(filters) == here.records.essays_where(filters)
    assert recall(here, there, filters) >= 0.95
    for question in QUESTIONS[::5]:
        for k in (1, 10, 300):
            hits = there.search(question, k, filters)
            assert {hit.passage.essay_id for hit in hits} <= allowed
            assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))


def test_no_match_no_hit(there: Assistant) -> None:
    for filters in (Filters(place=("没有",)), Filters(essay_id=("没有",)), Filters(author=("",))):
        assert there.search("太湖县的人才", 10, filters) == ()


def test_what_both_find_is_worth_the_same(here: Assistant, there: Assistant) -> None:
    for question in QUESTIONS[::5]:
        one, other = (each.search(question, 100) for each in (here, there))
        known = {hit.passage.passage_id: hit for hit in one}
        if known.keys() == {hit.passage.passage_id for hit in other}:  # scores are of a whole pool
            scores = [known[hit.passage.passage_id].score for hit in other]
            assert [hit.score for hit in other] == pytest.approx(scores, abs=1e-3)


def test_answers_come_from_it(here: Assistant, there: Assistant) -> None:
    assert there.generation == here.generation
    assert there.records.essays() == here.records.essays()
    answer = there.ask("太湖县有哪些人才措施？")
    assert not answer.abstained
    assert {citation.essay.place for citation in answer.citations} == {"太湖县"}
    assert there.ask("黄山市的人才措施有哪些？").abstained
