"""Terms in texts: by letters, parts, abbreviation and official words; never by half a figure."""

import re
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.answering.everyday import official, spoken
from rag.answering.matching import Matcher
from rag.answering.meaning import Meaning
from rag.answering.question import Term
from rag.answering.wanted import infixed, plain, plain_part
from rag.encoding import load_default

IDF = {"人才": 1.0, "干部": 1.0, "引进": 3.0, "企业": 2.0, "服务": 2.0, "": 6.0}
MATCHER = Matcher(lambda word: IDF.get(word, 6.0), load_default().token_vectors)


def letters(term: str, text: str, *, required: bool = False) -> float:
    made = Term(term, required=required, official=official(term))
    return MATCHER.match(made, text, meaning=False)


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
    assert MATCHER.matches(terms, "设立人才服务专窗", meaning=False) == (0.85, 0.85)
    assert MATCHER.matches(terms, "专心工作", meaning=False) == (0.0, 0.0)
    assert MATCHER.matches([Term("今天"), Term("天气")], "今天", meaning=False) == (1.0, 0.0)


def test_coverage_is_the_mean_by_rarity() -> None:
    terms = [Term("引进"), Term("人才")]
    weights = [MATCHER.weight(term) for term in terms]
    expected = weights[1] / sum(weights)
    assert MATCHER.coverage(terms, "人才强县", meaning=False) == pytest.approx(expected)
    assert weights[0] > weights[1]
    assert MATCHER.coverage([], "人才") == 0.0


def test_a_common_word_that_is_missing_weighs_less_than_a_rare_one() -> None:
    assert MATCHER.weight(Term("愿意")) < MATCHER.weight(Term("公租房"))


WORDS = st.lists(st.sampled_from(["人才", "干部", "引进", "企业", "天气", "7%", "选"]), max_size=4)


@given(WORDS, st.text(st.sampled_from("人才干部引进企业“”7%选，。"), max_size=30))
def test_coverage_stays_between_0_and_1_and_meaning_only_adds(words: list[str], text: str) -> None:
    terms = [Term(word) for word in words]
    by_letters = MATCHER.coverage(terms, text, meaning=False)
    assert 0 <= by_letters <= MATCHER.coverage(terms, text) + 1e-9 <= 1 + 1e-6


def test_everyday_words_begin_and_end_with_a_word() -> None:
    assert [word for word, _ in spoken("怎么让混日子的干部下来")] == ["混日子", "下来"]
    assert "资金" not in [word for word, _ in spoken("专项资金按什么比例设立")]
    assert official("诬告")[0] == "不实反映"
    assert official("干部") == ()


def test_words_are_vectors_of_one_length() -> None:
    rows = load_default().token_vectors(["诬告", "不实"])
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)


@given(
    WORDS, st.text(st.sampled_from("人才干部引进企业服务专窗“”7%选，。"), max_size=40), st.data()
)
def test_what_is_not_in_the_whole_is_not_looked_for_in_a_part(
    words: list[str], text: str, data: st.DataObject
) -> None:
    start, end = sorted(data.draw(st.tuples(*[st.integers(0, len(text))] * 2)))
    terms = [*map(Term, words), Term("专门"), Term("窗口"), Term("人才服务中心")]
    whole = MATCHER.matches(terms, text, meaning=False)
    part = MATCHER.matches(terms, text[start:end], meaning=False)
    assert MATCHER.matches(terms, text[start:end], meaning=False, within=whole) == part


def test_more_words_than_are_kept_come_out_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    term, texts = Term("诬告"), ["为受到不实反映的干部正名", "作风建设", "澄清事实", "企业服务"]
    wanted = [MATCHER.match(term, text) for text in texts]
    monkeypatch.setattr("rag.answering.meaning._KEPT", 3)
    fresh = Matcher(lambda word: IDF.get(word, 6.0), load_default().token_vectors)
    assert [fresh.match(term, text) for text in texts * 2] == pytest.approx(wanted * 2)


@given(st.text(st.sampled_from("人才“”AB\uff21\uff0a％㎡⅒ﬁ。 𠮷"), max_size=30), st.data())
def test_a_part_is_plain_as_it_would_be_alone(text: str, data: st.DataObject) -> None:
    start, end = sorted(data.draw(st.tuples(*[st.integers(0, len(text))] * 2)))
    assert plain_part(text, start, end) == plain(text[start:end])


WORDS = ["不实", "举报", "党员", "人才", "揭发", "发展", "企业"]
LETTERS = st.text(st.sampled_from("引才英自贸由a 。"), max_size=12)


@given(st.text(st.sampled_from("引才英自贸a"), min_size=2, max_size=3), LETTERS)
def test_a_short_word_written_out_is_what_the_pattern_finds(word: str, text: str) -> None:
    between = "[一-鿿]" if len(word) == 2 else "[一-鿿]?"
    pattern = between.join(map(re.escape, word))
    found = infixed(word, text, (1,) if len(word) == 2 else (0, 1))
    assert found == bool(re.search(pattern, text))


@given(st.lists(st.sampled_from(WORDS), max_size=8), st.lists(st.sampled_from(WORDS), max_size=8))
def test_the_nearest_word_is_the_nearest_of_all(held: list[str], before: list[str]) -> None:
    encoder = load_default()
    meaning = Meaning(encoder.token_vectors)
    meaning.compare(["诬告", "发展党员"], before)  # what was compared before changes nothing
    text = "。".join(held)
    vectors = {word: encoder.token_vectors([word])[0] for word in {*held, "诬告", "发展党员"}}
    for word, found in zip(
        ["诬告", "发展党员"], meaning.nearest(["诬告", "发展党员"], text), strict=True
    ):
        cosines = [float(vectors[word] @ vectors[h]) for h in held if h not in word]
        nearest = max(cosines, default=0.0)
        assert found == pytest.approx(0.75 * max(0.0, nearest - 0.42) / 0.58, abs=1e-5)


def test_many_threads_find_the_same() -> None:
    texts = [f"{one}{other}。" for one in WORDS for other in WORDS]
    alone = Meaning(load_default().token_vectors)
    wanted = [alone.nearest(["诬告", "发展党员"], text) for text in texts]
    shared = Meaning(load_default().token_vectors)
    with ThreadPoolExecutor(8) as pool:
        found = pool.map(partial(shared.nearest, ["诬告", "发展党员"]), texts * 8)
        assert list(found) == [pytest.approx(each, abs=1e-5) for each in wanted * 8]
