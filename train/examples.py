"""Questions and the passages that answer them, for training and for measuring the encoder.

Three sources, all Chinese: pairs of public sets (`pairs.jsonl.gz`), questions on encyclopedia
passages with the place of the answer (`reader.jsonl.gz`), and the silver questions on documents of
the genre, whose passages are cut by the product itself. Silver questions are split by document:
those whose documents fall into the held-out part are never trained on.
"""

import gzip
import hashlib
import json
import math
import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HELD_OUT = 6  # one silver document in so many is kept from the encoder, for the ranker to train on


@dataclass(frozen=True, slots=True)
class Example:
    """A question, passages that answer it, and passages that look like it and do not."""

    question: str
    answers: tuple[str, ...]
    near: tuple[str, ...] = ()
    document: str = ""  # of a silver question


def lines(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the objects of a JSON Lines file, gzipped or not."""
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)


def lines_of(path: Path) -> Iterator[str]:
    """Yield the lines of a gzipped text, without their ends."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        yield from (line.rstrip("\n") for line in file)


def held_out(document: str) -> bool:
    """Whether the silver questions on this document are kept from the encoder."""
    return hashlib.sha256(document.encode()).digest()[0] % HELD_OUT == 0


def asked(row: dict[str, Any]) -> str:
    """A silver question as one text; a follow-up stands behind the question before it."""
    return " ".join([*row.get("history", [])[-1:], row["question"]])


def bare(text: str) -> str:
    """`text` without white space, in which the sentences of silver questions are compared."""
    return re.sub(r"\s", "", text)


def holds(passage: str, answers: Sequence[str]) -> bool:
    """Whether a passage holds a sentence that answers, or the larger part of a long one."""
    own = bare(passage)
    return any(
        a in own or (len(a) > 40 and (a[:30] in own or a[-30:] in own)) for a in map(bare, answers)
    )


@dataclass(frozen=True, slots=True)
class Cut:
    """A passage as the product cuts and embeds it."""

    document: str
    text: str  # the passage itself
    embedded: str  # with title and leads


def silver_passages(data: Path) -> list[Cut]:
    """Cut all documents of the silver corpus as `rag build` does."""
    from rag.outline import outline
    from rag.passages import fields, passages
    from rag.reading import read
    from rag.settings import Settings

    found = []
    for folder in ("silver/docs", "genre", "reports"):
        for path in sorted((data / folder).glob("*")):
            if path.suffix not in (".txt", ".md"):
                continue
            made = outline(read(path, path.name))
            own = passages(made, Settings().window)
            found += [Cut(path.name, each.text, each.embedded) for each in fields([made], own)]
    return found


def silver(data: Path, cuts: Sequence[Cut], *, kept_back: bool) -> list[Example]:
    """Silver train questions with their passages; those of the held-out documents or the others."""
    rows = [
        row for name in ("train.jsonl", "talk_train.jsonl") for row in lines(data / "silver" / name)
    ]
    rows = [row for row in rows if any(map(held_out, row["documents"])) == kept_back]
    close = nearest([cut.embedded for cut in cuts], [asked(row) for row in rows], 12)
    found = []
    for row, near in zip(rows, close, strict=True):
        own = [
            cut.embedded
            for cut in cuts
            if cut.document in row["documents"] and holds(cut.text, row.get("any", ()))
        ]
        if own and row.get("any"):
            others = (cuts[i].embedded for i in near)
            wrong = tuple(text for text in others if text not in own)
            found.append(Example(asked(row), tuple(own), wrong, row["documents"][0]))
    return found


def public(data: Path) -> dict[str, list[Example]]:
    """The public pairs by source; of an encyclopedia passage the part about the answer."""
    found: dict[str, list[Example]] = defaultdict(list)
    for row in lines(data / "train/pairs.jsonl.gz"):
        if not row["source"].startswith(("cmrc", "drcd")):
            found[row["source"]].append(Example(row["q"], (row["p"],)))
    for row in lines(data / "train/reader.jsonl.gz"):
        at = max(0, row["passage"].find(row["answers"][0]) - random.randrange(150))
        found[row["source"]].append(Example(row["question"], (row["passage"][at:],)))
    return found


def bigrams(text: str) -> set[str]:
    """The pairs of characters that touch."""
    text = bare(text)
    return {text[i : i + 2] for i in range(len(text) - 1)}


def nearest(texts: Sequence[str], questions: Sequence[str], most: int) -> list[list[int]]:
    """For each question the texts that share the rarest bigrams with it, best first."""
    where: dict[str, list[int]] = defaultdict(list)
    for i, text in enumerate(texts):
        for pair in bigrams(text):
            where[pair].append(i)
    found = []
    for question in questions:
        points: Counter[int] = Counter()
        for pair in bigrams(question):
            if 0 < len(where.get(pair, ())) < len(texts) / 5:
                for i in where[pair]:
                    points[i] += math.log(len(texts) / len(where[pair]))
        found.append([i for i, _ in points.most_common(most)])
    return found
