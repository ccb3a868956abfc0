"""The check of the program's own statements in bench/truth.py, with true and false ones planted."""

from pathlib import Path

import pytest

from bench.truth import World, statements
from rag.blocks import Note, Text
from rag.types import Answer, Citation, Essay, Paragraph
from tests.records import records_of

TEXTS = {
    "甲.txt": "甲县的做法\n\n一是抓党建。建支部。\n\n二是引人才。给补贴。\n\n三是办实事。修路。\n",
    "乙.txt": "乙县的做法\n\n乙县抓党建。\n",
}


def answer_of(said: str, essay: Essay, paragraph: Paragraph) -> Answer:
    citation = Citation(1, paragraph, essay, paragraph.text, 0, len(paragraph.text))
    blocks = (Note((Text(said),)),)
    return Answer("问", "list", said, (citation,), False, None, blocks=blocks)


@pytest.mark.parametrize(
    ("said", "true"),
    [
        ("现有材料中没有出现“房屋”。", True),
        ("现有材料中没有出现“房屋”、“人 才”。", False),
        ("所问范围内没有出现“房屋”。", True),
        ("所问范围内没有出现“党建”。", None),
        ("2 篇中 2 篇写到“党建”：", True),
        ("2 篇中 1 篇写到“党建”：", False),
        ("1 篇中 1 篇写到“党建”：", None),
        ("1 篇中 2 篇写到“人才”：", False),
        ("收录了 2 篇材料：", True),
        ("收录了 3 篇材料：", False),
        ("原文共 3 段，以上是前 1 段。", True),
        ("原文共 9 段，以上是前 1 段。", False),
        ("一是抓党建。二是引人才。三是办实事。共 3 条，已全部列出。", True),
        ("一是抓党建。二是引人才。共 3 条，已全部列出。", False),
        ("一是抓党建。二是引人才。共 2 条，已全部列出。", False),
        ("按 1 个方面列出，其下共 3 条。", True),
        ("按 1 个方面列出，其下共 4 条。", False),
        ("没有找到直接的表述。", "nothing"),
    ],
)
def test_statements(tmp_path: Path, said: str, true: object) -> None:
    records = records_of(tmp_path, TEXTS)
    essay = next(e for e in records.essays() if e.document == "甲.txt")
    answer = answer_of(said, essay, records.paragraphs(essay.essay_id)[-1])
    found = [each for _, each in statements(World(records), answer)]
    assert found == ([] if true == "nothing" else [true])
    records.close()
