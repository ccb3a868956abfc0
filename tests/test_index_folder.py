"""Generations lie beside each other under ascending ids, and CURRENT names the one that serves."""

from pathlib import Path

import pytest

from rag.errors import IndexMissing, IndexNotWritten
from rag.index import FolderStore


def finished(store: FolderStore) -> str:
    part = store.start()
    (part / "file").write_text("内容", encoding="utf-8")
    return store.finish(part)


def test_ids_ascend_and_skip_what_was_not_finished(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    first = finished(store)
    killed = store.start()
    second = finished(store)
    assert [first, killed.name, second] == ["000001", "000002.part", "000003"]
    assert store.ids() == ("000001", "000003")


def test_ids_are_ordered_as_numbers(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    for name in ("999999", "1000000", "000002"):
        store.folder(name).mkdir(parents=True)
    (store.folders / "笔记.txt").write_text("", encoding="utf-8")  # is left alone
    assert store.ids() == ("000002", "999999", "1000000")
    assert store.start().name == "1000001.part"


def test_swap_names_the_generation_and_leaves_nothing_else(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    for name in (finished(store), finished(store)):
        store.publish(name)
        assert store.current() == name
    assert sorted(path.name for path in tmp_path.iterdir()) == ["CURRENT", "generations"]


def test_no_current_says_what_to_run(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for place in (tmp_path / "nowhere", tmp_path / "file"):
        with pytest.raises(IndexMissing, match="run `rag build` first"):
            FolderStore(place).current()
        assert FolderStore(place).ids() == ()
    with pytest.raises(IndexNotWritten, match="cannot write the index"):
        FolderStore(tmp_path / "file").publish("000001")
