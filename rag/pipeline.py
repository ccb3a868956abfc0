"""The only wiring: a corpus becomes an index, an index answers questions. Floor 8."""

import os
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from rag.answering import Answerer, Desk, Matcher, Shelf
from rag.encoding import Encoder, StaticEncoder, load_default, load_encoder, load_reranker
from rag.errors import BadInput, EmptyCorpus, RagError, UnreadableFile
from rag.index import Generation, Progress, Records, read_dictionary, swap, write_generation
from rag.index.layout import Layout
from rag.llm import configured, rewriting
from rag.outline import outline
from rag.passages import passages
from rag.reading import read
from rag.retrieval import Retriever
from rag.settings import Settings
from rag.types import Answer, Filters, Hit, Outline, Passage

_NOT_ESSAYS = {"sources.md", "readme.md", "readme.txt"}  # what a corpus says of itself


@dataclass(frozen=True, slots=True)
class FileReport:
    """What became of one file."""

    path: str
    state: str  # "read", "repaired" or "skipped"
    reason: str  # why it was skipped, or what had to be repaired
    essays: int = 0
    measures: int = 0
    passages: int = 0


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build made."""

    generation: str
    files: tuple[FileReport, ...]
    essays: int
    measures: int
    passages: int
    seconds: dict[str, float]
    complaints: tuple[str, ...] = ()  # lines of the operator's dictionary that were left out

    @property
    def skipped(self) -> int:
        """Number of files that could not be read."""
        return sum(file.state == "skipped" for file in self.files)


def build(
    corpus: Sequence[Path],
    index: Path,
    settings: Settings,
    progress: Progress = lambda step, done, total: None,
) -> BuildReport:
    """Read every file under `corpus` and make a new generation of `index` from it.

    A file that cannot be read is skipped and named in the report.

    Raises:
        BadInput: a path of `corpus`, or the dictionary that is set, cannot be read.
        EmptyCorpus: nothing could be read.
        RagError: the index could not be written; the old generation goes on serving.
    """
    began = time.perf_counter()
    encoder = load_encoder(settings)
    words, complaints = _given_words(settings)
    outlines, cut, files = _read_all(_files(corpus), settings, progress)
    if not outlines:
        reasons = "; ".join(file.reason for file in files[:3]) or "there are no files"
        raise EmptyCorpus(f"nothing could be read under {', '.join(map(str, corpus))}: {reasons}")
    read_at = time.perf_counter()
    try:
        generation = write_generation(index, outlines, cut, encoder, settings, progress, words)
        swap(index, generation)
    except OSError as error:
        raise BadInput(f"cannot write the index {index}: {error.strerror}") from error
    return BuildReport(
        generation=generation,
        files=tuple(files),
        essays=sum(essay.kind == "essay" for made in outlines for essay in made.essays),
        measures=sum(len(made.measures) for made in outlines),
        passages=len(cut),
        seconds={"read": read_at - began, "index": time.perf_counter() - read_at},
        complaints=tuple(complaints),
    )


def _given_words(settings: Settings) -> tuple[list[str], list[str]]:
    return read_dictionary(Path(settings.dictionary)) if settings.dictionary else ([], [])


def _files(corpus: Sequence[Path]) -> list[tuple[Path, str]]:
    """Return each file with its name relative to what all of `corpus` has in common."""
    for path in corpus:
        if not path.exists():
            raise BadInput(f"no file or folder {path}: name where the essays are")
    roots = [path.resolve() for path in corpus]
    common = Path(os.path.commonpath(roots))
    base = common.parent if common.is_file() else common
    found: dict[Path, None] = {}
    for root in roots:
        inside = sorted(root.rglob("*")) if root.is_dir() else [root]
        found |= dict.fromkeys(path for path in inside if root == path or _is_essay(path))
    return [(path, path.relative_to(base).as_posix()) for path in found]


def _is_essay(path: Path) -> bool:
    name = path.name.lower()
    return path.is_file() and not name.startswith((".", "~$")) and name not in _NOT_ESSAYS


def _read_all(
    paths: Sequence[tuple[Path, str]], settings: Settings, progress: Progress
) -> tuple[list[Outline], list[Passage], list[FileReport]]:
    outlines: list[Outline] = []
    cut: list[Passage] = []
    files: list[FileReport] = []
    for done, (path, name) in enumerate(paths, 1):
        try:
            made = outline(read(path, name))
        except UnreadableFile as error:
            files.append(FileReport(name, "skipped", str(error)))
        else:
            outlines.append(made)
            pieces = passages(made, settings.window)
            cut += pieces
            files.append(_report(made, len(pieces)))
        progress("files", done, len(paths))
    return outlines, cut, files


def _report(made: Outline, passages: int) -> FileReport:
    notes = "; ".join(made.document.notes)
    return FileReport(
        path=made.document.path,
        state="repaired" if notes else "read",
        reason=notes,
        essays=sum(essay.kind == "essay" for essay in made.essays),
        measures=len(made.measures),
        passages=passages,
    )


@dataclass(frozen=True, slots=True)
class _Open:
    """One generation with what answers from it; replaced as a whole."""

    generation: Generation
    retriever: Retriever
    answerer: Answerer


class Assistant:
    """Answers questions from an index; safe for several threads at once.

    A new generation is noticed between two questions. If it cannot be opened, the old one goes
    on answering and `warning` says why.
    """

    def __init__(self, index: Path, settings: Settings, encoder: Encoder) -> None:
        self._index = index
        self._settings = settings
        self._encoder = encoder
        self._reranker = load_reranker(settings)
        self._words = encoder if isinstance(encoder, StaticEncoder) else load_default()
        self.worded = configured(settings)  # whether a language model words the answers
        self._lock = threading.Lock()
        self._open = self._load()
        self._tried = self._open.generation.id
        self.warning: str | None = None

    @classmethod
    def open(cls, index: Path, settings: Settings) -> Self:
        """Open the current generation of `index`.

        Raises:
            IndexMissing: nothing was built yet.
            IndexMismatch: the index was made by another encoder, tokenizer or format.
            IndexDamaged: a file of it is missing or broken.
        """
        return cls(index, settings, load_encoder(settings))

    @property
    def records(self) -> Records:
        """The records of the generation that answers now."""
        return self._current().generation.records

    @property
    def generation(self) -> str:
        """The id of the generation that answers now."""
        return self._current().generation.id

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
        now, began = self._current(), time.perf_counter()
        found = now.answerer.answer(text, [q for q in history if q.strip()], filters or Filters())
        for answer in rewriting(found, self._settings):
            seconds = {**answer.seconds, "total": time.perf_counter() - began}
            yield replace(answer, generation=now.generation.id, seconds=seconds)

    def warm(self, questions: Sequence[str]) -> None:
        """Answer `questions` to nobody, so that the first reader finds everything loaded."""
        for question in questions:
            self._current().answerer.answer(question, (), Filters())

    def search(self, query: str, k: int = 10, filters: Filters | None = None) -> tuple[Hit, ...]:
        """Return the k passages that match `query` best.

        Raises:
            BadInput: the query is empty or too long, or k is under 1.
        """
        if k < 1:
            raise BadInput(f"the number of passages must be at least 1, got {k}")
        return self._current().retriever.search(self._checked(query), k, filters or Filters())

    def _checked(self, question: str) -> str:
        text = " ".join(question.split())
        if not text:
            raise BadInput("the question is empty: type one")
        if len(text) > (most := self._settings.max_question):
            raise BadInput(f"the question has {len(text)} characters: at most {most} are read")
        return text

    def _current(self) -> _Open:
        """Return what answers now, changed over if CURRENT names another generation."""
        try:
            current = Layout(self._index).current_id()
        except RagError:
            return self._open
        if current == self._tried:
            return self._open
        with self._lock:
            if current != self._tried:
                self._tried = current
                try:
                    self._open, self.warning = self._load(), None
                except RagError as error:
                    self.warning = f"the new index cannot be used, the old one answers: {error}"
        return self._open

    def _load(self) -> _Open:
        generation = Generation.open(self._index, self._encoder)
        retriever = Retriever(generation, self._encoder, self._settings, reranker=self._reranker)
        matcher = Matcher(generation.sparse.idf, self._words.token_vectors)
        answerer = Answerer(Desk(Shelf(generation.records), matcher, retriever))
        return _Open(generation, retriever, answerer)
