"""Which words of a question are a term, and which questions say what they are about."""

import pytest

from rag.answering.topic import bare_term, has_topic, term


def test_a_term_is_the_longest_run_of_words_that_a_text_holds() -> None:
    held = {"人才工作", "人才工作机制"}
    assert term("什么是人才工作机制？", held.__contains__) == "人才工作机制"
    assert term("人才工作机制是什么？", {"人才工作"}.__contains__) == "人才工作"
    assert term("什么是人才工作机制？", set[str]().__contains__) is None


@pytest.mark.parametrize(
    ("asked", "bare"),
    [
        ("女干部", "女干部"),
        ("“六不”问题。", "“六不”问题"),
        ("的干部？", "干部"),
        ("干", None),
        ("干部有哪些", None),
        ("女干部 名单", None),
        ("一二三四五六七八九十一", None),
    ],
)
def test_a_term_alone_is_no_question(asked: str, bare: str | None) -> None:
    assert bare_term(asked) == bare


def test_what_the_genre_is_made_of_is_no_topic() -> None:
    assert has_topic("有哪些培训措施？")
    for text in ("有哪些主要措施？", "哪几个？", "第三条呢", "这个", "2022"):
        assert not has_topic(text), text
