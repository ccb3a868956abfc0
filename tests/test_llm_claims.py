"""A model's stream becomes sentences that know what each part of them cites."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.llm.claims import ClaimReader
from rag.llm.marks import Mark, MarkParser

Sentences = list[tuple[str, Mark]]


def read(*chunks: str) -> Sentences:
    parser, reader = MarkParser(), ClaimReader()
    claims = [claim for chunk in chunks for claim in reader.feed(parser.feed(chunk))]
    claims += [*reader.feed(parser.close()), *reader.close()]
    return [(claim.text, claim.marks) for claim in claims]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("先选[1]。后育[2]。", [("先选。", (1,)), ("后育。", (2,))]),
        ("先选。[1]后育。[2]", [("先选。", (1,)), ("后育。", (2,))]),
        ("先选。[1][2] 后育", [("先选。", (1, 2)), ("后育", ())]),
        ("先选[1]，后育[2]。", [("先选，后育。", (1, 2))]),
        ("“先选。”[1]后育", [("“先选。”", (1,)), ("后育", ())]),
        ("增长1.5%[1]", [("增长1.5%", (1,))]),
        ("- **先选**[1]\n2. 后育[2]", [("先选", (1,)), ("后育", (2,))]),
        ("## 标题\n\n> 先选[1]", [("标题", ()), ("先选", (1,))]),
        ("1.5亿元[1]", [("1.5亿元", (1,))]),
        ("[1]先选。", [("先选。", (1,))]),
        ("\n\n", []),
        ("", []),
    ],
)
def test_sentences_and_their_marks(text: str, sentences: Sentences) -> None:
    assert read(text) == sentences


def test_a_sentence_comes_out_as_soon_as_the_next_begins() -> None:
    reader = ClaimReader()
    assert list(reader.feed(["先选。"])) == []
    assert list(reader.feed([(1,)])) == []
    assert [claim.text for claim in reader.feed(["后"])] == ["先选。"]


@given(st.text(st.sampled_from("选育。！\n[1]【2】、-* ”")), st.data())
def test_any_chunking_reads_the_same(text: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    bounds = [0, *cuts, len(text)]
    assert read(*(text[a:b] for a, b in pairwise(bounds))) == read(text)
