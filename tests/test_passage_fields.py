"""What stands around a passage is what its essay and its measures say, and it is cut apart."""

from collections import Counter

import numpy as np

from rag.corpus import terms
from rag.index import keys_of
from rag.passages import Fields, fields, passages, title
from rag.types import Document, Essay, Measure, Outline, Paragraph, Piece
from rag.words import Tokenizer, tokens


def paragraph(n: int, text: str, *trail: str) -> Paragraph:
    return Paragraph(f"甲#0.{n}", "甲#0", n, "body", text, (Piece(0, n),), trail)


def measure(n: int, under: str | None, place: int, lead: str, start: int, end: int) -> Measure:
    level = 2 if under else 1
    return Measure(f"甲#0.m{n}", "甲#0", f"甲#0.{place}", level, under, lead, start, end)


ESSAY = Essay("甲#0", "甲", title="人才工作", place="太湖县", office="组织部", author="王平")
MADE = Outline(
    Document("甲", "", "txt", ()),
    (ESSAY,),
    (
        paragraph(1, "人才是第一资源。"),
        paragraph(2, "一、引才。"),
        paragraph(3, "抓引进。设立资金。抓平台。建立驿站。", "一、引才。"),
    ),
    (
        measure(1, None, 2, "一、引才。", 0, 5),
        measure(2, "甲#0.m1", 3, "抓引进。", 0, 9),
        measure(3, "甲#0.m1", 3, "抓平台。", 9, 18),
    ),
)
AROUND = "人才工作 太湖县 组织部 王平"


def test_the_fields_of_each_passage() -> None:
    found = list(fields([MADE], passages(MADE, 420)))
    assert found == [
        Fields(AROUND, "", "", "人才是第一资源。"),
        Fields(AROUND, "", "一、引才。", "一、引才。"),
        Fields(AROUND, "一、引才。", "抓引进。", "抓引进。设立资金。"),
        Fields(AROUND, "一、引才。", "抓平台。", "抓平台。建立驿站。"),
    ]
    assert [each.embedded for each in found] == [
        f"{AROUND}\n人才是第一资源。",
        f"{AROUND}\n一、引才。",
        f"{AROUND}\n一、引才。\n抓引进。设立资金。",
        f"{AROUND}\n一、引才。\n抓平台。建立驿站。",
    ]


def test_a_title_holds_only_what_is_stated() -> None:
    assert title(ESSAY) == AROUND
    assert title(Essay("乙#0", "乙", place="太湖县")) == "太湖县"
    assert title(Essay("乙#0", "乙", title="")) == ""
    (bare,) = fields(
        [Outline(Document("乙", "", "txt", ()), (Essay("甲#0", "乙"),), MADE.paragraphs[:1], ())],
        passages(MADE, 420)[:1],
    )
    assert bare.embedded == "人才是第一资源。"


def test_terms_are_those_of_each_field_by_itself() -> None:
    """No pair of characters goes over the border of two fields."""
    found = list(fields([MADE], passages(MADE, 420)))
    keys, lengths = terms(Tokenizer(), found)
    ends = np.cumsum(lengths)
    assert (keys.dtype, lengths.dtype, int(ends[-1])) == (np.uint32, np.int32, len(keys))
    for own, each in zip(np.split(keys, ends[:-1]), found, strict=True):
        parts = (each.title, each.trail, each.lead, each.text)
        want = [token for part in parts for token in tokens(part)]
        assert Counter(own.tolist()) == Counter(keys_of(want).tolist())
    over = keys_of(["平一", "平人", "才抓"])
    assert not np.isin(over, keys).any()


def test_no_passages_have_no_terms() -> None:
    keys, lengths = terms(Tokenizer(), [])
    assert (keys.tolist(), lengths.tolist()) == ([], [])


def test_a_dictionary_cuts_its_words_out() -> None:
    each = Fields("", "", "", "拓宽民情账本")
    own, _ = terms(Tokenizer(["民情账本"]), [each])
    assert int(keys_of(["民情账本"])[0]) in own.tolist()
    plain, _ = terms(Tokenizer(), [each])
    assert int(keys_of(["民情账本"])[0]) not in plain.tolist()
