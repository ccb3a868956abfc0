"""A build does what is new, goes on where one was stopped, and lets words serve first."""

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from rag.encoding import Vectors
from rag.errors import BadInput, EmptyCorpus, EncoderFailed, IndexMissing
from rag.index import FolderStore, Manifest
from rag.pipeline import Assistant, build
from rag.reading import documents
from rag.report import BuildReport, kept_files
from rag.retrieval import Retriever
from rag.settings import Settings
from tests import samples
from tests.test_index_generation import SEVEN, LetterEncoder

TEXTS = {
    "太湖": "太湖县的人才工作\n\n一、抓引进。设立人才专项资金。\n\n二、抓服务。设立人才专窗。\n",
    "望江": "望江县的党建工作\n\n一、抓基层。选派第一书记到村任职。\n",
    "岳西": "岳西县的产业发展\n\n一、抓茶叶。村村有茶园，户户有收入。\n",
}
NEW = "宿松县的干部培训\n\n一、抓培训。每年举办两期干部培训班。\n"


@dataclass
class CountingEncoder(LetterEncoder):
    """Calls `during` with all texts so far before it embeds more."""

    during: Callable[[list[str]], object] = lambda seen: None

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Embed, and note what was given."""
        self.during(self.seen)
        return super().encode_passages(texts)


@dataclass
class Room:
    """A corpus with its index, and what builds of it read and embedded."""

    corpus: Path
    index: Path
    encoder: CountingEncoder = field(default_factory=CountingEncoder)
    read: list[str] = field(default_factory=list)
    settings: Settings = field(default_factory=Settings)

    def write(self, **texts: str) -> None:
        """Write files of the corpus."""
        self.corpus.mkdir(exist_ok=True)
        for name, text in texts.items():
            (self.corpus / f"{name}.txt").write_text(text, encoding="utf-8")

    def build(self, index: Path | None = None, *, anew: bool = False) -> BuildReport:
        """Build; `read` and `encoder.seen` tell what was done this time."""
        self.read.clear()
        self.encoder.seen.clear()
        return build([self.corpus], index or self.index, self.settings, anew=anew)

    @property
    def store(self) -> FolderStore:
        """The generations of the index."""
        return FolderStore(self.index)

    def manifest(self, index: Path | None = None) -> Manifest:
        """The manifest of what serves."""
        store = FolderStore(index or self.index)
        return Manifest.load(store.folder(store.current()))

    def parts(self) -> set[str]:
        """The names of all generations, finished or not."""
        return {path.name for path in self.store.folders.iterdir()}


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_process: None) -> Room:
    made = Room(tmp_path / "corpus", tmp_path / "index")

    def reading(data: bytes, name: str, settings: Settings) -> Iterator[object]:
        made.read.append(name)
        yield from documents(data, name, settings)

    monkeypatch.setattr("rag.corpus.documents", reading)
    monkeypatch.setattr("rag.pipeline.load_encoder", lambda settings: made.encoder)
    made.write(**TEXTS)
    return made


def assert_as_fresh(room: Room, tmp_path: Path) -> None:
    """The index is file by file the one that is made from nothing."""
    told = room.manifest()
    room.build(tmp_path / "fresh")
    fresh = room.manifest(tmp_path / "fresh")
    assert (told.files, told.counts, told.dim) == (fresh.files, fresh.counts, fresh.dim)
    shutil.rmtree(tmp_path / "fresh")


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
