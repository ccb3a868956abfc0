"""A generation is written whole, with a row of every part for each passage."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import faiss
import numpy as np
import pytest

from rag.corpus import cut
from rag.errors import (
    EncoderFailed,
)
from rag.evaluation.collection import write_generation
from rag.index import (
    Cache,
    Embedder,
    FolderStore,
    GenerationWriter,
    Manifest,
)
from rag.passages import passages
from rag.settings import Settings
from rag.types import Outline
from rag.words import Tokenizer, tokens
from tests.letters import (
    FIRST,
    SECOND,
    BrokenEncoder,
    LetterEncoder,
    asked,
    build,
    embedded,
    outline,
)


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
