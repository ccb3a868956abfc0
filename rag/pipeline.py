"""The only wiring: a corpus becomes an index, an index answers questions."""

import errno
import re
import sqlite3
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Literal, Self

from rag import limits as limit
from rag.answering import SHARE, Names, Opened, Opener, Serving, Steady
from rag.corpus import read_corpus
from rag.encoding import Encoder, load_encoder
from rag.errors import (
    BadInput,
    EmptyCorpus,
    EncoderFailed,
    IndexMissing,
    IndexNotWritten,
    OutOfMemory,
    RagError,
)
from rag.index import (
    Cache,
    Embedder,
    FolderStore,
    Generation,
    GenerationWriter,
    Manifest,
    Progress,
    Records,
    open_store,
    silent,
)  # fmt: skip
from rag.llm import Exchange, alone, rewriting
from rag.lock import NOT_WRITTEN, locked
from rag.messages import cause, joined
from rag.queue import ANSWERS, SEARCHES, Place
from rag.report import BuildReport, FileReport, keep_files, with_reprints
from rag.reprints import Sketches
from rag.settings import Settings
from rag.types import Answer, Filters, Hit
from rag.words import read_dictionary

Ask = Callable[[str, Sequence[str]], Answer]
Gate = Callable[[Ask], str | None]
"""Says why a new generation, which it may ask, must not serve; None where it may."""

Searching = Literal["words and meaning", "words", "words for now", "words: the endpoint failed"]
"""By what passages are found; for now, while the vectors are being made or could not be."""

# more others at work or waiting, share of the passages that are read
_SHARES = ((12, 1 / 6), (6, 1 / 3), (2, 2 / 3), (-1, 1.0))
_BY_WORDS = "编码服务没有应答，这个回答只按字词检索得出。"


def build(
    corpus: Sequence[Path],
    index: Path,
    settings: Settings,
    progress: Progress = silent,
    gate: Gate | None = None,
    anew: bool = False,
) -> BuildReport:
    """Read every file under `corpus`, make a new generation of `index` from it, and let it serve.

    What earlier builds read and embedded is taken from the cache, unless all is to be made `anew`.
    Where many passages must be embedded, an index that answers by words serves meanwhile. A file
    that cannot be read is skipped and named in the report. A generation that `gate` holds back
    stays beside the one that serves.

    Raises:
        BadInput: a path of `corpus`, or the dictionary that is set, cannot be read.
        EmptyCorpus: nothing could be read, or nothing is there where something was.
        EncoderFailed: an endpoint does not answer; the next build goes on where this one was.
        IndexBusy: another build is writing the index.
        OutOfMemory: the build needs more memory than there is.
        RagError: the index could not be written; the old generation goes on serving.
    """
    with locked(index):
        try:
            with closing(Cache(FolderStore(index).cache, anew=anew)) as cache:
                return _Build(corpus, index, settings, cache, progress, gate).run(anew)
        except MemoryError as error:
            raise OutOfMemory(
                "the build needs more memory than there is: give it more, or set fewer `workers`;"
                " the index is as it was"
            ) from error
        except (OSError, sqlite3.Error) as error:
            if getattr(error, "errno", None) == errno.ENOMEM:
                raise OutOfMemory("the build needs more memory than there is") from error
            raise IndexNotWritten(NOT_WRITTEN, index=index, why=cause(error)) from error


