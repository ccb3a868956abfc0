"""Whether a sentence says what a term means, or of what it is made."""

import re
from collections.abc import Sequence

from rag.answering.evidence import Desk, Evidence
from rag.answering.question import Question
from rag.answering.shelf import Sentence
from rag.answering.wanted import plain
from rag.types import Span

WHICH = re.compile(r"哪([两二三四五六七八九十])[个项条大点种]?(?:方面)?")
_MEANS = re.compile(r"[”」』]?[，,]?\s*(?:是指|指的是|就是|即)")
_PARTED = re.compile(r"[”」』]?[，,]?\s*(?:分为|包括|包含|由)")
_PARTS = re.compile(r"分为|包括|包含|哪[几些]")
_LINK = re.compile(r"(?:分别|具体)?(?:是指?|指的是|包括|包含|有)?$")
_JOINED = re.compile(r"[、和与及]")
_NAMING = re.compile(r"[”」』]?(?:[：（(]|，?(?:是|即|就是|包括|分别))([^。；]*)")


def term_span(question: Question, sentence: Sentence) -> Span | None:
    """Return where the sentence first holds the term asked about, its words together if it can."""
    texts = [term.text for term in question.terms]
    runs = ["".join(texts[i:j]) for i in range(len(texts)) for j in range(len(texts), i, -1)]
    for run in sorted(runs, key=len, reverse=True):
        at = sentence.paragraph.text.find(run, sentence.start, sentence.end)
        if at >= 0:
            return at, at + len(run)
    return None


def defines(question: Question, evidence: Evidence) -> bool:
    """Whether the sentence says of the term what it means, or if asked what it is parted into."""
    sentence = evidence.sentence
    span = term_span(question, sentence)
    if span is None:
        return False
    text = sentence.paragraph.text
    behind, before = text[span[1] : sentence.end], text[sentence.start : span[0]]
    parted = _PARTED.match(behind) or text[slice(*span)].endswith(("分为", "包括"))
    if asks_parts(question):
        return bool(parted)
    return bool(_MEANS.match(behind)) or before.endswith("所称")


def tells_all(desk: Desk, question: Question, sentence: Sentence, numeral: str) -> bool:
    """Whether a sentence names so many things beside the term, or announces them."""
    number = "一二三四五六七八九十".find(numeral.replace("两", "二")) + 1
    span = term_span(question, sentence)
    if span is None:
        return False
    text = sentence.paragraph.text
    before = re.split(r"[，。；：]", text[sentence.start : span[0]])[-1]
    behind = _NAMING.match(text[span[1] : sentence.end])
    rows = (_JOINED.findall(row) for row in (before, behind.group(1) if behind else ""))
    listed = max(map(len, rows)) + 1
    announced = desk.shelf.book(sentence.essay.essay_id).led_by(sentence)
    return max(listed, len(announced)) >= number


def unnamed(question: Question, found: Sequence[Evidence]) -> str:
    """Say that what is asked about is there, and not which five it is; "" where neither is so."""
    which = WHICH.search(question.named.rest)
    if question.kind != "define" or which is None:
        return ""
    term = plain(_LINK.sub("", question.named.rest[: which.start()]))
    said = term and any(term in plain(evidence.sentence.text) for evidence in found)
    return f"材料中提到了，但没有找到是{which.group()}" if said else ""


def asks_parts(question: Question) -> bool:
    """Whether it is asked into what a term is parted: “四个作战”包括哪几个."""
    return bool(_PARTS.search(question.text))


def fullness(question: Question, sentence: Sentence) -> int:
    """How much of an explanation the sentence is: what it enumerates around the term."""
    return sentence.text.count("、") + 2 * len(re.findall(r"即|是指|包括|分别|：", sentence.text))
