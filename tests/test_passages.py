"""Passages tile their paragraphs and keep to the window."""

import hashlib
import re
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

import rag
from rag import corpus
from rag.passages import passages
from rag.sentences import sentence_spans
from rag.types import Document, Essay, Measure, Outline, Paragraph, Piece


def one_paragraph(text: str, starts: list[int]) -> Outline:
    paragraph = Paragraph("d#0.1", "d#0", 1, "body", text, (Piece(0, 1),))
    ends = [*starts[1:], len(text)][: len(starts)]
    measures = tuple(
        Measure(f"d#0.m{n}", "d#0", "d#0.1", 1, None, text[a : a + 2], a, b)
        for n, (a, b) in enumerate(zip(starts, ends, strict=True), 1)
    )
    document = Document("d", "0", "txt", ())
    return Outline(document, (Essay("d#0", "d"),), (paragraph,), measures)


TEXTS = st.lists(st.sampled_from(["选育管用", "。", "；", "实绩", " ", "考核，"]), min_size=1).map(
    "".join
)


@given(TEXTS, st.sets(st.integers(0, 30), max_size=3), st.integers(4, 30))
def test_passages_tile_the_paragraph(text: str, cuts: set[int], window: int) -> None:
    starts = sorted(cut for cut in cuts if cut < len(text))
    made = passages(one_paragraph(text, starts), window)
    at = 0
    for passage in made:
        assert text[at : passage.start].strip() == ""
        assert text[passage.start : passage.end] == passage.text != ""
        at = passage.end
    assert text[at:].strip() == ""


@given(TEXTS, st.integers(4, 30))
def test_a_passage_over_the_window_is_one_sentence(text: str, window: int) -> None:
    for passage in passages(one_paragraph(text, []), window):
        assert len(passage.text) <= window or len(sentence_spans(passage.text)) == 1


def test_a_measure_is_a_passage_and_knows_it() -> None:
    text = "前言。甲，先选。乙，再育。"
    made = passages(one_paragraph(text, [3, 8]), 400)
    assert [(p.text, p.measure_id) for p in made] == [
        ("前言。", None),
        ("甲，先选。", "d#0.m1"),
        ("乙，再育。", "d#0.m2"),
    ]


def test_windows_are_even() -> None:
    text = "一二三四五六七八九。" * 12
    lengths = [len(p.text) for p in passages(one_paragraph(text, []), 50)]
    assert lengths == [40, 40, 40]


def test_whatever_reading_stands_on_makes_what_is_kept_of_a_file_old() -> None:
    """Else an update of the program would serve outlines that its old parsers made."""
    package = Path(rag.__file__).parent
    texts = [*package.glob("reading/*.py"), *package.glob("outline/*.py"), package / "passages.py"]
    found = {
        name
        for text in texts
        for name in re.findall(
            r"^from rag\.([a-z_]+) import", text.read_text("utf-8"), re.MULTILINE
        )
    }
    told = {"errors", "messages", "once", "settings"}  # what they change is told, or in the key
    for name in found - told - {"reading", "outline"}:
        digest = hashlib.sha256((package / f"{name}.py").read_bytes()).hexdigest()
        assert digest in corpus._program(), name
