"""A generation is written whole, and refuses what does not fit it in one line."""

import json
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import faiss
import numpy as np
import pytest

from rag.corpus import cut
from rag.encoding import Encoder, Vectors, unit_rows
from rag.errors import (
    EncoderFailed,
    IndexDamaged,
    IndexMismatch,
    IndexMissing,
    IndexOutdated,
    RagError,
)
from rag.evaluation.collection import write_generation
from rag.index import (
    EVERYTHING,
    Cache,
    Embedder,
    FolderStore,
    Generation,
    GenerationWriter,
    Manifest,
    Pool,
)
from rag.index.generation import FORMAT
from rag.passages import fields, passages
from rag.settings import Settings
from rag.types import Document, Essay, Line, Measure, Outline, Paragraph, Piece
from rag.words import TOKENIZER, Tokenizer, tokens


@dataclass
class LetterEncoder(Encoder):
    """A small encoder that counts characters, and notes what it was given."""

    name: str = "letters"
    fingerprint: str = "1"
    query_prompt: str = ""
    passage_prompt: str = ""
    dim: int = 16
    seen: list[str] = field(default_factory=list)

    def _encode(self, texts: Sequence[str], prompt: str) -> Vectors:
        """Count the characters by the remainder of their number; one more for remainder 0."""
        size = self.dim
        counts = [np.bincount([0, *(ord(c) % size for c in t)], minlength=size) for t in texts]
        rows = np.array(counts, np.float32)
        unit: Vectors = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return unit

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Note the texts, and treat them like questions."""
        self.seen += texts
        return super().encode_passages(texts)


class BrokenEncoder(LetterEncoder):
    """An encoder that gives no numbers."""

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Give what cannot be compared, which is refused as of every encoder."""
        return unit_rows(super().encode_passages(texts) * np.float32("nan"), self.name)


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


def build(index: Path, encoder: LetterEncoder | None, *outlines: Outline) -> str:
    """Write a generation and let it serve."""
    generation_id = write_generation(index, outlines, encoder, Settings())
    FolderStore(index).publish(generation_id)
    return generation_id


def embedded(*outlines: Outline) -> list[str]:
    """What an encoder is given of each passage."""
    return [each.embedded for o in outlines for each in fields([o], passages(o, 420))]


def asked(generation: Generation, question: str, encoder: LetterEncoder | None = None) -> Pool:
    terms = tuple(dict.fromkeys(tokens(question)))
    query = encoder.encode_queries([question])[0] if encoder else None
    return generation.candidates(terms, np.ones(len(terms), np.float32), query, 5, EVERYTHING)


def test_every_part_has_the_same_rows(tmp_path: Path) -> None:
    encoder = LetterEncoder()
    assert build(tmp_path, encoder, FIRST, SECOND) == "000001"
    generation = FolderStore(tmp_path).open(encoder)
    cut = [*passages(FIRST, 420), *passages(SECOND, 420)]
    assert generation.records.passages(range(3)) == tuple(cut)
    assert generation.records.essay_of_row.tolist() == [0, 0, 1]
    assert asked(generation, "第一书记").sparse.tolist() == [2]
    assert encoder.seen == embedded(FIRST, SECOND)
    assert generation.dense is not None
    for row, text in enumerate(encoder.seen):
        query = encoder.encode_queries([text])[0]
        assert generation.dense.search(query, 1).tolist() == [row]
        np.testing.assert_allclose(generation.dense.vectors([row])[0], query, atol=1e-3)
    assert generation.manifest.counts == {
        "documents": 2, "essays": 2, "paragraphs": 3, "measures": 2, "passages": 3,
    }  # fmt: skip
    assert (generation.id, generation.manifest.dim) == ("000001", 16)


def test_candidates_are_those_of_words_of_essays_and_of_meaning(tmp_path: Path) -> None:
    encoder = LetterEncoder()
    build(tmp_path, encoder, FIRST, SECOND)
    generation = FolderStore(tmp_path).open(encoder)
    assert generation.dense is not None
    pool = asked(generation, "人才库", encoder)
    assert pool.rows.tolist() == [0, 1, 2]
    assert pool.sparse.tolist() == [0]
    query = encoder.encode_queries(["人才库"])[0]
    want = generation.dense.vectors(np.arange(3)) @ query
    assert pool.cosines is not None
    np.testing.assert_allclose(pool.cosines, want, atol=1e-6)
    assert pool.dense.tolist() == np.argsort(-want).tolist()
    terms = tuple(dict.fromkeys(tokens("人才库")))
    found = generation.bm25.match(terms, np.ones(len(terms), np.float32))
    np.testing.assert_allclose(pool.passages, found.passages, rtol=1e-6)
    np.testing.assert_allclose(pool.essays, found.essays[[0, 0, 1]], rtol=1e-6)


