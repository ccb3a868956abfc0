"""A generation is written whole, refuses what does not fit it, and survives a failed successor."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest

from rag.encoding import Vectors, load_default
from rag.errors import BadVectors, EmptyCorpus, IndexDamaged, IndexMismatch, IndexMissing
from rag.index import Generation, list_generations, swap, verify, write_generation
from rag.index.layout import Layout
from rag.index.manifest import FORMAT, Manifest
from rag.index.weighing import PARTS
from rag.passages import passages
from rag.settings import Settings
from rag.types import Document, Essay, Line, Measure, Outline, Paragraph, Piece
from rag.words import tokens


@dataclass
class LetterEncoder:
    """A small encoder that counts characters, and notes what it was given."""

    name: str = "letters"
    fingerprint: str = "1"
    dim: int = 16
    seen: list[str] = field(default_factory=list)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Count the characters by the remainder of their number; one more for remainder 0."""
        counts = [np.bincount([0, *(ord(c) % self.dim for c in t)], minlength=16) for t in texts]
        rows = np.array(counts, np.float32)
        unit: Vectors = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return unit

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Note the texts, and treat them like questions."""
        self.seen += texts
        return self.encode_queries(texts)


def outline(path: str, *texts: str) -> Outline:
    essay = Essay(f"{path}#0", path, title=f"{path}的做法", place="太湖县")
    paragraphs = tuple(
        Paragraph(f"{path}#0.{n}", essay.essay_id, n, "body", text, (Piece(0, n),), ("抓基层。",))
        for n, text in enumerate(texts, start=1)
    )
    lead = Measure(f"{path}#0.m1", essay.essay_id, f"{path}#0.1", 2, None, texts[0][:3], 0, 9)
    lines = tuple(Line(text, n) for n, text in enumerate(texts, start=1))
    return Outline(Document(path, "", "txt", lines), (essay,), paragraphs, (lead,))


FIRST = outline("甲", "育人才。建立人才库，每年培训两次。", "设立专项资金。")
SECOND = outline("乙", "抓党建。选派第一书记到村任职。")


def build(index: Path, encoder: LetterEncoder, *outlines: Outline) -> str:
    cut = [passage for each in outlines for passage in passages(each, 420)]
    generation_id = write_generation(index, outlines, cut, encoder, Settings())
    swap(index, generation_id)
    return generation_id


def test_very_many_vectors_are_parted_into_lists(tmp_path: Path) -> None:
    encoder = LetterEncoder()
    texts = [chr(0x4E00 + n) * 7 + "。" + chr(0x5E00 + n) * 9 + "。" for n in range(40)]
    outlines = [outline(f"{n}", text) for n, text in enumerate(texts)]
    cut = [passage for each in outlines for passage in passages(each, 420)]
    generation_id = write_generation(tmp_path, outlines, cut, encoder, Settings(flat=39))
    swap(tmp_path, generation_id)
    nearest = Manifest.load(Layout(tmp_path).generation(generation_id)).nearest
    assert nearest is not None
    assert nearest["lists"] == 13
    assert nearest["recall"] >= 0.98
    generation = Generation.open(tmp_path, encoder)
    vector = generation.dense.vectors(np.array([7]))[0]
    assert generation.dense.search(vector, 1).rows.tolist() == [7]


def test_every_part_has_the_same_rows(tmp_path: Path) -> None:
    encoder = LetterEncoder()
    assert build(tmp_path, encoder, FIRST, SECOND) == "000001"
    generation = Generation.open(tmp_path, encoder)
    cut = [*passages(FIRST, 420), *passages(SECOND, 420)]
    assert generation.records.passages(range(3)) == tuple(cut)
    assert generation.sparse.search(tokens("第一书记"), 5).rows.tolist() == [2]
    assert generation.essays.search(tokens("专项资金"), 5).rows.tolist() == [0]
    assert sorted(encoder.seen[0].split("\n")) == sorted(
        ["甲的做法 太湖县", "抓基层。", "育人才。建立人才库，每年培训两次。"]
    )
    query = encoder.encode_queries([encoder.seen[2]])[0]
    assert generation.dense.search(query, 1).rows.tolist() == [2]
    assert generation.manifest.counts == {
        "documents": 2, "essays": 2, "paragraphs": 3, "measures": 2, "passages": 3,
    }  # fmt: skip


def test_the_words_around_a_passage_find_it(tmp_path: Path) -> None:
    build(tmp_path, LetterEncoder(), FIRST)
    sparse = Generation.open(tmp_path, LetterEncoder()).sparse
    for words in ("太湖县", "做法", "基层"):  # place, title, section: none is in the texts
        assert sorted(sparse.search(tokens(words), 5).rows.tolist()) == [0, 1]


def test_vectors_of_unchanged_passages_are_taken_over(tmp_path: Path) -> None:
    build(tmp_path, LetterEncoder(), FIRST)
    again = LetterEncoder()
    build(tmp_path, again, SECOND, FIRST)
    assert [text.split("\n")[0] for text in again.seen] == ["乙的做法 太湖县"]
    fresh = Generation.open(tmp_path, again).dense.vectors(np.arange(3))
    build(tmp_path / "other", again, SECOND, FIRST)
    np.testing.assert_array_equal(
        fresh, Generation.open(tmp_path / "other", again).dense.vectors(np.arange(3))
    )


def test_another_encoder_takes_nothing_over(tmp_path: Path) -> None:
    build(tmp_path, LetterEncoder(), FIRST)
    other = LetterEncoder(fingerprint="2")
    build(tmp_path, other, FIRST)
    assert len(other.seen) == 2


def test_a_failed_build_leaves_the_old_generation_serving(tmp_path: Path) -> None:
    class BrokenEncoder(LetterEncoder):
        def encode_passages(self, texts: Sequence[str]) -> Vectors:
            return super().encode_passages(texts) * np.float32("nan")

    build(tmp_path, LetterEncoder(), FIRST)
    with pytest.raises(BadVectors):
        build(tmp_path, BrokenEncoder(fingerprint="2"), FIRST, SECOND)
    assert [each[0::2] for each in list_generations(tmp_path)] == [("000001", True)]
    assert Generation.open(tmp_path, LetterEncoder()).records.size == 2
    assert build(tmp_path, LetterEncoder(), FIRST, SECOND) == "000002"


def test_nothing_to_index(tmp_path: Path) -> None:
    with pytest.raises(EmptyCorpus, match="no readable text"):
        write_generation(tmp_path, [], [], LetterEncoder(), Settings())
    with pytest.raises(IndexMissing, match="run `rag build` first"):
        Generation.open(tmp_path, LetterEncoder())


def test_refuses_another_encoder_and_another_tokenizer(tmp_path: Path) -> None:
    name = build(tmp_path, LetterEncoder(), FIRST)
    with pytest.raises(IndexMismatch, match=r"encoder letters \(1\), now it is other \(2\)"):
        Generation.open(tmp_path, LetterEncoder("other", "2"))
    folder = Layout(tmp_path).generation(name)
    manifest = Manifest.load(folder)
    for other, message in (
        (replace(manifest, tokenizer="spaces/1"), "tokenizer spaces/1, now it is rjieba"),
        (replace(manifest, format=0), "has index format 0"),
    ):
        other.save(folder)
        with pytest.raises(IndexMismatch, match=f"{message}.*run `rag build` again"):
            Generation.open(tmp_path, LetterEncoder())


def test_the_last_part_that_is_told_apart_holds_all_that_follow(tmp_path: Path) -> None:
    text = "选派书记。" + "育人才。" * (PARTS - 3) + "设立资金。抓党建。选派书记。"
    build(tmp_path, LetterEncoder(), outline("甲", text))
    terms = ("做法", "书记", "人才", "资金", "党建")
    words = Generation.open(tmp_path, LetterEncoder()).sparse.postings(terms)
    bits = words.bits(len(terms), np.array([0])).ravel().tolist()
    last = 1 << PARTS - 1  # of the surroundings and so many sentences, the last that fits
    assert bits == [1, 2 | last, (last - 1) & ~3, last, last]


def test_every_damaged_file_is_named(tmp_path: Path) -> None:
    name = build(tmp_path, LetterEncoder(), FIRST)
    folder = Layout(tmp_path).generation(name)
    manifest = Generation.open(tmp_path, LetterEncoder()).manifest
    assert verify(tmp_path, name) == ()
    assert {path.split("/")[0] for path in manifest.files} == {
        "records.sqlite", "records.npy", "sources.jsonl", "dictionary.txt", "vectors.npy", "terms",
        "sparse", "essays",
    }  # fmt: skip
    for file in manifest.files:
        whole = (folder / file).read_bytes()
        (folder / file).write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        assert verify(tmp_path, name) == (file,)
        (folder / file).write_bytes(whole[:-1])
        with pytest.raises(IndexDamaged, match=f"{file} has {len(whole) - 1} bytes"):
            Generation.open(tmp_path, LetterEncoder())
        (folder / file).unlink()
        with pytest.raises(IndexDamaged, match=f"{file} is missing: run `rag build` again"):
            Generation.open(tmp_path, LetterEncoder())
        (folder / file).write_bytes(whole)


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", f'{{"format": {FORMAT}}}'])
def test_a_damaged_manifest(tmp_path: Path, content: str) -> None:
    name = build(tmp_path, LetterEncoder(), FIRST)
    (Layout(tmp_path).generation(name) / "manifest.json").write_text(content, encoding="utf-8")
    with pytest.raises(IndexDamaged, match=r"manifest\.json is missing or damaged"):
        Generation.open(tmp_path, LetterEncoder())
    assert list_generations(tmp_path) == (("000001", None, True),)
    assert verify(tmp_path, name) == ("manifest.json",)


def test_current_that_names_no_generation(tmp_path: Path) -> None:
    build(tmp_path, LetterEncoder(), FIRST)
    swap(tmp_path, "000009")
    with pytest.raises(IndexDamaged, match="000009"):
        Generation.open(tmp_path, LetterEncoder())


def test_several_processes_write_what_one_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.index.writing._MANY", 1)
    monkeypatch.setattr("rag.index.cutting.BATCH", 7)
    outlines = [
        outline(f"第{n}号", f"育人才。建立“人才库{n}”。", "设立专项资金。") for n in range(20)
    ]
    cut = [passage for each in outlines for passage in passages(each, 420)]
    files = []
    for workers in (1, 2):
        index = tmp_path / str(workers)
        name = write_generation(index, outlines, cut, load_default(), Settings(workers=workers))
        files.append(Manifest.load(Layout(index).generation(name)).files)
    assert files[0] == files[1]
