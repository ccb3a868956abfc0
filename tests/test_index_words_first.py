"""Words serve first, a gate before all; what an encoder that fails leaves behind."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from rag.errors import EncoderFailed
from rag.index import FolderStore
from rag.pipeline import build
from rag.report import kept_files
from rag.retrieval import Retriever
from rag.settings import Settings
from tests.built import NEW, CountingEncoder, Room, assert_as_fresh, room_in


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_process: None) -> Room:
    return room_in(tmp_path, monkeypatch)


def found(index: Path, encoder: CountingEncoder, question: str) -> list[str]:
    """The texts that a question finds in what serves."""
    generation = FolderStore(index).open(encoder)
    hits = Retriever(generation, encoder).search(question, 5)
    generation.records.close()
    return [hit.passage.text for hit in hits]


def test_words_serve_while_vectors_are_made(room: Room, tmp_path: Path) -> None:
    room.build()
    room.write(宿松=NEW)
    room.settings = replace(room.settings, words_first=0)
    seen: list[tuple[str, bool, int, list[str]]] = []

    def during(texts: list[str]) -> None:
        manifest = room.manifest()
        hits = found(room.index, room.encoder, "宿松县每年举办几期干部培训班")
        seen.append((room.store.current(), manifest.pending, manifest.dim, hits))

    room.encoder.during = during
    report = room.build()
    ((serving, pending, dim, hits),) = seen
    assert (serving, pending, dim) == ("000002", True, 0)
    assert "每年举办两期干部培训班" in hits[0]
    assert report.generation == room.store.current() == "000003"
    assert (room.manifest().pending, room.manifest().dim) == (False, 16)
    assert room.parts() == {"000001", "000003"}
    assert kept_files(room.index, "000002") is None
    assert kept_files(room.index, "000003") == report.files
    assert room.store.verify("000003") == ()
    room.encoder.during = lambda seen: None
    assert_as_fresh(room, tmp_path)


@pytest.mark.parametrize("words_first", [Settings().words_first, 2])
def test_few_vectors_are_waited_for(room: Room, words_first: int) -> None:
    """What counts is how many are new: here two passages, and one is in the cache."""
    room.build()
    room.write(宿松=NEW)
    room.settings = replace(room.settings, words_first=words_first)
    serving: list[str] = []
    room.encoder.during = lambda seen: serving.append(room.store.current())
    room.build()
    assert 0 < len(room.encoder.seen) <= 2
    assert (serving, room.store.current()) == (["000001"], "000002")
    assert room.parts() == {"000001", "000002"}


def test_a_gate_is_asked_before_anything_serves(room: Room) -> None:
    room.build()
    room.write(宿松=NEW)
    room.settings = replace(room.settings, words_first=0)
    serving: list[str] = []
    room.encoder.during = lambda seen: serving.append(room.store.current())
    report = build([room.corpus], room.index, room.settings, gate=lambda ask: "worse than before")
    assert (serving, room.store.current()) == (["000001"], "000001")
    assert (report.held_back, report.generation) == ("worse than before", "000002")
    assert room.parts() == {"000001", "000002"}
    assert room.store.rollback("000002") == "000002"


def failing_after(texts: int) -> Callable[[list[str]], None]:
    def during(seen: list[str]) -> None:
        if len(seen) >= texts:
            raise EncoderFailed("the endpoint does not answer", temporary=True)

    return during


@pytest.fixture
def one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passages are embedded one by one, so that an encoder can fail between two."""
    monkeypatch.setattr("rag.index.build._BATCH", 1)


@pytest.mark.usefixtures("one_by_one")
@pytest.mark.parametrize("stop", [EncoderFailed, KeyboardInterrupt])
def test_an_encoder_that_fails_half_way(
    room: Room, tmp_path: Path, stop: type[BaseException]
) -> None:
    """The old index serves, untouched; the next build goes on where this one was."""
    room.build()
    before, many = room.manifest(), room.manifest().counts["passages"]
    room.encoder = CountingEncoder(fingerprint="2")

    def during(seen: list[str]) -> None:
        if len(seen) == 4:
            raise stop("no more")

    room.encoder.during = during
    with pytest.raises(stop):
        room.build()
    assert len(room.encoder.seen) == 4
    assert (room.store.current(), room.parts(), room.manifest()) == ("000001", {"000001"}, before)
    assert FolderStore(room.index).open(CountingEncoder()).manifest == before
    done = list(room.encoder.seen)
    room.encoder.during = lambda seen: None
    room.build()
    assert len(room.encoder.seen) == many - 4
    assert not set(room.encoder.seen) & set(done)
    assert room.read == []
    assert_as_fresh(room, tmp_path)


@pytest.mark.usefixtures("one_by_one")
@pytest.mark.parametrize("words_first", [0, 400])
def test_a_first_build_whose_encoder_fails_answers_by_words(
    room: Room, tmp_path: Path, words_first: int
) -> None:
    room.settings = replace(room.settings, words_first=words_first)
    room.encoder.during = failing_after(3)
    with pytest.raises(EncoderFailed, match="does not answer"):
        room.build()
    assert room.manifest().pending
    assert room.parts() == {"000001"}
    assert "第一书记" in found(room.index, room.encoder, "选派第一书记")[0]
    room.encoder.during = lambda seen: None
    report = room.build()
    assert len(room.encoder.seen) == report.passages - 3
    assert not room.manifest().pending
    assert_as_fresh(room, tmp_path)


@pytest.mark.usefixtures("one_by_one")
def test_where_words_serve_already_they_go_on(room: Room) -> None:
    """A failed build of many passages leaves what it has: all of the new corpus, by words."""
    room.build()
    room.write(宿松=NEW)
    room.settings = replace(room.settings, words_first=0)
    room.encoder.during = failing_after(1)
    with pytest.raises(EncoderFailed):
        room.build()
    assert room.manifest().pending
    assert "干部培训班" in found(room.index, room.encoder, "干部培训班")[0]
    assert room.parts() == {"000001", room.store.current()}


def test_no_encoder_makes_words_alone(
    room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.pipeline.load_encoder", lambda settings: None)
    room.build()
    manifest = room.manifest()
    assert (manifest.encoder, manifest.dim, manifest.pending) == (None, 0, False)
    assert room.encoder.seen == []
    generation = FolderStore(room.index).open(None)
    assert "第一书记" in Retriever(generation, None).search("选派第一书记", 1)[0].passage.text
