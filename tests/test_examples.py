"""Example questions are made from the records and name only what the records hold."""

from rag.pipeline import Assistant
from rag.types import Essay, Measure
from ui.examples import examples, next_questions
from ui.strings import ZH


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


def test_what_is_suggested_follows_from_the_answer_and_is_answered(assistant: Assistant) -> None:
    essays = {e.essay_id: e for e in assistant.records.essays()}
    made = set[str]()
    for question in (
        "太湖县在人才方面有哪些措施？",
        "太湖县有哪些措施？",
        "哪些地方提到容错纠错？",
    ):
        answer = assistant.ask(question)
        near = [essays[hit.passage.essay_id] for hit in assistant.search(question, 20)]
        suggested = next_questions(answer, near)
        assert len(suggested) <= 3  # none where nothing is numbered and no table can be had
        for each in suggested:
            assert not assistant.ask(each, [question]).abstained, each
        made |= set(suggested)
    assert made == {"那池州市呢？", "那大观区呢？", "展开第3条", "用表格列出来"}
    refused = assistant.ask("哪个县提出了垃圾分类？")
    assert next_questions(refused, ()) == ()
