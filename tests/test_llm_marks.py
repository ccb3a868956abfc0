"""Citation marks: every form is read, and the same however the stream is cut."""

from itertools import groupby, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.llm.marks import Mark, MarkParser

FULL = str.maketrans("0123456789", "".join(chr(0xFF10 + digit) for digit in range(10)))


def read(*chunks: str) -> list[str | Mark]:
    """Parse `chunks` and join the pieces of text that touch."""
    parser = MarkParser()
    tokens = [token for chunk in chunks for token in parser.feed(chunk)] + parser.close()
    joined: list[str | Mark] = []
    for is_text, group in groupby(tokens, lambda token: isinstance(token, str)):
        run = list(group)
        joined += ["".join(map(str, run))] if is_text else run
    return joined


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("[1]", (1,)),
        ("［1］", (1,)),
        ("【1】", (1,)),
        ("[12]".translate(FULL), (12,)),
        ("[1,2]", (1, 2)),
        ("[1，2]", (1, 2)),
        ("【1、3】", (1, 3)),
        ("[ 1 ; 2 ]", (1, 2)),
        ("[1-3]", (1, 2, 3)),
        ("［2—4］", (2, 3, 4)),
        ("[2～3,7]", (2, 3, 7)),
        ("[3-1]", (1, 2, 3)),
        ("[1,1]", (1,)),
        ("[来源1]", (1,)),
        ("【摘录2、摘录3】", (2, 3)),
        ("[1-999999]", (1, 999999)),
    ],
)
def test_every_form_of_a_mark(written: str, meant: Mark) -> None:
    assert read(f"先选{written}。") == ["先选", meant, "。"]


@pytest.mark.parametrize("text", ["[a]", "[]", "[1", "数组[1.5]", "[[", "[1\\]", "【编者按】"])
def test_other_brackets_are_text(text: str) -> None:
    assert read(text) == [text]


def test_a_mark_inside_open_brackets_is_read() -> None:
    assert read("[[1]2]") == ["[", (1,), "2]"]


def test_text_is_not_held_back_longer_than_it_may_be_a_mark() -> None:
    parser = MarkParser()
    assert parser.feed("先选[") == ["先选"]
    assert parser.feed("编") == ["[编"]
    assert parser.feed("［" + "1" * 61) == ["［" + "1" * 61]


@given(
    st.lists(
        st.sampled_from(
            [
                *"[［【]】1,、-。",
                "来源",
                "[1]",
                "［2，3］",
                "【4-6】",
                "[" + "1," * 28,
                "[" + "1," * 29,
            ]
        ),
        max_size=30,
    ).map("".join),
    st.data(),
)
def test_any_chunking_reads_the_same(text: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=12)))
    bounds = [0, *cuts, len(text)]
    assert read(*(text[a:b] for a, b in pairwise(bounds))) == read(text)


@given(st.text(st.sampled_from("[]［］【】12,-来源。 ")))
def test_nothing_but_marks_is_taken_out(text: str) -> None:
    kept = iter(text)
    said = "".join(token for token in read(text) if isinstance(token, str))
    assert all(character in kept for character in said)  # a subsequence of `text`
