"""Measures agree with hand-made numbers and with scikit-learn; broken folders are refused."""

import gzip
import json
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import ndcg_score

from rag.encoding import load_encoder
from rag.errors import BadInput
from rag.evaluation.beir import Beir
from rag.evaluation.measures import ndcg, recall, reciprocal_rank
from rag.evaluation.retrieval import WayFigures, evaluate, table
from rag.settings import Settings

IDS = "abcdefghijkl"


@given(grades=st.lists(st.integers(0, 3), min_size=2, max_size=12), k=st.integers(1, 12))
def test_ndcg_agrees_with_scikit_learn(grades: list[int], k: int) -> None:
    ranking = list(IDS[: len(grades)])
    judged = dict(zip(ranking, grades, strict=True))
    falling = np.arange(len(grades), 0, -1)[np.newaxis, :]
    want = ndcg_score(np.array([grades]), falling, k=k) if any(grades) else 0.0
    assert ndcg(ranking, judged, k) == pytest.approx(want)


def test_measures_by_hand() -> None:
    ranking, judged = ["a", "b", "c"], {"b": 1, "z": 1, "c": 0}
    ideal = 1 + 1 / math.log2(3)
    assert ndcg(ranking, judged, 10) == pytest.approx((1 / math.log2(3)) / ideal)
    assert ndcg(ranking, judged, 1) == 0
    assert (recall(ranking, judged, 1), recall(ranking, judged, 3)) == (0, 0.5)
    assert reciprocal_rank(ranking, judged, 10) == 0.5
    assert reciprocal_rank(ranking, judged, 1) == 0
    assert (ndcg([], {}, 10), recall([], {}, 10), reciprocal_rank([], {}, 10)) == (0, 0, 0)


DOCUMENTS = {"一": ("人才", "建立人才库。"), "二": ("", "选派第一书记。"), "三": ("", "天气晴朗。")}
QUESTIONS = {"q1": "第一书记怎么选派？", "q2": "人才库", "q3": "没有判断的问题"}


def write(folder: Path, packed: bool = False) -> Path:
    """Write a good folder of three documents and two judged questions."""

    def lines(name: str, rows: list[dict[str, str]]) -> None:
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        if packed:
            (folder / f"{name}.gz").write_bytes(gzip.compress(text.encode()))
        else:
            (folder / name).write_text(text, encoding="utf-8")

    rows = [{"_id": key, "title": t, "text": x} for key, (t, x) in DOCUMENTS.items()]
    lines("corpus.jsonl", rows)
    lines("queries.jsonl", [{"_id": key, "text": text} for key, text in QUESTIONS.items()])
    place = folder / "qrels" / "test.tsv" if packed else folder / "qrels.tsv"
    place.parent.mkdir(exist_ok=True)
    place.write_text("query-id\tcorpus-id\tscore\nq1\t二\t1\nq2\t一\t2\n", encoding="utf-8")
    return folder


@pytest.mark.parametrize("packed", [False, True])
def test_reads_both_layouts(tmp_path: Path, packed: bool) -> None:
    collection = Beir.load(write(tmp_path, packed))
    assert {key: (d.title, d.text) for key, d in collection.documents.items()} == DOCUMENTS
    assert collection.questions == {key: QUESTIONS[key] for key in ("q1", "q2")}
    assert collection.judgments == {"q1": {"二": 1}, "q2": {"一": 2}}
    outlines = collection.outlines()
    assert [o.document.path for o in outlines] == list(DOCUMENTS)
    assert [o.essays[0].title for o in outlines] == ["人才", None, None]
    texts = [text for _, text in DOCUMENTS.values()]
    assert [p.text for o in outlines for p in o.paragraphs] == texts
    first, second = collection.outlines(together=2)
    assert [p.text for p in first.paragraphs] == texts[:2]
    assert (first.essays[0].title, [p.text for p in second.paragraphs]) == ("人才", texts[2:])


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda f: (f / "corpus.jsonl").unlink(), r"has no corpus\.jsonl or corpus\.jsonl\.gz"),
        (lambda f: (f / "qrels.tsv").unlink(), r"has no qrels\.tsv or qrels/test\.tsv"),
        (
            lambda f: (f / "queries.jsonl").write_text('{"_id": 1}'),
            "queries.jsonl, line 1: want an object",
        ),
        (lambda f: (f / "corpus.jsonl").write_text("{"), "corpus.jsonl, line 1: want an object"),
        (lambda f: (f / "corpus.jsonl").write_bytes(b"\xff\n"), "cannot read .*corpus.jsonl"),
        (lambda f: (f / "qrels.tsv").write_text("h\nq1\tz\n"), "qrels.tsv line 2: want question"),
        (lambda f: (f / "qrels.tsv").write_text("h\nq1\tz\t1\n"), "name document z, which is not"),
        (lambda f: (f / "qrels.tsv").write_text("h\nq9\t一\t1\n", "utf-8"), "name question q9"),
        (lambda f: (f / "qrels.tsv").write_text("h\n"), "no question is judged"),
    ],
)
def test_says_what_is_wrong_with_a_folder(
    tmp_path: Path, spoil: Callable[[Path], object], message: str
) -> None:
    spoil(write(tmp_path))
    with pytest.raises(BadInput, match=message):
        Beir.load(tmp_path)


@pytest.mark.parametrize(
    ("encoder", "ways"),
    [("default", ["BM25", "encoder", "words and meaning"]), ("none", ["BM25", "words"])],
)
def test_every_way_is_measured(tmp_path: Path, encoder: str, ways: list[str]) -> None:
    steps: list[tuple[str, int, int]] = []
    settings = Settings(encoder=encoder)
    rows = evaluate(
        write(tmp_path), load_encoder(settings), settings, lambda *step: steps.append(step)
    )
    assert [row.way for row in rows] == ways
    for row in rows:
        assert (row.dataset, row.questions, row.recall_100) == (tmp_path.name, 2, 1.0)
        assert 0 < row.ndcg_10 <= 1
        if row.way in ("BM25", "words"):
            assert (row.ndcg_10, row.recall_1, row.mrr_10) == (1, 1, 1)
    assert [step for step in steps if step[0] in ways] == [(way, 2, 2) for way in ways]


def test_the_table_shows_the_rows() -> None:
    row = WayFigures("集", "sparse", 4, 0.5, 0.25, 1.0, 0.375, 0.02)
    line = "| 集 | sparse | 4 | 0.5000 | 0.2500 | 1.0000 | 0.3750 | 5.0 |"
    assert table([row]).splitlines()[-1] == line
