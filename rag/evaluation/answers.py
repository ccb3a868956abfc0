"""Questions whose passage is known, each asked with that passage in the corpus and again without.

A file has one object a line: `question`, `passage` (the `_id` of a document of a BEIR folder) and
`answers` (strings, one of which has to stand in what is cited). All documents of the folder are the
corpus. Asked without its passage, a question has to be refused.
"""

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from rag.encoding import Encoder
from rag.errors import BadInput
from rag.evaluation.beir import Beir
from rag.evaluation.collection import write_generation
from rag.evaluation.gold import UNANSWERABLE, Gold, Report, judge, report_on
from rag.index import FolderStore, Progress, silent
from rag.jsonl import read_jsonl
from rag.pipeline import Assistant
from rag.settings import Settings
from rag.types import Filters


def read_known(path: Path) -> list[Gold]:
    """Read a file of questions, `.jsonl` or `.jsonl.gz`; `documents` is the passage of each.

    Raises:
        BadInput: not there, or a line that is no such question.
    """
    found = list(read_jsonl(path, _known, "an object with question, passage and answers"))
    if not found:
        raise BadInput(f"{path} holds no question")
    return found


def _known(row: Any) -> Gold:  # noqa: ANN401 (JSON)
    answers, passage = tuple(map(str, row["answers"])), str(row["passage"])
    return Gold(str(row["question"]), "known", any=answers, documents=(passage,))


def evaluate(
    known: Sequence[Gold],
    collection: Beir,
    encoder: Encoder | None,
    settings: Settings,
    progress: Progress = silent,
) -> Report:
    """Index the collection in a temporary place and ask every question twice.

    Raises:
        BadInput: a question names a document that is not there.
    """
    for one in known:
        if lost := [name for name in one.documents if name not in collection.documents]:
            raise BadInput(f"the collection has no document {lost[0]}: {one.question}")
    judged = []
    with tempfile.TemporaryDirectory() as place:
        index = Path(place)
        made = write_generation(index, collection.outlines(), encoder, settings)
        FolderStore(index).publish(made)
        assistant = Assistant.open(index, replace(settings, store="folder"), encoder)
        essays = assistant.records.essays()
        for done, one in enumerate(known, 1):
            others = tuple(e.essay_id for e in essays if e.document not in one.documents)
            without = replace(one, kind=UNANSWERABLE, id=f"{one.question} (without)")
            judged.append(judge(one, assistant.ask(one.question)))
            refused = assistant.ask(one.question, filters=Filters(essay_id=others))
            judged.append(judge(without, refused))
            progress("questions", done, len(known))
        assistant.records.close()
    return report_on(judged)
