"""The row of a table that a question names by its head and by what a column counts."""

import pytest

from rag.pipeline import Assistant, build
from rag.settings import Settings

TABLE = """# 青石镇各村情况

| 村名 | 户数 | 党员数 | 村支书 |
|---|---|---|---|
| 第47村 | 347 | 67 | 陈立 |
| 第48村 | 512 | 80 | 何平 |

各村要管好用好集体资金，按月公开账目，接受群众监督。
"""


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    room = tmp_path_factory.mktemp("cells")
    (room / "corpus").mkdir()
    (room / "corpus" / "各村.md").write_text(TABLE, encoding="utf-8")
    by_words = Settings(encoder="none", reader="none")  # which is unsure of rows
    build([room / "corpus"], room / "index", by_words)
    return Assistant.open(room / "index", by_words)


@pytest.mark.parametrize(
    ("question", "cell"),
    [
        ("第47村有多少户？", "户数：347"),
        ("第48村有多少户？", "户数：512"),
        ("第48村有几名党员？", "党员数：80"),
        ("第47村的村支书是谁？", "陈立"),
    ],
)
def test_the_row_that_is_named_is_quoted_alone(
    assistant: Assistant, question: str, cell: str
) -> None:
    (citation,) = assistant.ask(question).citations
    assert citation.quote.startswith(question[:4])
    assert cell in citation.quote


@pytest.mark.parametrize("question", ["第49村有多少户？", "第47村养了多少头牛？"])
def test_no_row_stands_for_another_or_for_what_it_does_not_tell(
    assistant: Assistant, question: str
) -> None:
    assert assistant.ask(question).abstained
