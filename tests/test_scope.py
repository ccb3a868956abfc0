"""Very many essays: names looked up, reprints folded, and bounds that the answer states."""

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.answering.names import Named, _Variants
from rag.answering.question import understand
from rag.answering.scope import Scope, Scopes
from rag.pipeline import Assistant, build
from rag.settings import Settings
from rag.types import Essay, Filters
from tests.test_answering import check_promise

MANY = 130
PLACES = ("清河县", "白塔区", "临江县")


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    """130 essays, each by a head of its own; 40 of them speak of 夜间学堂."""
    folder = tmp_path_factory.mktemp("many")
    (folder / "corpus").mkdir()
    for number in range(MANY):
        on = "开办夜间学堂" if number % 3 == 0 and number < 120 else "建设文化礼堂"
        head = f"{PLACES[number % 3]}委组织部部长 李明{chr(0x4E00 + number)}"
        text = (
            f"{on}服务群众第{number}例\n\n{head}\n\n"
            f"{on}，组织{number + 20}名党员轮流授课，群众家门口就能学到{number}样本领。\n\n"
            f"加强组织领导，第{number}个专班每周调度一次，问题当场解决。\n"
        )
        (folder / "corpus" / f"{number:03}.txt").write_text(text, encoding="utf-8")
    build([folder / "corpus"], folder / "index", Settings())
    return Assistant.open(folder / "index", Settings())


def test_a_comparison_of_very_many_says_what_it_has_read(many: Assistant) -> None:
    answer = many.ask("哪些文章提到了夜间学堂？")
    check_promise(answer)
    said = re.search(r"共 (\d+) 篇，看了意思最相近的 (\d+) 篇，其中 (\d+) 篇提到；", answer.text)
    assert said is not None
    total, looked, speaking = map(int, said.groups())
    assert total == MANY
    assert looked <= 30
    assert speaking == len({c.essay.essay_id for c in answer.citations}) == looked
    assert all("夜间学堂" in c.paragraph.text for c in answer.citations)
    assert "未提及" not in answer.text
    assert answer.coverage is not None
    assert (answer.coverage.essays, answer.coverage.silent) == (MANY, ())


def test_none_of_very_many_is_said_to_be_silent(many: Assistant) -> None:
    answer = many.ask("哪些文章没有提到夜间学堂？")
    assert "其余没有逐篇核对" in answer.text
    assert "未提及" not in answer.text


def test_a_list_from_very_many_does_not_say_that_it_is_all(many: Assistant) -> None:
    assert "已全部列出" not in many.ask("开办夜间学堂有哪些做法？").text


def test_the_contents_of_very_many_are_counted_and_cut(many: Assistant) -> None:
    answer = many.ask("一共收录了多少篇文章？")
    assert f"共 {MANY} 篇" in answer.text
    assert "以上是前 100 篇，另有 30 篇未列出" in answer.text


def _essays(many: Assistant) -> tuple[Essay, ...]:
    return many.records.essays()


def test_a_question_without_names_is_about_the_same_essays_each_time(many: Assistant) -> None:
    scopes = Scopes(many.records)
    assert scopes.of(Named(), Filters()) is scopes.everything
    assert list(scopes.everything) == list(_essays(many))
    assert scopes.everything.counted.ids == {e.essay_id for e in _essays(many) if e.kind == "essay"}


def _by(test: Callable[[Essay], bool], many: Assistant) -> list[Essay]:
    return [essay for essay in _essays(many) if test(essay)]


def test_names_choose_essays_as_reading_all_of_them_does(many: Assistant) -> None:
    scopes, some = Scopes(many.records), _essays(many)[7]
    place, author = some.place or "", some.author or ""
    assert place
    assert author
    at_place = _by(lambda e: e.place == place, many)
    assert list(scopes.of(Named(places=(place,)), Filters())) == at_place
    assert list(scopes.of(Named(people=(author,)), Filters())) == [some]
    assert list(scopes.of(Named(essays=(some.essay_id,)), Filters())) == [some]
    assert list(scopes.of(Named(people=(author,), places=("别处",)), Filters())) == []
    elsewhere = _by(lambda e: e.place != place, many)
    assert list(scopes.of(Named(excluded=(place,)), Filters())) == elsewhere
    both = scopes.of(Named(places=(place,)), Filters(author=(author,)))
    assert list(both) == [some]


def test_the_first_of_reprints_speaks(many: Assistant) -> None:
    first, second, third = _essays(many)[:3]
    again = replace(second, reprint_of=first.essay_id)
    scope = Scope([first, again, third])
    assert list(scope) == [first, third]
    assert second.document in scope.reprints({first.essay_id})
    assert scope.reprints({third.essay_id}) == ""
    assert list(Scope([again, third])) == [again, third]


@given(st.sets(st.text("甲乙丙丁", min_size=1, max_size=4)), st.text("甲乙丙丁戊", max_size=12))
def test_names_are_found_as_a_search_for_each_finds_them(names: set[str], text: str) -> None:
    ordered = sorted(names)
    expected = [n for n in sorted(ordered, key=len, reverse=True) if n in text]
    assert _Variants(ordered).found(text) == expected


def test_all_passages_are_searched_where_nothing_limits_the_essays(many: Assistant) -> None:
    desk = many.desk
    named = many.search("夜间学堂", 40, Filters(essay_id=tuple(e.essay_id for e in _essays(many))))
    free = many.search("夜间学堂", 40)
    assert [hit.passage for hit in free] == [hit.passage for hit in named]
    most = Scope(_essays(many)[20:])
    names = Filters(essay_id=tuple(essay.essay_id for essay in most))
    question = understand("夜间学堂", Named(rest="夜间学堂"))
    found = desk._hits(question, 20, most)
    limited = desk.retriever.search("夜间学堂", 20, names)
    assert {hit.passage.essay_id for hit in found} <= most.ids
    assert [hit.passage for hit in found[:10]] == [hit.passage for hit in limited[:10]]
