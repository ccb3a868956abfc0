"""rag.reprints: near-duplicates by a sketch, checked against all shingles of both texts."""

import random
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from rag.outline import outline
from rag.pipeline import Assistant, build
from rag.reading import read
from rag.reprints import Sketches
from rag.settings import Settings
from rag.types import Outline
from tests.conftest import CORPUS

TEXT = "".join((CORPUS / "池州市抓党建促长三角一体化发展.txt").read_text(encoding="utf-8").split())
OTHER = "".join((CORPUS / "安庆组工信息第32期.txt").read_text(encoding="utf-8").split())


def of(text: str, name: str, folder: Path) -> Outline:
    (folder / name).write_text(text, encoding="utf-8")
    return outline(read(folder / name, name))


def paragraphs(text: str) -> str:
    return "\n\n".join(text[i : i + 400] + "。" for i in range(0, len(text), 400))


def test_reprints_name_the_first_essay(tmp_path: Path) -> None:
    shorter = TEXT[:2200] + TEXT[2600:]
    texts = {
        "a.txt": paragraphs(TEXT),
        "b.txt": paragraphs(OTHER[2000:]),
        "c.txt": "转载自某报。\n\n" + paragraphs(TEXT),
        "d.txt": paragraphs(shorter),
        "e.txt": paragraphs(TEXT[:600]),  # a part of it is no reprint
        "f.txt": "落实责任。",
        "g.txt": "落实责任。",  # too short to tell
        "h.txt": "一、建立人才驿站。全县建立人才驿站7个，发放绿卡230张。",
        "i.txt": "一、建立人才驿站。全县建立人才驿站7个，发放绿卡260张。",
        "j.txt": "一、建立人才驿站。全县建立人才驿站7个，发放绿卡230张。",
    }
    sketches = Sketches()
    for name, text in texts.items():
        sketches.add(of(text, name, tmp_path))
    assert sketches.reprints() == {
        "c.txt#0": "a.txt#0",
        "d.txt#0": "a.txt#0",
        "j.txt#0": "h.txt#0",
    }


@given(start=st.integers(0, 1500), seed=st.integers(0, 999))
def test_the_sketch_agrees_with_all_shingles(start: int, seed: int) -> None:
    """Resemblance of a text and one with a part replaced, exactly and by what is decided on."""
    from rag.reprints import _shingles

    other = TEXT[:start] + "".join(random.Random(seed).sample(OTHER, 300)) + TEXT[start + 300 :]
    a, b = ({text[i : i + 5] for i in range(len(text) - 4)} for text in (TEXT, other))
    exact = len(a & b) / len(a | b)
    one, two = set(_shingles(TEXT).tolist()), set(_shingles(other).tolist())
    assert abs(len(one & two) / len(one | two) - exact) < 0.1


def test_a_reprint_stays_in_the_index(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for name in ("甲", "乙"):
        (corpus / f"{name}.txt").write_text(paragraphs(TEXT), encoding="utf-8")
    report = build([corpus], tmp_path / "index", Settings())
    assert report.reprints == 1
    records = Assistant.open(tmp_path / "index", Settings()).records
    essays = {essay.essay_id: essay.reprint_of for essay in records.essays()}
    assert essays == {"乙.txt#0": None, "甲.txt#0": "乙.txt#0"}
    assert all(len(records.paragraphs(essay_id)) > 3 for essay_id in essays)
