"""What limits the essays: chosen by the reader, or set by the question."""

from dataclasses import replace

from rag.answering.named import Name, Named, NameKind
from rag.pipeline import Assistant
from rag.types import Essay, Filters
from ui.render import Limit
from ui.scope import Group, chips, choices, found, groups, limits, resolved, sent
from ui.strings import ZH

ESSAYS = [
    Essay("甲#1", "甲", title="一", author="张三、李四", place="太湖县", date="2022-10-05"),
    Essay("甲#2", "甲", title="二", author="王五", place="望江县", date="2021"),
    Essay("甲#0", "甲", kind="matter", place="安庆市"),
]


def name(question: str, text: str, value: str, kind: NameKind = "place") -> Name:
    start = question.index(text)
    return Name(text, kind, value, start, start + len(text))


def test_choices_are_those_of_the_essays_each_once() -> None:
    offered = choices([*ESSAYS, ESSAYS[0]])
    assert [value for value, _ in offered["place"]] == ["太湖县", "望江县"]
    assert [value for value, _ in offered["author"]] == ["张三", "李四", "王五"]
    assert [value for value, _ in offered["date"]] == ["2022", "2021"]


def test_what_is_ticked_is_read_from_an_address() -> None:
    assert sent(
        "place=%E5%A4%AA%E6%B9%96%E5%8E%BF&place=乙&date=2022&q=x&author=y&chat=1"
    ) == Filters(place=("太湖县", "乙"), date=("2022",))
    assert sent("") == sent("%%%&&=") == Filters()


def test_ticks_of_several_kinds_are_joined_by_or(assistant: Assistant) -> None:
    records = assistant.records
    place = Filters(place=("太湖县",))
    assert resolved(place, records) == place
    essays = [e.essay_id for e in records.essays() if e.kind == "essay" and e.place != "太湖县"]
    both = resolved(replace(place, essay_id=tuple(essays[:1])), records)
    found = {e.essay_id for e in records.essays_where(both)}
    assert found == {essays[0], *(e.essay_id for e in records.essays_where(place))}
    none = resolved(Filters(place=("无",), date=("1900",)), records)
    assert records.essays_where(none) == (), "where no essay is left, not all are"


def test_essays_are_grouped_and_found() -> None:
    assert groups(ESSAYS, "place", "太湖县", ZH) == (
        Group("太湖县", 1, (("甲#1", "太湖县《一》"),)),
        Group("望江县", 1),
    )
    assert [(g.value, g.count) for g in groups(ESSAYS, "publication", None, ZH)] == [("", 2)]
    assert [g.value for g in groups(ESSAYS, "date", None, ZH)] == ["2022", "2021"]
    assert [id for id, _ in found(ESSAYS, "望江", ZH)] == ["甲#2"]
    assert found(ESSAYS, "没有", ZH) == ()


def test_the_ticked_are_named_as_the_reader_knows_them() -> None:
    html = chips(Filters(essay_id=("甲#2",)), ESSAYS, ZH)
    assert 'data-drop="essay_id" data-value="甲#2"' in html
    assert "文章：《二》" in html


def test_the_names_of_a_question_can_be_left_out_of_it() -> None:
    asked = "太湖和望江县有哪些措施？"
    named = Named((name(asked, "太湖", "太湖县"), name(asked, "望江县", "望江县")))
    held = limits(asked, named, Filters(date=("2022",)), ESSAYS, ZH)
    assert held == (
        Limit("太湖县", "望江县有哪些措施？"),
        Limit("望江县", "太湖有哪些措施？"),
        Limit("2022"),
    )
    only = Named((name("太湖县", "太湖县", "太湖县"),))
    assert limits("太湖县", only, Filters(), ESSAYS, ZH) == ()


def test_a_name_that_stands_alone_makes_room_for_all_places() -> None:
    """Without any name a question would be asked of what the conversation is about."""
    asked = "《一》和太湖有哪些措施，太湖呢？"
    twice = Named((name(asked, "太湖", "太湖县"), Name("太湖", "place", "太湖县", 12, 14)))
    held = limits(asked, twice, Filters(), ESSAYS, ZH)
    assert held == (Limit("太湖县", "《一》和各地有哪些措施，呢？"),)
    titled = Named((name(asked, "《一》", "一", "title"),))
    assert limits(asked, titled, Filters(), ESSAYS, ZH)[0].value == "《一》"


def test_every_name_that_limits_a_question_is_shown(assistant: Assistant) -> None:
    essays = assistant.records.essays()

    def of(asked: str) -> list[tuple[str, str | None, bool]]:
        held = limits(asked, assistant.names.find(asked), Filters(), essays, ZH)
        return [(each.value, each.wider, each.apart) for each in held]

    title = "《抓制度机制 树鲜明导向》"
    assert of(f"{title}有哪些措施？") == [(title, "各地有哪些措施？", False)]
    assert of("第32期里太湖县有哪些措施") == [
        ("第32期", "里太湖县有哪些措施", False),
        ("太湖县", "第32期里有哪些措施", False),
    ]
    assert of("除了太湖县以外，哪些地方提到人才？") == [("太湖县", "各地 哪些地方提到人才？", True)]


def test_a_limit_that_is_taken_away_is_not_taken_from_the_conversation(
    assistant: Assistant,
) -> None:
    essays = assistant.records.essays()
    for asked in ("太湖县在人才方面有哪些措施？", "《抓制度机制 树鲜明导向》有哪些措施？"):
        first = assistant.ask(asked)
        (limit,) = limits(asked, assistant.names.find(asked), Filters(), essays, ZH)
        wider = assistant.ask(limit.wider or "", [asked])
        assert {c.essay.place for c in wider.citations} > {c.essay.place for c in first.citations}