def test_the_words_around_a_passage_find_it(tmp_path: Path) -> None:
    build(tmp_path, LetterEncoder(), FIRST)
    generation = FolderStore(tmp_path).open(LetterEncoder())
    for words in ("太湖县", "做法", "基层"):  # place, title, section: none is in the texts
        assert sorted(asked(generation, words).sparse.tolist()) == [0, 1]


def test_words_alone_open_and_answer(tmp_path: Path) -> None:
    name = build(tmp_path, None, FIRST, SECOND)
    generation = FolderStore(tmp_path).open(None)
    manifest = generation.manifest
    assert (manifest.encoder, manifest.by_meaning, manifest.pending) == (None, False, False)
    assert not (FolderStore(tmp_path).folder(name) / "dense.faiss").exists()
    for encoder in (None, LetterEncoder()):  # a vector that nobody can use is not used
        pool = asked(generation, "第一书记", encoder)
        assert (pool.sparse.tolist(), pool.dense.tolist(), pool.cosines) == ([2], [], None)


@contextmanager
def by_words(index: Path, encoder: LetterEncoder, *outlines: Outline) -> Iterator[GenerationWriter]:
    """A generation that is made for an encoder and has no vectors yet."""
    with GenerationWriter(index, encoder, Settings()) as writer:
        for made in outlines:
            parts = cut(made, 420, Tokenizer())
            writer.add(made, parts.passages, parts.keys, parts.lengths)
        writer.index_words({})
        yield writer


def test_meaning_comes_after_words(tmp_path: Path) -> None:
    """The same generation, copied; the one by words says that vectors are still to come."""
    encoder = LetterEncoder()
    fresh = build(tmp_path / "other", encoder, FIRST, SECOND)
    store, told = FolderStore(tmp_path / "index"), list[tuple[str, int, int]]()
    with by_words(store.index, encoder, FIRST, SECOND) as writer:
        words = writer.finish_words()
        store.publish(words)
        pending = store.open(encoder)
        assert (pending.manifest.pending, pending.dense) == (True, None)
        assert asked(pending, "第一书记", encoder).sparse.tolist() == [2]
        with closing(Cache(store.cache)) as cache:
            embedder = Embedder(encoder, cache, embedded(FIRST, SECOND))
            writer.add_vectors(embedder, lambda *step: told.append(step))
        made = writer.finish()
    assert told[-1] == ("vectors", 3, 3)
    assert store.ids() == (words, made)
    assert store.current() == words
    files, others = (Manifest.load(store.folder(name)).files for name in (words, made))
    assert {name: others[name] for name in files} == files
    assert set(others) - set(files) == {"dense.faiss"}
    whole = Manifest.load(FolderStore(tmp_path / "other").folder(fresh))
    assert whole.files == others
    store.publish(made)
    store.remove(words)
    assert store.verify(made) == ()
    assert not store.open(encoder).manifest.pending


@pytest.mark.parametrize("serves", [True, False])
def test_an_encoder_without_numbers_leaves_the_words(tmp_path: Path, serves: bool) -> None:
    encoder, store = BrokenEncoder(), FolderStore(tmp_path)
    with by_words(tmp_path, encoder, FIRST) as writer, closing(Cache(store.cache)) as cache:
        name = writer.finish_words() if serves else ""
        with pytest.raises(EncoderFailed, match="letters gave a vector that is not finite"):
            writer.add_vectors(Embedder(encoder, cache, embedded(FIRST)))
        name = name or writer.finish()
    assert [path.name for path in store.folders.iterdir()] == [name]
    store.publish(name)
    assert store.verify(name) == ()
    assert asked(store.open(encoder), "资金").sparse.tolist() == [1]


def test_very_many_vectors_are_parted(tmp_path: Path) -> None:
    encoder = LetterEncoder()
    texts = [chr(0x4E00 + n) * 7 + "。" + chr(0x5E00 + n) * 9 + "。" for n in range(40)]
    outlines = [outline(f"{n}", text) for n, text in enumerate(texts)]
    for flat, kind in ((39, faiss.IndexIVF), (40, faiss.IndexScalarQuantizer)):
        name = write_generation(tmp_path, outlines, encoder, Settings(flat=flat))
        path = FolderStore(tmp_path).folder(name) / "dense.faiss"
        made = faiss.read_index(str(path))
        assert isinstance(made, kind)
        assert made.ntotal == 40
        generation = FolderStore(tmp_path).open(encoder, name)
        assert generation.dense is not None
        assert generation.dense.search(generation.dense.vectors([7])[0], 1).tolist() == [7]


