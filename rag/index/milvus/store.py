"""The generations of one index on a Milvus server, and the alias that one of them has."""

import json
import math
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from rag.encoding import Encoder
from rag.errors import BadInput, IndexDamaged, IndexMismatch, IndexMissing, RagError
from rag.index.dictionary import load_dictionary
from rag.index.generation import Generation, check_fit
from rag.index.layout import DICTIONARY, Layout
from rag.index.manifest import Manifest
from rag.index.milvus.publishing import publish
from rag.index.milvus.records import MilvusRecords
from rag.index.milvus.schema import KINDS, VERSION, collection, generation_of
from rag.index.milvus.server import Server
from rag.index.milvus.snapshot import MilvusSnapshot
from rag.index.milvus.texts import TextTable
from rag.index.milvus.words import Terms
from rag.index.writing import Progress
from rag.settings import Settings
from rag.words import Tokenizer


class MilvusStore:
    """One index on one server; several threads may use it."""

    def __init__(self, settings: Settings) -> None:
        """Connect to the server that `settings` name.

        Raises:
            BadInput: the settings name no server, or the index has a name that cannot be one.
            StoreFailed: nobody answers there.
        """
        if not settings.uri:
            raise BadInput("the store milvus needs the address of a server: --uri http://HOST:PORT")
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,99}", settings.store_name):
            raise BadInput(
                f"setting store_name must be letters, digits and _, got {settings.store_name!r}"
            )
        self._index = settings.store_name
        self._server = Server(settings)

    def current(self) -> str:
        """The id of the generation that the alias leads to."""
        leads_to = self._server.alias(self._index)
        found = generation_of(self._index, leads_to) if leads_to else None
        if found is None:
            raise IndexMissing(
                f"no index {self._index} at {self._server.place}: "
                "run `rag build --store milvus` first"
            )
        return found

    def open(
        self, encoder: Encoder, generation_id: str | None = None, most: float = math.inf
    ) -> MilvusSnapshot:
        """Open the serving generation, or the one that is named; its rows are always counted."""
        name = generation_id or self.current()
        manifest, rows = self._told(name)
        check_fit(self._called(name), manifest, encoder)
        if bad := self.verify(name):
            raise IndexDamaged(f"rows of {', '.join(bad)} are missing: run `rag build` again")
        words = self._texts(name).read("dictionary") or ""
        return MilvusSnapshot(
            id=name,
            verified=True,
            manifest=manifest,
            records=MilvusRecords(self._server, self._index, name),
            tokenizer=Tokenizer(words.split()),
            terms=Terms(self._server, self._collection(name, "terms"), rows["passages"]),
            width=rows["terms"],
            server=self._server,
            passages=self._collection(name, "passages"),
            essays=self._collection(name, "essays"),
        )

    def publish(self, index: Path, generation_id: str, encoder: Encoder, progress: Progress) -> str:
        """Copy a generation to the server and make it serve; return its id there.

        It stays under `index` and is current there: the next build takes vectors over from it.
        Whatever fails, the generation that serves goes on serving.
        """
        folder = Layout(index)
        made = Generation.open(index, encoder, generation_id)
        words = load_dictionary(folder.generation(generation_id) / DICTIONARY)
        self._clear()
        newest = max(map(int, self._names()), default=0)
        name = f"{max(newest + 1, int(generation_id)):06d}"  # the same as there, where it is free
        try:
            publish(self._server, self._index, name, made, words, progress)
        except RagError:
            with suppress(RagError):  # where the server is gone, the next build clears it away
                self._drop(name)
            raise
        finally:
            made.records.close()
        self._point(name)
        folder.swap(generation_id)
        return name

    def generations(self) -> tuple[tuple[str, Manifest | None, bool], ...]:
        """Finished ones, oldest first: id, manifest (None if damaged), whether it serves."""
        current = self.current()
        return tuple((name, self._manifest(name), name == current) for name in self._finished())

    def verify(self, generation_id: str) -> tuple[str, ...]:
        """The names of the collections that do not hold all the rows that were written."""
        try:
            _, rows = self._told(generation_id)
        except (IndexDamaged, IndexMismatch):
            return ("manifest",)
        here = set(self._server.collections())
        return tuple(
            name
            for kind in KINDS
            if (name := self._collection(generation_id, kind)) not in here
            or self._server.count(name) != rows[kind]
        )

    def whole_before(self, generation_id: str) -> Iterator[str]:
        """The undamaged generations that are older than one, newest first."""
        older = [name for name in self._finished() if int(name) < int(generation_id)]
        return (name for name in reversed(older) if not self.verify(name))

    def rollback(self, generation_id: str | None = None) -> str:
        """Make another generation serve, by default the last whole one before; return its id.

        Raises:
            IndexMissing: nothing was built yet.
            BadInput: there is no such generation, or none before the one that serves.
            IndexDamaged: rows of the one asked for are missing.
        """
        known, current = self._finished(), self.current()
        if generation_id is None:
            generation_id = next(self.whole_before(current), None)
        if generation_id is None:
            raise BadInput(f"no whole generation before {current}: `rag index list` shows them")
        if generation_id not in known:
            raise BadInput(f"no generation {generation_id}: `rag index list` shows them")
        if damaged := self.verify(generation_id):
            raise IndexDamaged(
                f"generation {generation_id} is damaged ({', '.join(damaged)}): the old one goes on"
            )
        self._point(generation_id)
        return generation_id

    def prune(self, keep: int) -> tuple[str, ...]:
        """Remove all but the serving one and the `keep` newest others; return their ids.

        Raises:
            IndexMissing: nothing was built yet.
            BadInput: `keep` is negative.
        """
        if keep < 0:
            raise BadInput(f"the number of generations to keep must not be negative, got {keep}")
        current = self.current()
        others = [name for name in self._finished() if name != current]
        removed = others[: max(0, len(others) - keep)]
        for name in removed:
            self._drop(name)
        self._clear()
        return tuple(removed)

    def _point(self, name: str) -> None:
        self._server.point(self._index, self._collection(name, "passages"))

    def _clear(self) -> None:
        """Remove what killed builds left behind: they are older than what serves, or nothing does.

        A build that is running has a newer number than what serves.
        """
        try:
            current = int(self.current())
        except IndexMissing:
            return
        finished = self._finished()
        for name in self._names():
            if name not in finished and int(name) < current:
                self._drop(name)

    def _drop(self, name: str) -> None:
        here = set(self._server.collections())
        for kind in reversed(KINDS):  # the manifest first: what is half removed is no generation
            if (each := self._collection(name, kind)) in here:
                self._server.drop(each)

    def _names(self) -> list[str]:
        """Generations of which there is any collection, oldest first."""
        found = (generation_of(self._index, name) for name in self._server.collections())
        return sorted({name for name in found if name}, key=int)

    def _finished(self) -> list[str]:
        """Generations that were written to the end, oldest first."""
        here = set(self._server.collections())
        return [
            name
            for name in self._names()
            if self._collection(name, "texts") in here and self._read(name) is not None
        ]

    def _manifest(self, name: str) -> Manifest | None:
        try:
            return self._told(name)[0]
        except (IndexDamaged, IndexMismatch):
            return None

    def _told(self, name: str) -> tuple[Manifest, dict[str, int]]:
        """The manifest of a generation, and how many rows its collections have."""
        place = self._called(name)
        if self._collection(name, "texts") not in self._server.collections():
            raise IndexDamaged(f"{place} is missing: run `rag build` again")
        try:
            values = json.loads(self._read(name) or "")
            if values["version"] != VERSION:
                raise IndexMismatch(
                    f"{place} has version {values['version']}, this program reads {VERSION}: "
                    "run `rag build` again"
                )
            return Manifest.of(values["manifest"], place), dict(values["rows"])
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise IndexDamaged(f"{place} is not whole: run `rag build` again") from error

    def _read(self, name: str) -> str | None:
        """The text of a generation's manifest; None where it was not written to the end."""
        return self._texts(name).read("manifest")

    def _texts(self, name: str) -> TextTable:
        return TextTable(self._server, self._collection(name, "texts"))

    def _collection(self, name: str, kind: str) -> str:
        return collection(self._index, name, kind)

    def _called(self, name: str) -> str:
        return f"generation {name} of {self._index} at {self._server.place}"
