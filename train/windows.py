"""Questions with the passages that the product's own search brings for them.

    python -m train.windows DATA WINDOWS.jsonl [--part train] [--index FOLDER]

One line a question: what is asked, and the windows that a reader would read, best first, each with
its sentences and the numbers of those that answer. Passages that answer and were not found stand
behind. The reader and the evidence model learn from this file, so both see what they will see in
use. `held` marks questions on documents that the reader is not trained on: the evidence model
learns from those, whose reader scores are no better than they will be on new documents.
"""

import argparse
import json
import re
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rag.answering.window import Window
from rag.index import Records
from rag.pipeline import Assistant, build
from rag.sentences import sentence_spans
from rag.settings import Settings
from rag.types import Passage
from train import lists, terms, written
from train.examples import asked, bare, held_out, lines

FOUND = 30  # passages a silver question
BESIDE = 10  # ... and one that is written on a passage
TERMS = 1600  # questions on what a term means
FILES = {"train": ("train.jsonl", "talk_train.jsonl"), "test": ("test.jsonl", "talk_test.jsonl")}


def resolved(row: dict[str, Any]) -> str:
    """A question of a conversation, with the places and the topic that stand before it."""
    state = row.get("state")
    if not row.get("history") or not state:
        return asked(row)
    names = [name for name in state["places"] if name not in row["question"]]
    return " ".join([*names, state["topic"], row["question"]])


def answering(sentence: str, answers: list[str]) -> bool:
    """Whether a sentence is one of those that answer, or a part of one."""
    own = bare(sentence)
    return len(own) > 4 and any(own in a or a in own for a in map(bare, answers))


def trail(records: Records, passage: Passage) -> list[str]:
    """The leads that a passage stands under, its own last."""
    above = list(records.paragraph(passage.paragraph_id).trail)
    leads: list[str] = []
    measure = passage.measure_id
    while measure is not None:
        found = records.measure(measure)
        leads.insert(0, found.lead)
        measure = found.parent
    return [lead for lead in above if lead not in leads] + leads


class Corpus:
    """The silver documents in an index, as a reader meets them."""

    def __init__(self, documents: Sequence[Path], index: Path) -> None:
        if not (index / "CURRENT").exists():
            build(documents, index, Settings())
        self._assistant = Assistant.open(index, Settings())
        self.records = self._assistant.records
        self.everything = self.records.passages(range(len(self.records.essay_of_row)))

    def found(self, question: str, most: int) -> list[Passage]:
        """The passages that the product finds."""
        return [hit.passage for hit in self._assistant.search(question[:500], most)]

    def window(self, passage: Passage) -> dict[str, Any]:
        """A passage as the reader sees it."""
        sentences = [passage.text[a:b] for a, b in sentence_spans(passage.text)]
        essay = self.records.essay(passage.essay_id)
        one = Window.of(essay, trail(self.records, passage), sentences)
        return {"head": one.head, "sentences": list(one.sentences), "own": False}

    def search(self, question: str) -> list[dict[str, Any]]:
        """The windows that the product finds."""
        return [self.window(passage) for passage in self.found(question, BESIDE)]

    def cut(self, document: str, begins: str) -> dict[str, Any] | None:
        """The window of a document whose first sentence begins with some words."""
        for passage in self.everything:
            if passage.text.startswith(begins) and document_of(passage).endswith(document):
                return {**self.window(passage), "own": True}
        return None


def document_of(passage: Passage) -> str:
    """The file that a passage is of."""
    return passage.essay_id.rsplit("#", 1)[0]


def silver(data: Path, part: str, corpus: Corpus) -> Iterator[dict[str, Any]]:
    """Yield the questions of a part of the silver set with their windows."""
    for row in (row for name in FILES[part] for row in lines(data / "silver" / name)):
        answers = row.get("any", [])
        found = corpus.found(resolved(row), FOUND)
        known = {passage.passage_id for passage in found}
        names = tuple(row["documents"])
        found += [
            passage
            for passage in corpus.everything
            if passage.passage_id not in known
            and document_of(passage).endswith(names)
            and any(answering(s, answers) for s in re.split(r"(?<=[。；！？])", passage.text))
        ]
        made = []
        for passage in found:
            one = corpus.window(passage)
            own = document_of(passage).endswith(names)
            gold = [n for n, s in enumerate(one["sentences"]) if own and answering(s, answers)]
            made.append({**one, "own": own, "gold": gold})
        yield {
            "id": row["id"],
            "type": row["type"],
            "source": "silver",
            "style": row["style"],
            "question": row["question"],
            "asked": [asked(row), resolved(row)],
            "answers": row["must"] if row["type"] in ("number", "who", "fact", "define") else [],
            "held": any(map(held_out, row["documents"])),
            "documents": row["documents"],
            "windows": made,
        }


def judged(data: Path, room: Path) -> Iterator[dict[str, Any]]:
    """Yield the topic questions on groups of training documents, all of their windows judged."""
    for name, documents in lists.groups(data).items():
        corpus = Corpus(documents, room / name) if name != "held" else None
        for number, row in enumerate(lists.questions(name) if corpus else ()):
            windows = []
            for passage in corpus.found(row["question"], lists.JUDGED):
                one = corpus.window(passage)
                gold = lists.gold(row, document_of(passage), one["sentences"])
                windows.append({**one, "own": bool(gold), "gold": gold})
            yield {
                "id": f"{name}-{number}",
                "type": "judged",
                "source": "judged",
                "style": row["style"],
                "question": row["question"],
                "asked": [row["question"]],
                "answers": [],
                "held": False,
                "documents": [],
                "windows": windows,
            }


def main() -> None:
    """Write the file."""
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("data", type=Path)
    ap.add_argument("out", type=Path)
    ap.add_argument("--part", choices=sorted(FILES), default="train")
    ap.add_argument("--index", type=Path, help="where the index of the documents stays")
    options = ap.parse_args()
    with TemporaryDirectory() as room, options.out.open("w", encoding="utf-8") as file:
        silver_documents = [options.data / folder for folder in lists.FOLDERS]
        corpus = Corpus(silver_documents, options.index or Path(room) / "index")
        rows = silver(options.data, options.part, corpus)
        if options.part == "train":
            more = written.rows(options.data, corpus.search, corpus.cut)
            topics = judged(options.data, Path(room))
            rows = chain(rows, more, topics, terms.rows(options.data, TERMS))
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
