"""Terms in texts: by letters, parts, abbreviation and official words; never by half a figure."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.answering.everyday import official, spoken
from rag.answering.matching import Matcher
from rag.answering.question import Term
from rag.answering.wanted import infixed, plain, plain_part

IDF = {"人才": 1.0, "干部": 1.0, "引进": 3.0, "企业": 2.0, "服务": 2.0, "": 6.0}
MATCHER = Matcher(lambda word: IDF.get(word, 6.0))


def letters(term: str, text: str, *, required: bool = False) -> float:
    made = Term(term, required=required, official=official(term))
    return MATCHER.match(made, text)


@pytest.mark.parametrize(
    ("term", "text", "value"),
    [
        ("引才", "筑巢安家“引”才。", 1.0),
        ("引才", "引育英才", 0.0),
        ("引才", "大力引英才", 0.8),
        ("建成", "建设成坚强的战斗堡垒", 0.8),
        ("选", "把牢标准“选”。", 1.0),
        ("选", "选优配强", 0.0),
        ("7%", "增长7%以上", 1.0),
        ("7%", "失业率5.7%", 0.0),
        ("7%", "达到７％", 1.0),
        ("混日子", "整治庸政懒政", 0.9),
        ("诬告", "作风不严不实", 0.0),
        ("诬告", "为受到不实反映的干部正名", 0.9),
        ("GDP", "地区生产总值增长5%", 0.9),
        ("公租房", "人才公寓", 0.0),
    ],
)
def test_letters(term: str, text: str, value: float) -> None:
    assert letters(term, text) == value


def test_a_required_term_is_there_whole_or_not() -> None:
    assert letters("四进四考", "“四进四考”模式", required=True) == 1.0
    assert letters("人才驿站", "人才和驿站", required=True) == 0.0


def test_two_words_in_one_abbreviation() -> None:
    terms = [Term("专门"), Term("窗口")]
    assert MATCHER.matches(terms, "设立人才服务专窗") == (0.85, 0.85)
    assert MATCHER.matches(terms, "专心工作") == (0.0, 0.0)
    assert MATCHER.matches([Term("今天"), Term("天气")], "今天") == (1.0, 0.0)


def test_coverage_is_the_mean_by_rarity() -> None:
    terms = [Term("引进"), Term("人才")]
    weights = [MATCHER.weight(term) for term in terms]
    expected = weights[1] / sum(weights)
    assert MATCHER.coverage(terms, "人才强县") == pytest.approx(expected)
    assert weights[0] > weights[1]
    assert MATCHER.coverage([], "人才") == 0.0


def test_a_common_word_that_is_missing_weighs_less_than_a_rare_one() -> None:
    assert MATCHER.weight(Term("愿意")) < MATCHER.weight(Term("公租房"))


WORDS = st.lists(st.sampled_from(["人才", "干部", "引进", "企业", "天气", "7%", "选"]), max_size=4)


@given(WORDS, st.text(st.sampled_from("人才干部引进企业“”7%选，。"), max_size=30))
def test_coverage_stays_between_0_and_1(words: list[str], text: str) -> None:
    assert 0 <= MATCHER.coverage([Term(word) for word in words], text) <= 1 + 1e-6


def test_everyday_words_begin_and_end_with_a_word() -> None:
    assert [word for word, _ in spoken("怎么让混日子的干部下来")] == ["混日子", "下来"]
    assert "资金" not in [word for word, _ in spoken("专项资金按什么比例设立")]
    assert official("诬告")[0] == "不实反映"
    assert official("干部") == ()


@given(
    WORDS, st.text(st.sampled_from("人才干部引进企业服务专窗“”7%选，。"), max_size=40), st.data()
)
def test_what_is_not_in_the_whole_is_not_looked_for_in_a_part(
    words: list[str], text: str, data: st.DataObject
) -> None:
    start, end = sorted(data.draw(st.tuples(*[st.integers(0, len(text))] * 2)))
    terms = [*map(Term, words), Term("专门"), Term("窗口"), Term("人才服务中心")]
    whole = MATCHER.matches(terms, text)
    part = MATCHER.matches(terms, text[start:end])
    assert MATCHER.matches(terms, text[start:end], within=whole) == part


@given(st.text(st.sampled_from("人才“”AB\uff21\uff0a％㎡⅒ﬁ。 𠮷"), max_size=30), st.data())
def test_a_part_is_plain_as_it_would_be_alone(text: str, data: st.DataObject) -> None:
    start, end = sorted(data.draw(st.tuples(*[st.integers(0, len(text))] * 2)))
    assert plain_part(text, start, end) == plain(text[start:end])


LETTERS = st.text(st.sampled_from("引才英自贸由a 。"), max_size=12)


@given(st.text(st.sampled_from("引才英自贸a"), min_size=2, max_size=3), LETTERS)
def test_a_short_word_written_out_is_what_the_pattern_finds(word: str, text: str) -> None:
    between = "[一-鿿]" if len(word) == 2 else "[一-鿿]?"
    pattern = between.join(map(re.escape, word))
    found = infixed(word, text, (1,) if len(word) == 2 else (0, 1))
    assert found == bool(re.search(pattern, text))
