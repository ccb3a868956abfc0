"""The check on 129 sentences made from paragraphs of the corpus, by hand and before it was tried.

A line of rewordings.jsonl is a quotation with its place, with sentences that say no more than it
(`true`) and sentences that are one step away from it (`twisted`).
"""

import json
from pathlib import Path
from typing import Any

import pytest

from rag.evaluation.support import evaluate
from tests.conftest import CORPUS

ROWS: list[dict[str, Any]] = [
    json.loads(row)
    for row in (Path(__file__).parent / "rewordings.jsonl").read_text("utf-8").splitlines()
]


REFUSED = {  # though true: one that passes one day may be taken off
    "桐城市要建立健全干部“能上能下”机制和“赛场赛马”机制。",
    "桐城市推进三类平台建设：企业科创平台、产学研平台、基金平台。",
    "太湖县推深做实“百千万”工程和“党建+”专项工程。",
    "望江县让优秀年轻干部在基层锤炼过硬本领。",
    "望江县加大对工作不在状态、作风不严不实的干部的调整力度。",
    "大观区严格执行干部待遇保障制度，保障基层干部安心、安身、安业。",
    "大观区综合运用四种考核：平时考核、年度考核、专项考核、任期考核。",
    "大观区将考核结果与评先评优、选拔任用、职级晋升相结合。",
    "大观区考准考实干部的政治素质、担当作为和能力水平等情况。",
    "池州市设立人才发展专项资金，标准是不低于上年度地方财政收入1%。",
}


@pytest.fixture(scope="module")
def passed(tmp_path_factory: pytest.TempPathFactory) -> dict[bool, list[bool]]:
    """Return whether each sentence passes, the true ones and the twisted ones."""
    path = tmp_path_factory.mktemp("labelled") / "rewordings.jsonl"
    with path.open("w", encoding="utf-8") as file:
        for row in ROWS:
            source = {"number": 1, "place": row["place"], "text": row["text"]}
            for kind in ("true", "twisted"):
                for sentence in row[kind]:
                    line = {"sources": [source], "sentence": sentence, "supported": kind == "true"}
                    file.write(json.dumps(line, ensure_ascii=False) + "\n")
    checked = list(evaluate(path))
    return {held: [c.passed for c in checked if c.supported is held] for held in (True, False)}


def test_the_quotations_stand_in_the_corpus() -> None:
    texts = (path.read_text("utf-8") for path in CORPUS.glob("*.txt"))
    flat = "".join("".join(text.replace("*", "").split()) for text in texts)
    for row in ROWS:
        assert all(sentence in flat for sentence in row["text"].split("。"))


def test_no_twisted_sentence_passes(passed: dict[bool, list[bool]]) -> None:
    assert len(passed[False]) == 65
    assert not any(passed[False])


def test_four_of_five_true_sentences_pass(passed: dict[bool, list[bool]]) -> None:
    assert len(passed[True]) == 64
    assert sum(passed[True]) >= 0.8 * 64


def test_what_passed_goes_on_passing(passed: dict[bool, list[bool]]) -> None:
    true = [sentence for row in ROWS for sentence in row["true"]]
    assert {t for t, held in zip(true, passed[True], strict=True) if not held} <= REFUSED
