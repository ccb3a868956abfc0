"""The requests that `requests.py` learns from, with what is known of each.

Five sources: requests labelled by hand (`DATA/silver/forms_train.jsonl`, and `requests.jsonl`
beside this file), which say what core and kinds mean; `requests.txt` beside this file, wordings of
requests with places for questions and topics, filled in at random; the questions of
`DATA/silver/train.jsonl`, whose types are kinds by a scheme that is close, so that they count for
less; those typed as words in a row of `questions.jsonl`, whose kind is told from what answers
them; and all questions of both, which are nothing but core.
"""

import random
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rag.answering.classifier import KINDS
from rag.figures import figures
from rag.gazetteer import is_person, is_surname
from train.examples import lines

WORDINGS = Path(__file__).with_name("requests.txt")
LABELLED = Path(__file__).with_name("requests.jsonl")
WRITTEN = Path(__file__).with_name("questions.jsonl")
TIMES = 1  # how often a wording is filled in
MIXED = 400  # requests made of several clauses of form
SEVERAL = 3  # sentences that answer, from which a typed question asks for a list
SHORT = 14  # characters of an answer that is a figure


@dataclass(frozen=True, slots=True)
class Example:
    """A request with what is known of it."""

    text: str
    core: str | None = None
    kind: str | None = None
    wanted: str | None = None


def letters(text: str) -> str:
    """`text` without white space, punctuation and symbols, in which cores are compared."""
    return "".join(sign for sign in text if unicodedata.category(sign)[0] not in "ZPCS")


def labelled(data: Path) -> list[Example]:
    """The requests labelled by hand: those of the data, then those beside this file."""
    rows = [*lines(data / "silver/forms_train.jsonl"), *lines(LABELLED)]
    return [Example(row["text"], row["core"], row["kind"], row["wanted"]) for row in rows]


def silver(data: Path) -> list[tuple[Example, str]]:
    """The silver questions whose type is a kind, each with its style."""
    rows = lines(data / "silver/train.jsonl")
    return [
        (Example(row["question"], kind=row["type"]), row["style"])
        for row in rows
        if row["type"] in KINDS
    ]


def bare(data: Path) -> Iterator[Example]:
    """Yield questions that are nothing but core: those asked of a document, in all styles."""
    for row in (*lines(data / "silver/train.jsonl"), *lines(WRITTEN)):
        if row.get("type") != "write":
            yield Example(row["question"], row["question"])


def typed() -> Iterator[Example]:
    """Yield the questions typed as words in a row, of a kind that is told from their answer.

    Words in a row look like a topic, of which a list is wanted: 静安白领驿家 每年七一 什么活动.
    """
    for row in lines(WRITTEN):
        spans, count = row.get("span") or [""], len(row.get("gold") or ())
        if row["style"] == "typed" and count and (count == 1 or count >= SEVERAL):
            kind = "list" if count > 1 else _kind_of(spans[0] or "")
            yield Example(row["question"], kind=kind)


def _kind_of(answer: str) -> str:
    name = letters(answer)
    if len(name) in (2, 3) and is_surname(name[:1]) and is_person(name, name[:1]):
        return "who"
    return "number" if figures(answer) and len(answer) <= SHORT else "fact"


def wordings() -> dict[str, list[str]]:
    """The wordings by section."""
    found: dict[str, list[str]] = {}
    section: list[str] = []
    for line in WORDINGS.read_text(encoding="utf-8").splitlines():
        if line.startswith("= "):
            section = found.setdefault(line[2:], [])
        elif line and not line.startswith("#"):
            section.append(line)
    return found


def filled(questions: Sequence[Example], chance: random.Random) -> Iterator[Example]:
    """Yield the wordings with questions and topics put in."""
    known = wordings()
    topics, before, after = (known.pop(name) for name in ("topic", "before", "after"))
    for heading, wording in ((name, line) for name, held in known.items() for line in held):
        section, _, asks = heading.partition(" ")
        for _ in range(TIMES):
            asked, topic = chance.choice(questions), chance.choice(topics)
            if re.search("[“《]{t}", wording):
                topic = topic.translate({ord("“"): None, ord("”"): None})
            question = asked.text.rstrip("？?。")
            text = wording.replace("{q}", question).replace("{t}", topic)
            marked = re.search(r"\[(.*)\]", text)
            text = text.replace("[", "").replace("]", "")
            slot = question if "{q}" in wording else topic
            held = {"all": text, "slot": slot}.get(asks)
            held = marked.group(1) if marked else held
            kind = asked.kind if section == "any" else section
            kind = kind if kind in KINDS else None
            yield Example(text, held, kind)
    for _ in range(MIXED):
        yield _mixed(chance, questions, topics, before, after)


def _mixed(
    chance: random.Random,
    questions: Sequence[Example],
    topics: Sequence[str],
    before: Sequence[str],
    after: Sequence[str],
) -> Example:
    """Return a question or a topic among clauses of form."""
    asked, lead = chance.choice(questions).text.rstrip("？?。"), ""
    if chance.random() < 0.35:
        asked = chance.choice(topics)
        lead = chance.choice(["说说", "讲讲", "介绍一下", "概括", "请总结", "写写", "关于", ""])
    elif chance.random() < 0.25:
        lead = chance.choice(["请问", "帮我查", "麻烦查下", "请列出", "告诉我", "请说明"])
    first = chance.sample(before, chance.choice([0, 1, 1, 2]))
    last = chance.sample(after, chance.choice([0, 1, 1, 2]))
    head = "".join(clause + chance.choice("，，，，：。") for clause in first)
    tail = "".join(chance.choice("，，，？。") + clause for clause in last)
    return Example(head + lead + asked + tail, asked)
