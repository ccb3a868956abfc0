"""Generations are counted, finished by a rename, and made current by another."""

from pathlib import Path

import pytest

from rag.errors import IndexMissing
from rag.index.layout import Layout


def finished(layout: Layout) -> str:
    part = layout.start()
    (part / "file").write_text("内容", encoding="utf-8")
    return layout.finish(part)


def test_ids_ascend_and_skip_what_was_not_finished(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    first = finished(layout)
    killed = layout.start()
    second = finished(layout)
    assert [first, killed.name, second] == ["000001", "000002.part", "000003"]
    assert layout.ids() == ("000001", "000003")


def test_ids_are_ordered_as_numbers(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    for name in ("999999", "1000000", "000002"):
        layout.generation(name).mkdir(parents=True)
    assert layout.ids() == ("000002", "999999", "1000000")
    assert layout.start().name == "1000001.part"


def test_other_files_among_the_generations_are_left_alone(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    layout.generations.mkdir()
    (layout.generations / "笔记.txt").write_text("", encoding="utf-8")
    assert (finished(layout), layout.ids()) == ("000001", ("000001",))


def test_swap_names_the_generation_and_leaves_nothing_else(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    first, second = finished(layout), finished(layout)
    layout.swap(first)
    assert layout.current_id() == first
    layout.swap(second)
    assert layout.current_id() == second
    assert sorted(path.name for path in tmp_path.iterdir()) == ["CURRENT", "generations"]


def test_no_current_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(IndexMissing, match="run `rag build` first"):
        Layout(tmp_path / "nowhere").current_id()
    assert Layout(tmp_path / "nowhere").ids() == ()
