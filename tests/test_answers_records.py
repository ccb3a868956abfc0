"""Questions that the records answer whole: counts, parts by number, the most of a column."""

from pathlib import Path

import pytest

from rag.answering import claims
from rag.blocks import Table
from rag.pipeline import Assistant, build
from rag.settings import Settings
from rag.types import Answer

ROADS = "西湾区2024年道路整修计划\n\n" + "\n\n".join(
    f"{n}.整修{n}号路。长{n}公里。" for n in range(1, 41)
)
STAFF = """北岭县乡镇编制情况

| 乡镇 | 编制数（名） | 空编数（名） |
| --- | --- | --- |
| 石桥乡 | 41 | 6 |
| 双河镇 | 58 | 2 |
| 合计 | 99 | 8 |
"""
RULES = """北岭县考勤办法

一、请假

（一）事假。由股长批准。

（二）病假。由局长批准。

二、外出

（一）登记。写明去处。
"""
LIMITS = """北岭县招标规定

严格执行“三个不得”，即不得设置门槛；不得指定品牌；不得拖欠款项。

其他事项由县招标办公室另行通知；通知在县报上刊登。
"""
TEXTS = {"道路.txt": ROADS, "编制.md": STAFF, "考勤.txt": RULES, "招标.txt": LIMITS}


def asked(folder: Path, question: str, *documents: str) -> Answer:
    """The answer to a question on some of the texts, by words alone."""
    corpus, index = folder / "corpus", folder / "index"
    corpus.mkdir()
    for name in documents or TEXTS:
        (corpus / name).write_text(TEXTS[name], encoding="utf-8")
    settings = Settings(encoder="none", reader="none")
    build([corpus], index, settings)
    return Assistant.open(index, settings).ask(question)


def test_short_measures_are_listed_however_many(tmp_path: Path) -> None:
    answer = asked(tmp_path, "西湾区有哪些举措？")
    assert [f"整修{n}号路" in answer.text for n in range(1, 41)] == [True] * 40
    assert "共 40 条" in answer.text


@pytest.mark.parametrize("question", ["道路整修计划有哪些？", "道路整修计划一共有多少条？"])
def test_what_the_title_alone_names_is_the_whole_essay(tmp_path: Path, question: str) -> None:
    answer = asked(tmp_path, question)
    assert "共 40 条" in answer.text
    assert {c.essay.document for c in answer.citations} == {"道路.txt"}


@pytest.mark.parametrize(
    ("question", "shown", "other"),
    [("哪个乡镇编制数最多？", "双河镇", "石桥乡"), ("空编数最少的是哪个？", "双河镇", "合计")],
)
def test_the_most_of_a_column(tmp_path: Path, question: str, shown: str, other: str) -> None:
    answer = asked(tmp_path, question)
    assert [c.paragraph.text.split("，")[0] for c in answer.citations] == [shown]
    assert "2 行" in answer.text  # the sum is none
    assert other not in answer.text


def test_a_column_that_no_table_has_is_not_compared(tmp_path: Path) -> None:
    assert "一列" not in asked(tmp_path, "哪个乡镇降雨最多？").text


@pytest.mark.parametrize(
    ("question", "shown", "other"),
    [
        ("第一部分第二条是什么？", "病假", "事假"),
        ("第二部分第一条是什么？", "登记", "请假"),
        ("这个办法分几个部分？", "共 2 条", "共 5 条"),
    ],
)
def test_parts_by_their_numbers(tmp_path: Path, question: str, shown: str, other: str) -> None:
    answer = asked(tmp_path, question, "考勤.txt")
    assert shown in answer.text
    assert other not in answer.text


def test_what_is_nearest_to_a_refused_question_is_text(tmp_path: Path) -> None:
    answer = asked(tmp_path, "幼儿园收费标准什么时候调整？")
    assert answer.abstained
    assert {c.paragraph.role for c in answer.nearest} <= {"body", "heading", "note"}


@pytest.mark.parametrize("asked", ["太湖县有哪些措施？", "太湖县怎样引才、育才、留才？"])
def test_what_was_listed_becomes_a_table(assistant: Assistant, asked: str) -> None:
    """Each measure of the list is a row that quotes the same paragraph."""
    listed = assistant.ask(asked)
    made = assistant.ask("用表格列出来", [asked])
    (table,) = (block for block in made.blocks if isinstance(block, Table))
    assert len(table.rows) > 2
    quoted = {citation.paragraph.paragraph_id for citation in made.citations}
    assert quoted <= {citation.paragraph.paragraph_id for citation in listed.citations}
    assert len(made.citations) == len(table.rows)


@pytest.mark.parametrize("asked", ["和大观区对比", "和大观区对比一下", "跟大观区比一比"])
def test_a_comparison_after_an_answer_has_both_sides(assistant: Assistant, asked: str) -> None:
    answer = assistant.ask(asked, ["太湖县怎么引进人才？"])
    assert {citation.essay.place for citation in answer.citations} == {"太湖县", "大观区"}


CENSUS = "哪些地方提到了容错纠错"


def test_what_was_looked_up_becomes_a_table_of_the_same_essays(assistant: Assistant) -> None:
    listed, made = assistant.ask(CENSUS), assistant.ask("用表格列出来", [CENSUS])
    (table,) = (block for block in made.blocks if isinstance(block, Table))
    holding = [c for c in listed.citations if "容错纠错" in c.quote]
    assert len(holding) > 2
    assert [c.quote for c in made.citations][: len(holding)] == [c.quote for c in holding]
    assert len(table.rows) == len(holding)
    assert made.coverage == listed.coverage


def test_there_is_no_more_of_what_was_looked_up_whole(assistant: Assistant) -> None:
    more = assistant.ask("还有吗？", [CENSUS])
    assert (more.abstained, more.reason, more.kind) == (True, claims.NO_MORE, "compare")


def test_who_wrote_what_was_compared_is_who_wrote_each(assistant: Assistant) -> None:
    answer = assistant.ask("谁写的？", ["太湖县和大观区在干部培养上有什么不同？"])
    assert [(c.essay.place, c.paragraph.role) for c in answer.citations] == [
        ("太湖县", "byline"), ("大观区", "byline"),
    ]  # fmt: skip


def test_a_list_parted_by_semicolons_is_whole(tmp_path: Path) -> None:
    answer = asked(tmp_path, "北岭县招标“三个不得”是哪三个？", "招标.txt")
    said = [c.quote for c in answer.citations]
    assert [any(part in each for each in said) for part in ("门槛", "品牌", "款项")] == [True] * 3
    assert "县报" not in answer.text
    assert "共 3 条" in answer.text
