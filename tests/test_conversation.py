"""What a short question means in a conversation: names, topic, form and items that it leans on."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from rag.answering.classifier import Kind
from rag.answering.conversation import (
    Meaning,
    State,
    meanings,
    ordinals,
    wants_more,
    without_ordinal,
)
from rag.answering.evidence import Evidence, Gatherer, Query, likelier
from rag.answering.features import Asked
from rag.answering.named import Name, Named
from rag.answering.request import Form, Request, read_request
from rag.answering.tree import ShownItem
from rag.pipeline import Assistant
from rag.types import Answer, Filters

TAIHU = Name("太湖县", "place", "太湖县", 0, 3, ("甲#0",))
CHIZHOU = Name("池州", "place", "池州市", 0, 2, ("乙#0",))
ITEMS = tuple(ShownItem("甲#0", n, f"甲#0.{n + 2}", 0, 9) for n in range(3))
STATE = State(
    topic="怎么引才", names=(TAIHU,), essays=("甲#0",), kind="list", form=Form(layout="table"),
    items=ITEMS, recent=(CHIZHOU, TAIHU),
)  # fmt: skip


def read(
    text: str,
    *names: Name,
    state: State = STATE,
    core: str | None = None,
    kind: Kind = "list",
    form: Form = Form(),  # noqa: B008 (frozen)
) -> list[Meaning]:
    """Return the ways to read a question with these names in it."""
    core = text if core is None else core
    rest = core
    for name in names:
        rest = rest.replace(name.text, " ")
    request = Request(text, core, kind, "measures", form)
    named = Named(names=tuple(names), rest=" ".join(rest.split()))
    return meanings(request, named, state)


def test_the_first_question_means_itself() -> None:
    (meaning,) = read("怎么引才？", state=State())
    assert (meaning.text, meaning.names, meaning.leans) == ("怎么引才？", (), False)
    assert meaning.essays == ()


def test_a_refused_question_on_another_place_is_one_of_the_ways_to_read_the_next() -> None:
    refused = Meaning("池州怎么留才", "怎么留才", (CHIZHOU,), "list", Form())
    moved, stays, alone = read("给多少补贴", state=replace(STATE, refused=refused))
    assert (moved.names, stays.names, alone.names) == ((CHIZHOU,), (TAIHU,), ())
    assert (moved.text, moved.essays) == ("池州市 给多少补贴", ())
    here = replace(refused, names=(TAIHU,))
    assert len(read("给多少补贴", state=replace(STATE, refused=here))) == 2


SPEECH = Name("", "title", "《讲话》", 0, 0, ("丙#0",))
NOTICE = Name("", "title", "《通知》", 0, 0, ("丁#0",))
TEXTS = replace(STATE, read=(SPEECH, NOTICE))


@pytest.mark.parametrize(
    ("text", "topic"),
    [("两份材料哪份讲廉政多", "廉政"), ("这俩文件都说缺人", "缺人"),
     ("两篇分别是谁写的", "怎么引才"), ("这些材料对比一下", "怎么引才"),
     ("那两部条例罚得重吗", "罚")],
)  # fmt: skip
def test_several_texts_are_those_that_answered_last(text: str, topic: str) -> None:
    (meaning,) = read(text, state=TEXTS)
    assert (meaning.names, meaning.kind) == ((SPEECH, NOTICE), "compare")
    assert topic in meaning.topic


def test_places_are_compared_as_places_where_texts_were_read_too() -> None:
    (meaning,) = read("这两个县怎么引才", state=TEXTS)
    assert meaning.names == (CHIZHOU, TAIHU)


def test_a_question_goes_back_to_what_was_read_before() -> None:
    *sides, alone = read("回到刚才的讲话，谁主持的", state=TEXTS)
    assert [side.essays for side in sides] == [SPEECH.essays, NOTICE.essays]
    assert all(side.leans and "回到" not in side.text for side in sides)
    assert not alone.leans
    of_place = Name("丙县", "place", "丙县", 2, 4, ("丙#0", "戊#0"))
    first, *_ = read("回到丙县，谁主持的", of_place, state=TEXTS)
    assert (first.essays, first.names) == (SPEECH.essays, ())


def test_a_name_that_no_essay_is_about_stays_in_what_is_asked() -> None:
    said = Name("赵连浩", "person", "赵连浩", 0, 3)
    named = Named(mentioned=(said,), rest="怎么讲的")
    request = Request("赵连浩怎么讲的", "赵连浩怎么讲的", "fact", "text", Form())
    assert "赵连浩" in meanings(request, named, STATE)[0].text


def test_names_and_topic_of_its_own_win() -> None:
    (meaning,) = read("池州怎么留才？", CHIZHOU)
    assert (meaning.names, meaning.topic, meaning.leans) == ((CHIZHOU,), "怎么留才？", False)
    assert meaning.essays == ()


@pytest.mark.parametrize("text", ["那池州呢？", "换成池州", "池州呢", "再看看池州", "换池州"])
def test_a_name_alone_takes_the_place_of_the_last(text: str) -> None:
    first, *_ = read(text, CHIZHOU)
    assert (first.names, first.topic, first.kind) == ((CHIZHOU,), "怎么引才", "list")
    assert first.text == "池州市 怎么引才"
    assert first.form == STATE.form
    assert first.essays == ()  # those of the last answer are not of that place
    assert first.leans


def test_a_name_to_compare_with_joins_the_last() -> None:
    (meaning,) = read("和池州比呢？", CHIZHOU, kind="fact")
    assert (meaning.names, meaning.kind) == ((TAIHU, CHIZHOU), "compare")
    assert meaning.topic == "怎么引才"
    assert meaning.text == "太湖县 池州市 怎么引才"


def test_a_name_to_compare_with_joins_the_last_on_another_topic_too() -> None:
    (meaning,) = read("和池州比一下留才的做法", CHIZHOU, kind="fact")
    assert (meaning.names, meaning.kind) == ((TAIHU, CHIZHOU), "compare")
    assert meaning.topic == "留才的做法"


def test_a_topic_alone_is_read_of_the_last_place() -> None:
    ways = read("那留才呢？")
    assert ways[0].names == (TAIHU,)
    assert "留才" in ways[0].text
    assert ways[0].text.startswith("太湖县")


@pytest.mark.parametrize("text", ["各地怎么留才？", "所有县市在留才上有什么共同做法"])
def test_all_places_are_none_of_the_conversation(text: str) -> None:
    (meaning,) = read(text)
    assert (meaning.names, meaning.essays, meaning.topic) == ((), (), text)


def test_all_places_are_asked_about_the_last_topic() -> None:
    (meaning,) = read("各县区呢？")
    assert (meaning.names, meaning.essays, meaning.topic) == ((), (), "怎么引才")


def test_a_question_that_points_back_keeps_names_and_essays() -> None:
    for way in read("他是谁？"):
        assert way.names == (TAIHU,)
        assert way.essays == ("甲#0",)


@pytest.mark.parametrize(
    ("text", "item"),
    [("第三条展开说", 2), ("第一个方面", 0), ("第2点呢", 1)],
)
def test_an_ordinal_means_an_item_on_screen(text: str, item: int) -> None:
    (meaning,) = read(text)
    assert meaning.item == ITEMS[item]
    assert meaning.essays == ("甲#0",)


def test_an_ordinal_past_the_last_item_or_of_a_named_place_is_no_item() -> None:
    assert all(way.item is None for way in read("第四条展开说"))
    assert all(way.item is None for way in read("池州第二条", CHIZHOU))


def test_a_question_on_an_item_may_also_stand_alone() -> None:
    with_item, alone = read("第二条的培训经费是多少？")
    assert with_item.item == ITEMS[1]
    assert alone.item is None


def test_a_new_form_alone_asks_the_last_question_again() -> None:
    (meaning,) = read("分点列一下，300字以内", core="", form=Form(layout="points", length=300))
    assert (meaning.text, meaning.names) == ("太湖县 怎么引才", (TAIHU,))
    assert (meaning.form.layout, meaning.form.length) == ("points", 300)
    (kept,) = read("300字", core="", form=Form(length=300))
    assert (kept.form.layout, kept.form.length) == ("table", 300)


@pytest.mark.parametrize(
    "text",
    [
        "还有吗？", "还有没有别的？", "还有其他的吗", "别的呢", "还有别的措施吗？",
        "还有哪些做法？", "其他要求呢",
    ],
)  # fmt: skip
def test_more_asks_the_last_question_again(text: str) -> None:
    (meaning,) = read(text)
    assert (meaning.text, meaning.leans) == ("太湖县 怎么引才", True)


@pytest.mark.parametrize("text", ["还有多少人？", "别的地方呢", "还有谁参加？"])
def test_another_thing_is_not_more_of_the_same(text: str) -> None:
    assert not wants_more(text)
    assert all(not way.seen for way in read(text))


def test_the_number_of_what_is_not_on_screen_is_looked_up_in_the_essay() -> None:
    meant, *_ = read("展开第五条")
    assert (ordinals(meant.topic), meant.essays) == ([(5, "条")], ("甲#0",))


@pytest.mark.parametrize(
    ("text", "kind"),
    [("补贴标准", "number"), ("博士呢", "number"), ("介绍一下补贴政策", "summary")],
)
def test_a_bare_term_asks_what_was_asked_before(text: str, kind: Kind) -> None:
    before = replace(STATE, topic="引进多少人才", kind="number")
    assert read(text, state=before, kind="summary")[0].kind == kind


def test_how_many_were_looked_up_is_said_with_them(assistant: Assistant) -> None:
    looked_up = assistant.ask("哪些地方提到了容错纠错")
    counted = assistant.ask("一共几篇？", ["哪些地方提到了容错纠错"])
    assert counted.coverage == looked_up.coverage
    assert counted.blocks[0] == looked_up.blocks[0]


def test_only_a_part_narrows_the_last_topic() -> None:
    (meaning,) = read("只看育才的")
    assert "育才" in meaning.topic
    assert "怎么引才" in meaning.topic
    assert meaning.names == (TAIHU,)


@pytest.mark.parametrize("text", ["这两个县比一比", "两个县比一比"])
def test_two_places_are_those_named_last(text: str) -> None:
    (meaning,) = read(text, kind="compare")
    assert (meaning.names, meaning.kind) == ((CHIZHOU, TAIHU), "compare")
    assert meaning.topic == "怎么引才"


def test_numbers_of_parts() -> None:
    assert ordinals("第三部分第二条讲什么") == [(3, "部分"), (2, "条")]
    assert ordinals("第十二条") == [(12, "条")]
    assert ordinals("第2个方面") == [(2, "方面")]
    assert ordinals("哪些措施") == []
    assert without_ordinal("第三条展开说") == "展开说"


def test_a_text_of_the_state_is_the_last_question_as_it_stands_alone() -> None:
    assert STATE.meaning.text == "太湖县 怎么引才"
    assert State().meaning.text == ""


# ---- conversations on the essays of corpus/ ----


def cited(answer: Answer) -> list[tuple[str, str]]:
    return [(citation.paragraph.paragraph_id, citation.quote) for citation in answer.citations]


def test_a_refused_turn_changes_nothing(assistant: Assistant) -> None:
    before = ["望江县有哪些措施？"]
    refused = assistant.ask("黄山市怎么引才？", before)
    assert refused.abstained
    for question in ("第三条展开说", "大观区呢？"):
        after = assistant.ask(question, [*before, "黄山市怎么引才？", "你好"])
        assert cited(after) == cited(assistant.ask(question, before))
        assert not after.abstained


def test_a_conversation_has_one_answer_whether_it_is_kept_or_read_again(
    assistant: Assistant,
) -> None:
    turns = ["太湖县有哪些措施？", "池州市呢？"]
    kept = [assistant.ask(turn, turns[:n]) for n, turn in enumerate(turns)]
    answerer = assistant._serving.current().answerer
    answerer._conversations._states.clear()
    again = assistant.ask(turns[1], turns[:1])
    assert cited(again) == cited(kept[1])
    assert {citation.essay.place for citation in again.citations} == {"池州市"}


def test_a_long_history_is_not_asked_again(
    assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each turn looks evidence up for itself alone, however many went before it."""
    calls: list[str] = []
    plain = Gatherer.evidence

    def counted(self: Gatherer, query: Query) -> list[Evidence]:
        calls.append(query.asked.text)
        return plain(self, query)

    monkeypatch.setattr(Gatherer, "evidence", counted)
    turns: list[str] = []
    looked_up: list[int] = []
    for place in ("太湖县", "望江县", "大观区", "迎江区") * 5:
        calls.clear()
        assistant.ask(f"{place}有哪些措施？", turns)
        looked_up.append(len(calls))
        turns.append(f"{place}有哪些措施？")
    assert len(set(looked_up)) == 1
    unseen: Sequence[str] = [f"{turn} " for turn in turns]
    calls.clear()
    assistant.ask("太湖县有哪些措施？", unseen)
    assert len(calls) <= 9 * looked_up[0]  # of a history from elsewhere, the last few turns