def test_vectors_of_unchanged_passages_come_from_the_cache(tmp_path: Path) -> None:
    build(tmp_path, LetterEncoder(), FIRST)
    again = LetterEncoder()
    second = build(tmp_path, again, SECOND, FIRST)
    assert again.seen == embedded(SECOND)
    fresh = build(tmp_path / "other", LetterEncoder(), SECOND, FIRST)
    made = (FolderStore(tmp_path).folder(second), FolderStore(tmp_path / "other").folder(fresh))
    assert Manifest.load(made[0]).files == Manifest.load(made[1]).files
    other = LetterEncoder(fingerprint="2")
    build(tmp_path, other, FIRST)
    assert other.seen == embedded(FIRST)


def test_a_dimension_that_changes_between_two_batches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some are in the cache, the others come from a model that is another one by now."""
    monkeypatch.setattr("rag.index.build._BATCH", 1)
    build(tmp_path, LetterEncoder(), FIRST)
    for dim in (15, 8, 32):
        with pytest.raises(EncoderFailed, match="another dimension than before"):
            write_generation(tmp_path, [FIRST, SECOND], LetterEncoder(dim=dim), Settings())


def test_no_documents_are_an_index_too(tmp_path: Path) -> None:
    build(tmp_path, LetterEncoder())
    generation = FolderStore(tmp_path).open(LetterEncoder())
    assert asked(generation, "人才", LetterEncoder()).rows.tolist() == []
    manifest = generation.manifest
    assert (manifest.by_meaning, manifest.pending, set(manifest.counts.values())) == (
        False, False, {0},
    )  # fmt: skip


def test_where_nothing_was_built(tmp_path: Path) -> None:
    with pytest.raises(IndexMissing, match="run `rag build` first"):
        FolderStore(tmp_path).open(LetterEncoder())
    assert list(tmp_path.iterdir()) == []


def one_line(error: RagError) -> str:
    assert "\n" not in str(error)
    return str(error)


def test_another_encoder_is_refused_with_both_names(tmp_path: Path) -> None:
    name = build(tmp_path, LetterEncoder(), FIRST)
    with pytest.raises(IndexMismatch) as caught:
        FolderStore(tmp_path).open(LetterEncoder("other", "23456789abc"))
    assert one_line(caught.value).endswith(
        f"{name} was made with the encoder letters (1), now it is other (23456789):"
        " run `rag build` again, or set `encoder` back"
    )
    with pytest.raises(IndexMismatch, match=r"encoder letters \(1\), now it is none"):
        FolderStore(tmp_path).open(None)
    build(tmp_path, None, FIRST)
    with pytest.raises(IndexMismatch, match=r"encoder none, now it is letters \(1\)"):
        FolderStore(tmp_path).open(LetterEncoder())


def test_another_tokenizer_is_refused(tmp_path: Path) -> None:
    folder = FolderStore(tmp_path).folder(build(tmp_path, LetterEncoder(), FIRST))
    replace(Manifest.load(folder), tokenizer="spaces/1").save(folder)
    with pytest.raises(
        IndexOutdated, match=r"8 \(spaces/1\), .* 8 \(rjieba.*run `rag build` again"
    ):
        FolderStore(tmp_path).open(LetterEncoder())


SEVEN = {
    "created": "2025-11-29T04:00:00+00:00",
    "encoder": "default",
    "fingerprint": "0123456789abcdef",
    "dim": 256,
    "tokenizer": "rjieba-search+bigrams/3",
    "k1": 1.2,
    "b": 0.75,
    "counts": {"documents": 1, "essays": 1, "paragraphs": 1, "measures": 0, "passages": 1},
    "files": {"records.sqlite": [3, "ab"], "sparse/weights.npy": [3, "cd"]},
    "base": None,
    "nearest": None,
    "format": 7,
    "sha256": "ef",
}


def test_an_index_of_the_format_before_is_named_in_one_line(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    folder = store.folder("000012")
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text(json.dumps(SEVEN), encoding="utf-8")
    store.publish("000012")
    with pytest.raises(IndexOutdated) as caught:
        FolderStore(tmp_path).open(LetterEncoder())
    said = (
        f"{folder} has index format 7 (rjieba-search+bigrams/3), "
        f"this program reads 8 ({TOKENIZER}): run `rag build` again"
    )
    assert one_line(caught.value) == said
    assert FolderStore(tmp_path).generations() == (("000012", None, True),)
    assert build(tmp_path, LetterEncoder(), FIRST) == "000013"
    assert FolderStore(tmp_path).open(LetterEncoder()).manifest.format == FORMAT == 8


def test_every_damaged_file_is_named(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    name = build(tmp_path, LetterEncoder(), FIRST)
    folder = store.folder(name)
    manifest = Manifest.load(folder)
    assert store.verify(name) == ()
    assert {path.split("/")[0] for path in manifest.files} == {
        "records.sqlite", "bm25", "dense.faiss", "dictionary.txt",
    }  # fmt: skip
    assert len(manifest.files) == 8
    for file in manifest.files:
        whole = (folder / file).read_bytes()
        damages = [None, whole + b"x", *([whole[:-1] + bytes([whole[-1] ^ 1])] if whole else [])]
        for damage in damages:
            (folder / file).unlink(missing_ok=True)
            if damage is not None:
                (folder / file).write_bytes(damage)
            assert store.verify(name) == (file,)
            with pytest.raises(IndexDamaged) as caught:
                store.open(LetterEncoder())
            assert one_line(caught.value) == f"{folder} is damaged ({file}): run `rag build` again"
        (folder / file).write_bytes(whole)
    store.open(LetterEncoder())


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "{}", "null", f'{{"format": {FORMAT}}}', '{"format": 8, "x": 1}']
)
def test_a_damaged_manifest(tmp_path: Path, content: str) -> None:
    name = build(tmp_path, LetterEncoder(), FIRST)
    store = FolderStore(tmp_path)
    (store.folder(name) / "manifest.json").write_text(content, encoding="utf-8")
    with pytest.raises(IndexDamaged, match=r"manifest\.json is missing or damaged"):
        FolderStore(tmp_path).open(LetterEncoder())
    assert store.generations() == (("000001", None, True),)
    assert store.verify(name) == ("manifest.json",)


def test_a_manifest_vouches_for_itself(tmp_path: Path) -> None:
    """It is what tells the damage of all other files."""
    folder = FolderStore(tmp_path).folder(build(tmp_path, LetterEncoder(), FIRST))
    manifest = Manifest.load(folder)
    path = folder / "manifest.json"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"k1": 1.2', '"k1": 1.3'), encoding="utf-8")
    with pytest.raises(IndexDamaged, match="missing or damaged"):
        Manifest.load(folder)
    manifest.save(folder)
    assert Manifest.load(folder) == manifest
    assert path.read_text(encoding="utf-8") == text


def test_parts_that_do_not_agree_are_no_generation(tmp_path: Path) -> None:
    folder = FolderStore(tmp_path).folder(build(tmp_path, LetterEncoder(), FIRST))
    manifest = Manifest.load(folder)
    replace(manifest, counts={**manifest.counts, "passages": 3}).save(folder)
    with pytest.raises(IndexDamaged, match="parts of different size: run `rag build` again"):
        FolderStore(tmp_path).open(LetterEncoder())


@pytest.mark.parametrize("named", ["000009", "..", "", "\ufffd"])
def test_current_that_names_no_generation(tmp_path: Path, named: str) -> None:
    build(tmp_path, LetterEncoder(), FIRST)
    (tmp_path / "CURRENT").write_text(named, encoding="utf-8")
    with pytest.raises(IndexDamaged, match=r"there is no generation .*run `rag build` again"):
        FolderStore(tmp_path).open(LetterEncoder())


def test_a_dictionary_is_kept_with_the_generation(tmp_path: Path) -> None:
    name = build(tmp_path, LetterEncoder(), FIRST)
    path = FolderStore(tmp_path).folder(name) / "dictionary.txt"
    path.write_text("民情账本\n", encoding="utf-8")
    folder = path.parent
    facts = Manifest.load(folder)
    replace(facts, files={k: v for k, v in facts.files.items() if k != path.name}).save(folder)
    assert "民情账本" in FolderStore(tmp_path).open(LetterEncoder()).tokenizer.tokens("民情账本")
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(IndexDamaged, match=r"dictionary\.txt cannot be read"):
        FolderStore(tmp_path).open(LetterEncoder())
