"""What the ranker is taught with: term weights, collections and their candidates."""

import json
from pathlib import Path

import numpy as np
import pytest

from rag.retrieval.ranker import NAMES
from tests.letters import LetterEncoder
from train.examples import asked, held_out, holds
from train.pairs import Pair
from train.ranker import (
    collections,
    learn_term_weights,
    public_candidates,
    silver_candidates,
)

PAIRS = [
    Pair("人才库由谁管理？", "人才库由组织部管理。", "a"),
    Pair("每年培训几次？", "每年培训两次。", "a"),
    Pair("人才库归谁管？", "人才库由组织部管理。", "a"),
    Pair("第一书记", "选派第一书记到村任职。", "b"),
]


def test_terms_that_answers_do_not_hold_weigh_less() -> None:
    places = ("学校", "医院", "公园", "车站", "邮局", "银行", "书店", "食堂", "工厂", "农场")
    pairs = [
        Pair(f"{town}{place}在哪里？", f"{town}{place}位于省城的东边。", "a")
        for town in ("甲镇", "乙镇", "丙镇")
        for place in places
    ]
    weights = learn_term_weights(pairs)
    assert weights["在哪"] < 0.4
    assert "学校" not in weights  # it stands in its answers: nothing is taken off
    assert learn_term_weights(pairs[:4]) == {}  # seen too seldom to tell


def test_pairs_become_collections() -> None:
    first, second = collections(PAIRS)
    assert (first.name, len(first.documents), len(first.questions)) == ("a", 2, 3)
    assert first.judgments == {"0": {"0": 1}, "1": {"1": 1}, "2": {"0": 1}}
    assert [text.text for text in second.documents.values()] == ["选派第一书记到村任职。"]


@pytest.mark.parametrize("encoder", [LetterEncoder(), None])
def test_a_question_has_its_passage_among_its_candidates(
    tmp_path: Path, encoder: LetterEncoder | None
) -> None:
    """Each text a document, and several in one; it is always the single text that is judged."""
    first, _ = collections(PAIRS)
    essay = NAMES.index("essay")
    for together in (1, 2):
        made = list(public_candidates(first, encoder, together, {}, tmp_path / "cache"))
        assert [found.document[found.relevant].tolist() for found in made] == [[0], [1], [0]]
        for features, document, relevant in made:
            assert document.tolist() == sorted(document.tolist())
            assert features.shape == (len(document), len(NAMES))
            if together == 2 and len(document) == 2:
                assert features[0, essay] == features[1, essay]
            best = features[:, NAMES.index("passage")].argmax()
            assert relevant[best]


def test_silver_questions_on_documents_that_are_kept_back(tmp_path: Path) -> None:
    names = [f"{n}.txt" for n in range(40)]
    kept = next(name for name in names if held_out(name))
    other = next(name for name in names if not held_out(name))
    for folder in ("silver/docs", "genre", "reports"):
        (tmp_path / folder).mkdir(parents=True)
    for name, text in ((kept, "一、建立人才库。\n二、设立资金。\n"), (other, "选派第一书记。\n")):
        (tmp_path / "silver/docs" / name).write_text(f"某县的做法\n\n{text}", encoding="utf-8")
    rows = [
        {"question": "建立什么库？", "documents": [kept], "any": ["建立人才库。"]},
        {"question": "选派谁？", "documents": [other], "any": ["选派第一书记。"]},
        {"question": "没有的", "documents": [kept], "any": []},
    ]
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (tmp_path / "silver/train.jsonl").write_text(lines, encoding="utf-8")
    (tmp_path / "silver/talk_train.jsonl").write_text("", encoding="utf-8")
    (found,) = silver_candidates(tmp_path, LetterEncoder(), {}, tmp_path / "cache")
    assert found.relevant.any()
    assert np.isfinite(found.features).all()


def test_what_a_passage_holds() -> None:
    long = "每年选派五十名年轻干部到重点项目一线挂职锻炼，期满考核优秀的优先提拔使用，并记入档案。"
    assert holds("首先，建立 人才库。\n", ["建立人才库。"])
    assert not holds("建立干部库。", ["建立人才库。"])
    assert holds(long[:32], [long])  # the larger part, where a window cuts it
    assert not holds(long[:20], [long])
    assert asked({"question": "那二呢？", "history": ["零", "一"]}) == "一 那二呢？"
