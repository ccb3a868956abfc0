"""What limits the essays: chosen by the reader, or set by the question."""

import json
from dataclasses import asdict

import pytest

from rag.answering.naming import Kind, Name, Named
from rag.errors import BadInput
from rag.types import Essay, Filters
from ui.render import Limit
from ui.scope import choices, limits, narrowed, scope, sent
from ui.strings import ZH

ESSAYS = [
    Essay("甲#1", "甲", title="一", author="张三、李四", place="太湖县", date="2022-10-05"),
    Essay("甲#2", "甲", title="二", author="王五", place="望江县", date="2021"),
    Essay("甲#0", "甲", kind="matter", place="安庆市"),
]


def name(text: str, value: str, kind: Kind = "place") -> Name:
    return Name(text, kind, value, 0, len(text))


def test_choices_are_those_of_the_essays_each_once() -> None:
    offered = choices([*ESSAYS, ESSAYS[0]], ZH)
    assert [value for value, _ in offered.place] == ["太湖县", "望江县"]
    assert [value for value, _ in offered.author] == ["张三", "李四", "王五"]
    assert [value for value, _ in offered.date] == ["2022", "2021"]
    assert offered.essay_id[:2] == (("甲#1", "《一》"), ("甲#2", "《二》"))


def test_a_limit_is_added_once_and_taken_away() -> None:
    one = narrowed(Filters(), "place", "太湖县")
    assert narrowed(one, "place", "太湖县") == one == Filters(place=("太湖县",))
    two = narrowed(one, "date", "2022")
    assert narrowed(two, "place", "太湖县", drop=True) == Filters(date=("2022",))
    assert narrowed(one, "question", "甲") == narrowed(one, "place", "") == one


def test_the_page_sends_back_what_it_was_given() -> None:
    given = Filters(place=("太湖县", "望江县"), date=("2022",))
    assert sent(json.loads(json.dumps(asdict(given)))) == given
    assert sent({}) == sent(None) == Filters()
    for wrong in ([1], {"place": "太湖县"}, {"place": [["太湖县"]]}, "太湖县"):
        with pytest.raises(BadInput, match="load the page again"):
            sent(wrong)


def test_the_chosen_are_named_as_the_reader_knows_them() -> None:
    html = scope(Filters(essay_id=("甲#2",)), choices(ESSAYS, ZH), ZH)
    assert 'data-drop="essay_id" data-value="甲#2"' in html
    assert "文章：《二》" in html


def test_the_names_of_a_question_can_be_left_out_of_it() -> None:
    named = Named(
        (name("太湖", "太湖县"), name("望江县", "望江县"), name("王五", "王五", "person"))
    )
    found = limits("太湖和望江县有哪些措施？", named, Filters(date=("2022",)), ESSAYS, ZH)
    assert found == (
        Limit("太湖县", "望江县有哪些措施？"),
        Limit("望江县", "太湖有哪些措施？"),
        Limit("2022"),
    )
    only = Named((name("太湖县", "太湖县"),))
    assert limits("太湖县", only, Filters(), ESSAYS, ZH) == ()
