"""The only wiring: a corpus becomes an index, an index answers questions. Floor 9."""

import errno
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import ParamSpec, Self, TypeVar

from rag.answering import Desk, Opener, Serving, Steady
from rag.encoding import Encoder, load_encoder
from rag.errors import BadInput, IndexNotWritten, OutOfMemory
from rag.index import Progress, Records, Store, locked, open_store, read_dictionary
from rag.llm import configured, rewriting
from rag.making import make
from rag.report import BuildReport, keep_files
from rag.settings import Settings
from rag.types import Answer, Filters, Hit

P = ParamSpec("P")
R = TypeVar("R")
Ask = Callable[[str, Sequence[str]], Answer]
Gate = Callable[[Ask], str | None]
"""Says why a new generation, which it may ask, must not serve; None where it may."""

_AT_A_TIME = 4  # questions that are answered; the others wait
_turns = ThreadPoolExecutor(_AT_A_TIME, "answer")


def build(
    corpus: Sequence[Path],
    index: Path,
    settings: Settings,
    progress: Progress = lambda step, done, total: None,
    gate: Gate | None = None,
    anew: bool = False,
) -> BuildReport:
    """Read every file under `corpus`, make a new generation of `index` from it, and let it serve.

    What the serving generation holds of files that have not changed is taken over, unless all is
    to be read `anew`; where files have come and that is all, they are added to it. A
    file that cannot be read is skipped and named in the report. A generation that `gate` holds back
    stays beside the one that serves.

    Raises:
        BadInput: a path of `corpus`, or the dictionary that is set, cannot be read.
        EmptyCorpus: nothing could be read.
        IndexBusy: another build is writing the index.
        OutOfMemory: the build needs more memory than there is.
        RagError: the index could not be written; the old generation goes on serving.
    """
    with locked(index):
        try:
            return _build(corpus, index, settings, progress, gate, anew)
        except MemoryError as error:
            raise OutOfMemory(
                f"the build needs more memory than there is: set `build_memory` below"
                f" {settings.build_memory} (MB) or let it have more; the index is as it was"
            ) from error


def _build(
    corpus: Sequence[Path],
    index: Path,
    settings: Settings,
    progress: Progress,
    gate: Gate | None,
    anew: bool,
) -> BuildReport:
    began = time.perf_counter()
    store = open_store(index, settings)
    encoder = load_encoder(settings)
    words, complaints = _given_words(settings)
    try:
        made = make(corpus, index, settings, encoder, words, progress, anew)
        keep_files(index, made.generation, made.files)
        held_back = gate and gate(_asking(index, made.generation, encoder, settings))
        generation = made.generation
        if held_back is None:
            generation = store.publish(index, generation, encoder, progress)
            if generation != made.generation:  # as a server may number it
                keep_files(index, generation, made.files)
    except (OSError, sqlite3.Error) as error:
        if isinstance(error, OSError) and error.errno == errno.ENOMEM:
            raise MemoryError from error
        why = error.strerror if isinstance(error, OSError) else error
        raise IndexNotWritten(f"cannot write the index {index}: {why}") from error
    return BuildReport(
        generation=generation,
        files=made.files,
        essays=sum(file.essays for file in made.files),
        measures=sum(file.measures for file in made.files),
        passages=sum(file.passages for file in made.files),
        seconds={"read": made.read - began, "index": time.perf_counter() - made.read},
        complaints=tuple(complaints),
        held_back=held_back,
    )


def _asking(index: Path, generation: str, encoder: Encoder, settings: Settings) -> Ask:
    """Return what asks a generation that does not serve yet, without somebody's endpoint."""
    local = replace(settings, llm_url="", store="folder")
    opener = Opener(open_store(index, local), local, encoder)
    return Assistant(opener.steady(generation), local).ask


def _given_words(settings: Settings) -> tuple[list[str], list[str]]:
    return read_dictionary(Path(settings.dictionary)) if settings.dictionary else ([], [])


def _in_turn(work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Do `work` when it is its turn: first come, first served.

    Dozens of threads that want the interpreter at once get it in no order: of fifty people half
    were answered in 0.2 s, and one in twenty waited for more than 3.
    """
    return _turns.submit(work, *args, **kwargs).result()


class Assistant:
    """Answers questions from an index; safe for several threads at once.

    A new generation is noticed between two questions. Where one cannot be used, an older one
    answers and `warning` says why.
    """

    def __init__(self, serving: Serving | Steady, settings: Settings) -> None:
        self._serving = serving
        self._settings = settings
        self.worded = configured(settings)  # whether a language model words the answers

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
        return Assistant(now, self._settings)

    @property
    def store(self) -> Store:
        """Where the generations are kept."""
        return self._serving.store

    @property
    def warning(self) -> str | None:
        """Why the newest generation does not answer; None where it does."""
        return self._serving.warning

    @property
    def records(self) -> Records:
        """The records of the generation that answers now."""
        return self._serving.current().generation.records

    @property
    def desk(self) -> Desk:
        """Where questions meet the essays of the generation that answers now."""
        return self._serving.current().desk

    @property
    def generation(self) -> str:
        """The id of the generation that answers now."""
        return self._serving.current().generation.id

    def ask(
        self, question: str, history: Sequence[str] = (), filters: Filters | None = None
    ) -> Answer:
        """Answer `question`; `history` holds the earlier questions of the chat, oldest first.

        Raises:
            BadInput: the question is empty or too long.
        """
        *_, answer = self.asking(question, history, filters)
        return answer

    def asking(
        self, question: str, history: Sequence[str] = (), filters: Filters | None = None
    ) -> Iterator[Answer]:
        """Yield the answer to `question` as it grows; the last one is whole.

        Without a language model there is one. With one, its checked sentences come as they are
        written; where they cannot be checked the last answer is the extractive one.

        Raises:
            BadInput: the question is empty or too long.
        """
        text = self._checked(question)
        now, began = self._serving.current(), time.perf_counter()
        earlier = [question for question in history if question.strip()]
        found = _in_turn(now.answerer.answer, text, earlier, filters or Filters())
        for answer in rewriting(found, self._settings):
            seconds = {**answer.seconds, "total": time.perf_counter() - began}
            yield replace(answer, generation=now.generation.id, seconds=seconds)

    def warm(self, questions: Sequence[str]) -> None:
        """Answer `questions` to nobody, so that the first reader finds everything loaded."""
        for question in questions:
            self._serving.current().answerer.answer(question, (), Filters())

    def search(self, query: str, k: int = 10, filters: Filters | None = None) -> tuple[Hit, ...]:
        """Return the k passages that match `query` best.

        Raises:
            BadInput: the query is empty or too long, or k is under 1.
        """
        if k < 1:
            raise BadInput(f"the number of passages must be at least 1, got {k}")
        return _in_turn(self.desk.retriever.search, self._checked(query), k, filters or Filters())

    def _checked(self, question: str) -> str:
        text = " ".join(question.split())
        if not text:
            raise BadInput("the question is empty: type one")
        if len(text) > (most := self._settings.max_question):
            raise BadInput(f"the question has {len(text)} characters: at most {most} are read")
        return text
