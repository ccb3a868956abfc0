"""A build reads and embeds what is new, and takes the rest from its cache."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rag.errors import BadInput
from rag.index import FolderStore
from rag.pipeline import build
from rag.settings import Settings
from tests import samples
from tests.built import NEW, TEXTS, CountingEncoder, Room, assert_as_fresh, room_in


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_process: None) -> Room:
    return room_in(tmp_path, monkeypatch)


def test_what_has_not_changed_is_neither_read_nor_embedded(room: Room, tmp_path: Path) -> None:
    report = room.build()
    assert sorted(room.read) == sorted(f"{name}.txt" for name in TEXTS)
    assert (report.unchanged, len(room.encoder.seen)) == (0, report.passages)
    again = room.build()
    assert (room.read, room.encoder.seen, again.unchanged) == ([], [], 3)
    assert (again.passages, again.essays, again.measures) == (
        report.passages, report.essays, report.measures,
    )  # fmt: skip
    assert [replace(file, unchanged=False) for file in again.files] == list(report.files)
    assert_as_fresh(room, tmp_path)


def test_what_comes_changes_or_goes_is_read_alone(room: Room, tmp_path: Path) -> None:
    room.build()
    room.write(宿松=NEW)
    assert room.build().unchanged == 3
    assert room.read == ["宿松.txt"]
    assert all("宿松" in text for text in room.encoder.seen)
    assert_as_fresh(room, tmp_path)
    room.write(太湖=TEXTS["太湖"].replace("设立人才专窗", "开设人才窗口"))
    room.build()
    assert room.read == ["太湖.txt"]
    assert [text.split("\n")[-1] for text in room.encoder.seen] == ["二、抓服务。开设人才窗口。"]
    assert_as_fresh(room, tmp_path)
    (room.corpus / "望江.txt").unlink()
    assert room.build().passages == room.manifest().counts["passages"]
    assert (room.read, room.encoder.seen) == ([], [])
    assert_as_fresh(room, tmp_path)
    room.write(望江=TEXTS["望江"])  # forgotten: the cache holds what the newest corpus needs
    room.build()
    assert room.read == ["望江.txt"]
    assert all("望江" in text for text in room.encoder.seen) and room.encoder.seen
    assert_as_fresh(room, tmp_path)


def test_what_is_stated_beside_a_file_counts_as_the_file(room: Room, tmp_path: Path) -> None:
    room.build()
    (room.corpus / "太湖.txt.meta.yaml").write_text("author: 王平\n", encoding="utf-8")
    room.build()
    assert room.read == ["太湖.txt"]
    assert all("王平" in text for text in room.encoder.seen)
    assert_as_fresh(room, tmp_path)


@pytest.mark.parametrize("change", [{"window": 12}, {"max_line": 15_000}, {"max_pages": 9}])
def test_settings_that_decide_what_is_read(
    room: Room, tmp_path: Path, change: dict[str, Any]
) -> None:
    room.build()
    room.settings = replace(room.settings, **change)
    room.build()
    assert len(room.read) == 3
    assert (len(room.encoder.seen) > 0) == ("window" in change)
    assert_as_fresh(room, tmp_path)


def test_a_dictionary_cuts_all_texts_anew(room: Room, tmp_path: Path) -> None:
    room.build()
    before = room.manifest().files["bm25/keys.npy"]
    (tmp_path / "words.txt").write_text("人才专窗\n", encoding="utf-8")
    room.settings = replace(room.settings, dictionary=str(tmp_path / "words.txt"))
    room.build()
    assert (len(room.read), room.encoder.seen) == (3, [])
    assert room.manifest().files["bm25/keys.npy"] != before
    assert FolderStore(room.index).open(room.encoder).tokenizer.tokens("人才专窗")[-4:] != []
    assert_as_fresh(room, tmp_path)


def test_anew_takes_nothing_from_before(room: Room) -> None:
    room.build()
    files = room.manifest().files
    assert room.build(anew=True).unchanged == 0
    assert (len(room.read), len(room.encoder.seen)) == (3, room.manifest().counts["passages"])
    assert room.manifest().files == files


def test_anew_with_a_wrong_path_loses_nothing(room: Room) -> None:
    room.build()
    with pytest.raises(BadInput, match="no file or folder"):
        build([room.corpus / "nowhere"], room.index, room.settings, anew=True)
    room.build()
    assert (room.read, room.encoder.seen) == ([], [])


def test_another_encoder_embeds_all_and_reads_nothing(room: Room) -> None:
    room.build()
    room.encoder = CountingEncoder(fingerprint="2")
    room.build()
    assert (room.read, len(room.encoder.seen)) == ([], room.manifest().counts["passages"])


@pytest.mark.parametrize("table", ["files", "vectors"])
def test_a_damaged_entry_is_made_again(room: Room, tmp_path: Path, table: str) -> None:
    room.build()
    with closing(sqlite3.connect(room.index / "cache.sqlite")) as cache, cache:
        rows = cache.execute(f"SELECT key, value FROM {table}").fetchall()
        for key, value in rows:
            flipped = value[:-1] + bytes([value[-1] ^ 1])
            cache.execute(f"UPDATE {table} SET value = ? WHERE key = ?", (flipped, key))
    room.build()
    made = room.read if table == "files" else room.encoder.seen
    assert len(made) == len(rows)
    assert_as_fresh(room, tmp_path)
    room.build()
    assert (room.read, room.encoder.seen) == ([], [])


@pytest.mark.parametrize("entry", [b"", b"\x01", bytes(8), b"\x05\0\0\0\x01\0\0\0[]xyzabcd"])
def test_an_entry_that_says_nothing_is_made_again(room: Room, tmp_path: Path, entry: bytes) -> None:
    """Whole by its checksum, as one that another program wrote."""
    monkey = pytest.MonkeyPatch()
    monkey.setattr("rag.corpus._packed", lambda made: entry)
    room.build()
    monkey.undo()
    room.build()
    assert len(room.read) == 3
    assert_as_fresh(room, tmp_path)


def test_a_cache_that_is_no_database_costs_time_alone(room: Room, tmp_path: Path) -> None:
    room.build()
    (room.index / "cache.sqlite").write_bytes(b"garbage" * 999)
    room.build()
    assert len(room.read) == 3
    assert_as_fresh(room, tmp_path)


def test_what_could_not_be_read_is_tried_again(room: Room, tmp_path: Path) -> None:
    room.write(空="")
    archive = {"一.txt": NEW.encode(), "空.txt": b""}
    (room.corpus / "包.zip").write_bytes(samples.zipped(archive))
    for _ in range(2):
        report = room.build()
        assert {"空.txt", "包.zip"} <= set(room.read)
        states = {file.path: file.state for file in report.files if file.state == "skipped"}
        assert set(states) == {"空.txt", "包.zip/空.txt"}
    assert len(room.read) == 2
    assert_as_fresh(room, tmp_path)


def test_several_processes_read_what_one_reads(
    room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room.build()
    monkeypatch.undo()
    monkeypatch.setattr("rag.pipeline.load_encoder", lambda settings: room.encoder)
    monkeypatch.setattr("rag.corpus._MANY", 1)
    room.settings = Settings(workers=2)
    room.build(tmp_path / "two")
    assert room.manifest(tmp_path / "two").files == room.manifest().files
