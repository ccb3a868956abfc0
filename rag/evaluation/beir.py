"""A BEIR folder: documents, questions, and which document answers which question.

    corpus.jsonl[.gz]    {"_id", "title", "text"}
    queries.jsonl[.gz]   {"_id", "text"}
    qrels.tsv            query-id, corpus-id, score, with a header; also qrels/test.tsv

Layout: Thakur et al., "BEIR", NeurIPS 2021, arXiv:2104.08663.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Self

from rag.errors import BadInput
from rag.jsonl import read_jsonl
from rag.types import Document, Essay, Outline, Paragraph, Piece


@dataclass(frozen=True, slots=True)
class BeirDocument:
    """One document of a BEIR corpus."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Beir:
    """One test collection."""

    name: str
    documents: Mapping[str, BeirDocument]  # by id
    questions: Mapping[str, str]  # by id; those that are judged
    judgments: Mapping[str, Mapping[str, int]]  # question id → document id → grade

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read a folder.

        Raises:
            BadInput: a file is missing or broken, or the judgments name an id that is not there.
        """
        documents = {
            row["_id"]: BeirDocument(row.get("title") or "", row["text"])
            for row in _rows(folder, "corpus")
        }
        questions = {row["_id"]: row["text"] for row in _rows(folder, "queries")}
        judgments = _judgments(folder)
        lost = [f"question {each}" for each in judgments if each not in questions]
        judged = chain.from_iterable(judgments.values())
        lost += [f"document {each}" for each in judged if each not in documents]
        if lost:
            raise BadInput(f"{folder}: the judgments name {lost[0]}, which is not there: add it")
        kept = {key: text for key, text in questions.items() if key in judgments}
        if not kept:
            raise BadInput(f"{folder}: no question is judged")
        return cls(folder.name, documents, kept, judgments)

    def outlines(self, together: int = 1) -> tuple[Outline, ...]:
        """Each document as one essay of one paragraph; its id is the document's path.

        With `together` above 1, so many texts make one essay, under the first one's id and title.
        """
        items = list(self.documents.items())
        groups = (items[i : i + together] for i in range(0, len(items), together))
        return tuple(_outline(group) for group in groups)


def _outline(group: Sequence[tuple[str, BeirDocument]]) -> Outline:
    key, first = group[0]
    essay = Essay(f"{key}#0", key, title=first.title or None)
    paragraphs = tuple(
        Paragraph(f"{key}#0.{n}", essay.essay_id, n, "body", text.text, (Piece(0, 1),))
        for n, (_, text) in enumerate(group, start=1)
    )
    return Outline(Document(key, "", "beir", ()), (essay,), paragraphs, ())


def _rows(folder: Path, stem: str) -> Iterator[dict[str, Any]]:
    for path in (folder / f"{stem}.jsonl", folder / f"{stem}.jsonl.gz"):
        if path.is_file():
            return read_jsonl(path, _row, "an object with the strings _id and text")
    raise BadInput(f"{folder} has no {stem}.jsonl or {stem}.jsonl.gz: give a BEIR folder")


def _row(row: Any) -> dict[str, Any]:  # noqa: ANN401 (JSON)
    if not (isinstance(row["_id"], str) and isinstance(row["text"], str)):
        raise TypeError
    return dict(row)


def _judgments(folder: Path) -> dict[str, dict[str, int]]:
    found = [p for p in (folder / "qrels.tsv", folder / "qrels" / "test.tsv") if p.is_file()]
    if not found:
        raise BadInput(f"{folder} has no qrels.tsv or qrels/test.tsv: give a BEIR folder")
    judgments: dict[str, dict[str, int]] = {}
    for number, line in enumerate(found[0].read_text(encoding="utf-8").splitlines()[1:], start=2):
        try:
            question, document, grade = line.split("\t")
            judgments.setdefault(question, {})[document] = int(grade)
        except ValueError:
            raise BadInput(
                f"{found[0]} line {number}: want question id, document id and grade with tabs"
            ) from None
    return judgments
