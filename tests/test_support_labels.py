"""`rag eval --support`: labelled sentences, by kind and line by line."""

import json
from pathlib import Path

import pytest

from rag.errors import BadInput
from rag.evaluation.support import evaluate, table
from tests.conftest import Run

SOURCE = {"number": 1, "place": "青山县", "author": "", "title": "", "text": "新增青年人才50人。"}
LINES = [
    {"id": "a", "sources": [SOURCE], "sentence": "青山县新增青年人才50人[1]。", "supported": True},
    {"id": "b", "sources": [SOURCE], "sentence": "青山县新增青年人才60人[1]。", "supported": False},
    {"id": "c", "sources": [SOURCE], "sentence": "新增多少人？[1]", "supported": False},
]


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    path = tmp_path / "labelled.jsonl"
    rows = (json.dumps({**row, "kind": "k"}, ensure_ascii=False) for row in LINES)
    path.write_text("\n".join(rows), encoding="utf-8")
    return path


def test_what_passes_and_why_not(labelled: Path) -> None:
    assert [(c.id, c.passed, c.reason) for c in evaluate(labelled)] == [
        ("a", True, None),
        ("b", False, "not in source"),
        ("c", False, "question"),
    ]
    shown = table(list(evaluate(labelled)))
    assert "unsupported that pass      0 of 2  0.000" in shown
    assert "supported that pass        1 of 1  1.000" in shown


def test_the_command_prints_a_line_a_sentence(rag: Run, labelled: Path) -> None:
    made = rag("eval", "--support", str(labelled), "--format", "jsonl")
    told = [json.loads(line) for line in made.stdout.splitlines()]
    assert told[1] == {"id": "b", "passed": False, "reason": "not in source"}


@pytest.mark.parametrize("text", ["{", "{}", '{"sources": [], "sentence": 7}', "[]"])
def test_a_line_that_is_something_else_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "wrong.jsonl"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match="line 1"):
        list(evaluate(path))