def test_what_the_reader_set_by_hand_wins_over_the_conversation(assistant: Assistant) -> None:
    answer = assistant.ask("有哪些措施？", ["太湖县有哪些措施？"], Filters(place=("大观区",)))
    assert {citation.essay.place for citation in answer.citations} <= {"大观区"}


def test_form_is_taken_out_before_a_question_is_read() -> None:
    request = read_request("请用表格列出来，谢谢")
    assert request.form.layout == "table"


@pytest.mark.parametrize(
    ("text", "several"),
    [("这两个怎么引才", True), ("两地对比一下", True), ("这些怎么引才", True),
     ("两个县怎么引才", True), ("什么是三个务必", False), ("三个务必怎么引才", False),
     ("三个区分开来怎么落实", False)],
)  # fmt: skip
def test_a_number_means_places_only_where_it_points(text: str, several: bool) -> None:
    compared = read(text)[0].kind == "compare"
    assert compared == several


def test_what_names_nothing_leaves_a_conversation_only_for_a_clear_answer(
    assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before, 今年再添几座 after parks in Shanghai was answered by officials of Jiangsu."""
    plain, likely = Gatherer.evidence, [0.0]

    def elsewhere(self: Gatherer, query: Query) -> list[Evidence]:
        found = plain(self, query)
        there = [each for each in found if each.sentence.essay.place == "大观区"]
        return [replace(each, probability=likely[0]) for each in there[:1]]

    before = ["太湖县有哪些措施？"]
    assistant.ask(before[0])
    monkeypatch.setattr(Gatherer, "evidence", elsewhere)
    question = "选派了多少名干部？"
    for likely[0], alone, in_conversation in ((0.4, False, True), (0.6, False, False)):
        assert assistant.ask(question).abstained == alone
        answer = assistant.ask(question, before)
        assert answer.abstained == in_conversation
        assert all(each.essay.place == "大观区" for each in answer.citations)


def test_odds_grow_but_for_some_essays(assistant: Assistant) -> None:
    answerer = assistant._serving.current().answerer
    found = answerer.gatherer.evidence(Query(Asked("怎么引进人才", {})))
    first = found[0].sentence.essay.essay_id
    halved = {each.sentence.key: each.probability for each in likelier(found, 0.5, but=[first])}
    for each in found:
        odds = each.probability / (1 - each.probability)
        now = halved[each.sentence.key] / (1 - halved[each.sentence.key])
        factor = 1 if each.sentence.essay.essay_id == first else 0.5
        assert now == pytest.approx(factor * odds)
    assert sorted(halved.values(), reverse=True) == list(halved.values())


@pytest.mark.parametrize("text", ["今年计划呢？", "2026年呢", "今年计划引进多少？"])
def test_a_time_takes_the_place_of_the_one_before_it(text: str) -> None:
    before = replace(STATE, topic="去年引进多少人才", kind="number")
    for way in read(text, state=before):
        assert "去年" not in way.text + way.joined
        assert "引进" in way.text + way.joined
    (same,) = read("博士呢？", state=before)
    assert "去年" in same.text + same.joined
