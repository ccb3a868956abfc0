"""Example questions are made from the records and name only what the records hold."""

import re
from types import SimpleNamespace
from typing import Any

from rag.history import Turn
from rag.pipeline import Assistant
from rag.types import Essay, Filters, Measure
from ui.conversation import Thread
from ui.examples import examples
from ui.strings import ZH

NO_FILTERS = Filters()


def essay(number: int, place: str | None, author: str | None) -> Essay:
    return Essay(f"甲.txt#{number}", "甲.txt", place=place, author=author)


def measures(essay_id: str, *leads: str) -> list[Measure]:
    return [
        Measure(f"{essay_id}.m{n}", essay_id, f"{essay_id}.1", 1, None, lead, 0, 1)
        for n, lead in enumerate(leads, 1)
    ]


def test_places_leads_and_the_shared_topic_are_taken_from_the_records() -> None:
    essays = [essay(1, "丙县", "李四"), essay(2, "乙市", "王五"), essay(3, None, None)]
    held = [
        *measures("甲.txt#1", "广纳人才。", "筑牢“堡垒”："),
        *measures("甲.txt#2", "留住人才。"),
        *measures("甲.txt#3", "没有署名的事。", "还有一件。", "再有一件。"),
    ]
    assert examples(essays, held, ZH) == (
        "丙县提出了哪些措施？",
        "“筑牢‘堡垒’”是谁提出的？",
        "乙市在人才方面有哪些措施？",
        "哪些文章谈到人才？各有什么做法？",
    )


def test_the_author_stands_in_for_a_place_and_is_not_asked_for_where_unknown() -> None:
    assert examples([essay(1, None, "李四")], measures("甲.txt#1", "广纳人才。"), ZH) == (
        "李四提出了哪些措施？",
        "“广纳人才”是谁提出的？",
    )
    assert examples([essay(1, "丙县", None)], measures("甲.txt#1", "广纳人才。"), ZH) == (
        "丙县提出了哪些措施？",
    )


def test_the_matter_around_essays_is_not_asked_about() -> None:
    matter = Essay("甲.txt#0", "甲.txt", kind="matter", place="丙县", author="李四")
    assert examples([matter], measures("甲.txt#0", "广纳人才。"), ZH) == ()


def test_an_empty_index_has_no_examples() -> None:
    assert examples([], [], ZH) == ()


def suggested(assistant: Assistant, *asked: str, filters: Filters = NO_FILTERS) -> list[str]:
    """What is suggested under the answer to the last question, each of which is answered."""
    *before, question = asked
    site: Any = SimpleNamespace(assistant=assistant, history=None)
    answer = assistant.ask(question, before, filters)
    html = str(Thread(site).turn(Turn("turn", "talk", "", question, answer, filters), ZH))
    made = re.findall(r'class="follow" data-ask="([^"]+)"', html)
    for each in made:
        assert not assistant.ask(each, asked, filters).abstained, each
    return made


def test_what_is_suggested_follows_from_the_answer_and_is_answered(assistant: Assistant) -> None:
    assert suggested(assistant, "太湖县在人才方面有哪些措施？") == [
        "那池州市呢？", "和池州市对比", "展开第3条", "用表格列出来",
    ]  # fmt: skip
    assert suggested(assistant, "太湖县有哪些措施？")[:2] == ["那大观区呢？", "和大观区对比"]
    assert suggested(assistant, "各地在人才方面有哪些措施？") == ["用表格列出来"]
    for alone in ("“真心服务‘留’才”是谁提出的？", "哪个县提出了垃圾分类？", "你好"):
        assert suggested(assistant, alone) == []


def test_the_place_that_is_suggested_says_the_like_of_what_was_quoted(
    assistant: Assistant,
) -> None:
    """Of the third measure alone 安庆经开区 says the like, of all three 池州市."""
    made = suggested(assistant, "太湖县在人才方面有哪些措施？", "展开第3条")
    assert made == ["那安庆经开区呢？", "和安庆经开区对比"]


def test_what_was_ticked_limits_what_is_suggested(assistant: Assistant) -> None:
    ticked = Filters(place=("太湖县", "望江县"))
    made = suggested(assistant, "太湖县在人才方面有哪些措施？", filters=ticked)
    assert made[:2] == ["那望江县呢？", "和望江县对比"]
    ticked = Filters(place=("太湖县",))
    alone = suggested(assistant, "太湖县在人才方面有哪些措施？", filters=ticked)
    assert alone == ["展开第3条", "用表格列出来"]