class _Build:
    """One build: read, write words, serve them if vectors will take long, add vectors, serve."""

    def __init__(
        self, corpus: Sequence[Path], index: Path, settings: Settings, cache: Cache,
        progress: Progress, gate: Gate | None,
    ) -> None:  # fmt: skip
        self._corpus, self._index, self._settings = corpus, index, settings
        self._cache, self._progress, self._gate = cache, progress, gate
        self._store, self._encoder = open_store(index, settings), load_encoder(settings)
        self._files: tuple[FileReport, ...] = ()

    def run(self, anew: bool) -> BuildReport:
        """Build; `anew` lets an empty corpus take the place of one that was not."""
        given = self._settings.dictionary
        words, complaints = read_dictionary(Path(given)) if given else ([], [])
        began = time.perf_counter()
        with GenerationWriter(self._index, self._encoder, self._settings, words) as writer:
            texts = self._write(writer, words, anew)
            read = time.perf_counter()
            meanwhile = self._add_meaning(writer, texts)
            final = self._finished(writer.finish())
        done = time.perf_counter()
        held_back = self._gate and self._gate(
            _asking(self._index, final, self._encoder, self._settings)
        )
        if held_back is None:
            self._store.publish(final, self._progress)
        if meanwhile:
            FolderStore(self._index).remove(meanwhile)
        self._cache.sweep(["files", "vectors"] if self._encoder else ["files"])
        return BuildReport(
            generation=final,
            files=self._files,
            essays=sum(file.essays for file in self._files),
            measures=sum(file.measures for file in self._files),
            passages=len(texts),
            seconds={"words": read - began, "vectors": done - read},
            complaints=tuple(complaints),
            held_back=held_back,
        )

    def _add_meaning(self, writer: GenerationWriter, texts: Sequence[str]) -> str | None:
        """Add vectors; return the generation that serves meanwhile, if they take long."""
        if self._encoder is None or not texts:
            return None
        embedder, meanwhile = Embedder(self._encoder, self._cache, texts), None
        if self._serves_words_first(embedder):
            meanwhile = self._finished(writer.finish_words())
            self._store.publish(meanwhile)
        try:
            writer.add_vectors(embedder, self._progress)
        except EncoderFailed:
            if self._serving() is None:
                self._store.publish(self._finished(writer.finish()))
            raise
        return meanwhile

    def _finished(self, generation: str) -> str:
        """Keep what became of every file beside a generation; return its id."""
        keep_files(self._index, generation, self._files)
        return generation

    def _write(self, writer: GenerationWriter, words: Sequence[str], anew: bool) -> list[str]:
        """Read the corpus and write what answers by words; return what is to be embedded."""
        reports, texts, sketches = list[FileReport](), list[str](), Sketches()
        with closing(read_corpus(self._corpus, self._settings, words, self._cache)) as read:
            for done, (made, total) in enumerate(read, start=1):
                for each in made:
                    reports.append(each.report)
                    if each.outline:
                        sketches.add(each.outline)
                        writer.add(each.outline, each.passages, each.keys, each.lengths)
                        texts += each.embedded
                self._progress("files", done, total)
        self._check_some(reports, anew)
        found = sketches.reprints()
        writer.index_words(found)
        self._files = tuple(with_reprints(report, found) for report in reports)
        return texts

    def _check_some(self, reports: Sequence[FileReport], anew: bool) -> None:
        """Refuse to let nothing take the place of something; a first empty index is allowed."""
        if any(report.state != "skipped" for report in reports):
            return
        where = ", ".join(map(str, self._corpus))
        if reports:
            why = joined(report.reason for report in reports[:3])
            raise EmptyCorpus(
                "nothing could be read under {where}: {why}", reports, where=where, why=why
            )
        if not anew and not self._is_empty():
            raise EmptyCorpus(
                "there are no files under {where}: the index stays as it is; `rag build "
                "--anew` empties it",
                where=where,
            )

    def _is_empty(self) -> bool:
        """Whether nothing was built yet, or what serves holds nothing."""
        try:
            self._store.current()
        except IndexMissing:
            return True
        serving = self._serving()
        return serving is not None and not serving.counts["passages"]

    def _serving(self) -> Manifest | None:
        """The manifest of what serves now; None where nothing does that can be used."""
        with suppress(RagError):
            return Manifest.load(self._store.folder(self._store.current()))
        return None

    def _serves_words_first(self, embedder: Embedder) -> bool:
        """Whether staff can ask by words while vectors are made, because that takes long."""
        if self._gate or self._settings.store != "folder":
            return False
        return embedder.missing > self._settings.words_first


def _asking(index: Path, generation: str, encoder: Encoder | None, settings: Settings) -> Ask:
    """Return what asks a generation that does not serve yet, without somebody's endpoint."""
    local = replace(settings, llm_url="", store="folder")
    opener = Opener(open_store(index, local), local, encoder)
    return Assistant(opener.steady(generation), local).ask


def _answered(
    opened: Opened, text: str, history: Sequence[str], filters: Filters, whole: str | None = None
) -> Answer:
    """Answer from one generation; where the endpoint failed meanwhile, the answer says so.

    The more wait, the fewer passages are read: down to a sixth. The first few hold nearly
    all answers, so the last of fifty people has much the same answer in a third of the time.
    """
    others = max(0, len(ANSWERS.held) - 1)
    SHARE.set(next(share for least, share in _SHARES if others > least))
    with opened.retriever.one_question() as faults:
        answer = opened.answerer.answer(text, history, filters, whole)
    return replace(answer, note=_BY_WORDS if faults else None)


def _alone(now: Opened, text: str, earlier: Sequence[str], settings: Settings) -> str | None:
    """Return a follow-up as the model puts it alone, if it has no name or figure of its own."""

    def told(*texts: str) -> set[str]:
        names = {name.value for each in texts for name in now.answerer.names.find(each).names}
        return names.union(*(re.findall(r"\d+", each) for each in texts))

    whole = alone(text, earlier, settings)
    return whole if whole and told(whole) <= told(*earlier, text) else None


