"""What sort of thing is asked for, and by what signs a sentence may hold it."""

import pytest

from rag.answering.answer_types import ASKS, holds, types_of


@pytest.mark.parametrize(
    ("question", "yes", "no"),
    [
        ("工程何时动工？", "1999年动工。", "工程已经动工。"),
        ("全长多少公里？", "全长364.6公里。", "全长很长。"),
        ("主教堂有几座塔？", "两座塔高耸。", "塔高耸。"),
        ("他为什么辞职？", "因病辞职。", "后来辞职。"),
        ("这种鱼又名什么？", "又名比目鱼。", "体长很短。"),
        ("湖在哪里？", "位于山中。", "湖水清澈。"),
    ],
)
def test_a_sentence_may_hold_what_is_asked(question: str, yes: str, no: str) -> None:
    types = types_of(question)
    assert types
    assert holds(types, yes) > holds(types, no)


def test_what_is_asked_for_plainly_has_no_type() -> None:
    assert types_of("他担任什么职务？") == ()
    assert holds((), "他担任书记。") == 0.5


@pytest.mark.parametrize("question", ["谁提出的？", "怎么办？", "有几条？", "多高？", "哪一年？"])
def test_the_words_that_ask_are_found(question: str) -> None:
    assert ASKS.search(question)
