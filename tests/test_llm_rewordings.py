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