class Assistant:
    """Answers questions from an index; safe for several threads at once.

    A new generation is noticed between two questions. Where one cannot be used, an older one
    answers and `warning` says why.
    """

    def __init__(self, serving: Serving | Steady, settings: Settings) -> None:
        self._serving = serving
        self._settings = settings
        self.withheld = deque[tuple[str, str]](maxlen=10)
        """The last sentences of the language model that were not shown, and why."""
        self.model_silent = False
        """Whether the language model did not answer when it was asked last."""

    @classmethod
    def open(cls, index: Path, settings: Settings, encoder: Encoder | None = None) -> Self:
        """Open the current generation of `index`, or the last whole one before it.

        Where `encoder` is not given, the one of the settings is loaded.

        Raises:
            IndexMissing: nothing was built yet.
            IndexMismatch: the index was made by another encoder, tokenizer or format.
            IndexDamaged: a file of it is missing or broken, and there is no older one to take.
        """
        opener = Opener(open_store(index, settings), settings, encoder or load_encoder(settings))
        return cls(Serving(opener), settings)

    def steady(self) -> "Assistant":
        """Return this assistant kept to the generation that answers now.

        Whoever looks up what was found needs one: two questions may come from two generations.
        """
        now = Steady(self.store, self._serving.current(), self.warning)
        kept = Assistant(now, self._settings)
        kept.withheld = self.withheld
        return kept

    @property
    def store(self) -> FolderStore:
        """Where the generations are kept."""
        return self._serving.store

    @property
    def warning(self) -> str | None:
        """Why the newest generation does not answer; None where it does."""
        return self._serving.warning

    @property
    def searching(self) -> Searching:
        """By what the generation that answers now is searched."""
        now = self._serving.current()
        manifest = now.generation.manifest
        if manifest.pending:
            return "words for now"
        if not manifest.by_meaning:
            return "words"
        return "words: the endpoint failed" if now.retriever.fault else "words and meaning"

    @property
    def opened(self) -> Generation:
        """The generation that answers now."""
        return self._serving.current().generation

    @property
    def empty(self) -> bool:
        """Whether the generation that answers now holds nothing at all."""
        return not self.opened.manifest.counts["passages"]

    @property
    def records(self) -> Records:
        """The records of the generation that answers now."""
        return self.opened.records

    @property
    def names(self) -> Names:
        """The names that the generation that answers now is known by."""
        return self._serving.current().answerer.names

    @property
    def generation(self) -> str:
        """The id of the generation that answers now."""
        return self.opened.id

    def ask(
        self, question: str, history: Sequence[str] = (), filters: Filters | None = None
    ) -> Answer:
        """Answer `question`; `history` holds the earlier questions of the chat, oldest first.

        Raises:
            BadInput: the question is empty or too long, or there are too many filters.
        """
        *_, answer = self.asking(question, history, filters)
        return answer

    def asking(
        self,
        question: str,
        history: Sequence[str] = (),
        filters: Filters | None = None,
        place: Place | None = None,
    ) -> Iterator[Answer]:
        """Yield the answer to `question` as it grows; the last one is whole.

        Without a language model there is one. With one, its checked sentences come as they are
        written; where they cannot be checked the last answer is the extractive one. `place` tells
        meanwhile how many are answered before it; whoever leaves it hangs up on the model, too.

        Raises:
            BadInput: the question is empty or too long, or there are too many filters.
        """
        most = self._settings.max_question
        text, limits = limit.question(question, most), limit.filters(filters)
        now, began = self._serving.current(), time.perf_counter()
        earlier = limit.earlier(history, most)
        found = ANSWERS.in_turn(partial(_answered, now, text, earlier, limits), place)
        if found.abstained and (whole := _alone(now, text, earlier, self._settings)):
            again = ANSWERS.in_turn(partial(_answered, now, text, earlier, limits, whole))
            found = found if again.abstained else replace(again, question=text, understood=whole)
        exchange = Exchange(left=place.left) if place else Exchange()
        for answer in rewriting(found, self._settings, self.withheld, exchange):
            seconds = {**answer.seconds, "total": time.perf_counter() - began}
            yield replace(answer, generation=now.generation.id, seconds=seconds)
        if exchange.sent:
            self.model_silent = exchange.failure not in (None, "refused", "left")

    def warm(self, question: str) -> None:
        """Answer `question` to nobody, so that the first reader finds everything loaded."""
        _answered(self._serving.current(), question, (), Filters())

    def search(self, query: str, k: int = 10, filters: Filters | None = None) -> tuple[Hit, ...]:
        """Return the k passages that match `query` best.

        Raises:
            BadInput: the query is empty or too long, or k is under 1.
        """
        if k < 1:
            raise BadInput("the number of passages must be at least 1, got {k}", k=k)
        text = limit.question(query, self._settings.max_question)
        return self.search_among(text, k, limit.filters(filters))

    def search_among(self, text: str, k: int, filters: Filters) -> tuple[Hit, ...]:
        """Do what `search` does for the program itself, which may name any number of essays."""
        return SEARCHES.in_turn(partial(self._serving.current().retriever.search, text, k, filters))
