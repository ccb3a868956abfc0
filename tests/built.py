"""A corpus with its index, and what builds of it read and embed."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from rag.encoding import Vectors
from rag.index import FolderStore, Manifest
from rag.pipeline import build
from rag.reading import documents
from rag.report import BuildReport
from rag.settings import Settings
from tests.letters import LetterEncoder

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


def room_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Room:
    """Make a room whose builds are watched; they must go on in this process."""
    made = Room(folder / "corpus", folder / "index")

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
