"""Topic questions over groups of documents, with what answers them judged by hand.

A line of `lists.jsonl` is one question. Whoever wrote it read the passages that search brought for
it in its group and marked the sentences that belong in the answer, by document and first
characters; what is not marked does not answer. The questions of the group `held` are on the
documents that are kept from the reader.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from train.examples import held_out, lines

LISTS = Path(__file__).with_name("lists.jsonl")
FOLDERS = ("silver/docs", "genre", "reports")
JUDGED = 32  # passages that were read for a question
_GROUP = 42  # documents of one group


def groups(data: Path) -> dict[str, list[Path]]:
    """The documents of each group, by its name."""
    found = [path for folder in FOLDERS for path in sorted((data / folder).iterdir())]
    files = [path for path in found if path.suffix in {".txt", ".md"}]
    rest = [path for path in files if not held_out(path.name)]
    random.Random(5).shuffle(rest)
    parts = {f"g{n + 1}": rest[n * _GROUP : (n + 1) * _GROUP] for n in range(3)}
    return {"held": [path for path in files if held_out(path.name)], **parts}


def questions(*among: str) -> Iterator[dict[str, Any]]:
    """Yield the questions on these groups, each with its type."""
    for row in lines(LISTS):
        if row["among"] in among:
            yield {**row, "type": row["kind"] if row["gold"] else "unanswerable"}


def gold(row: Mapping[str, Any], document: str, sentences: Sequence[str]) -> list[int]:
    """Which sentences of a document answer."""
    begins = tuple(row["gold"].get(document.rpartition("/")[2], ()))
    return [n for n, text in enumerate(sentences) if begins and text.startswith(begins)]
