"""What is no generation of this program is refused in one line that says what to do."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from rag.errors import (
    IndexDamaged,
    IndexMismatch,
    IndexMissing,
    IndexOutdated,
    RagError,
)
from rag.index import (
    FolderStore,
    Manifest,
)
from rag.index.generation import FORMAT
from rag.words import TOKENIZER
from tests.letters import FIRST, SEVEN, LetterEncoder, build


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
