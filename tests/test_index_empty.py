"""No corpus at all, and what nothing must not take the place of."""

import json
from pathlib import Path

import pytest

from rag.errors import EmptyCorpus, IndexMissing
from rag.index import FolderStore, Manifest
from rag.pipeline import Assistant, build
from rag.settings import Settings
from tests.built import TEXTS, Room, room_in
from tests.letters import SEVEN


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_process: None) -> Room:
    return room_in(tmp_path, monkeypatch)


def test_an_empty_corpus_is_an_index_that_serves(tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    report = build([tmp_path / "corpus"], tmp_path / "index", Settings())
    assert (report.files, report.passages, report.generation) == ((), 0, "000001")
    assistant = Assistant.open(tmp_path / "index", Settings())
    answer = assistant.ask("太湖县有哪些人才措施？")
    assert (answer.abstained, answer.citations, answer.generation) == (True, (), "000001")
    assert answer.reason
    assert assistant.search("人才") == ()
    manifest = Manifest.load(FolderStore(tmp_path / "index").folder("000001"))
    assert not manifest.pending
    build([tmp_path / "corpus"], tmp_path / "index", Settings())  # nothing for nothing
    (tmp_path / "corpus" / "望江.txt").write_text(TEXTS["望江"], encoding="utf-8")
    build([tmp_path / "corpus"], tmp_path / "index", Settings())
    assert assistant.search("选派第一书记")


def test_nothing_does_not_take_the_place_of_something(room: Room) -> None:
    room.build()
    for path in room.corpus.iterdir():
        path.unlink()
    with pytest.raises(EmptyCorpus, match=r"there are no files under .* `rag build --anew`"):
        room.build()
    assert (room.store.current(), room.parts()) == ("000001", {"000001"})
    room.build(anew=True)
    assert room.manifest().counts["passages"] == 0


def test_files_that_all_cannot_be_read_are_no_index(tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "空.txt").touch()
    for anew in (False, True):
        with pytest.raises(EmptyCorpus, match=r"nothing could be read under .*: 空\.txt"):
            build([tmp_path / "corpus"], tmp_path / "index", Settings(), anew=anew)
    with pytest.raises(IndexMissing):
        FolderStore(tmp_path / "index").current()


def test_nothing_does_not_take_the_place_of_what_cannot_be_read(tmp_path: Path) -> None:
    """An index of an older format holds something, and its corpus folder may not be mounted."""
    store = FolderStore(tmp_path / "index")
    folder = store.folder("000012")
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text(json.dumps(SEVEN), encoding="utf-8")
    store.publish("000012")
    (tmp_path / "corpus").mkdir()
    with pytest.raises(EmptyCorpus, match=r"there are no files under .* `rag build --anew`"):
        build([tmp_path / "corpus"], tmp_path / "index", Settings())
    assert (store.current(), store.ids()) == ("000012", ("000012",))
    (tmp_path / "corpus" / "望江.txt").write_text(TEXTS["望江"], encoding="utf-8")
    assert build([tmp_path / "corpus"], tmp_path / "index", Settings()).generation == "000013"
