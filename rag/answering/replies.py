"""What a composer wrote, or why it is refused → the answer that leaves."""

from collections.abc import Sequence
from dataclasses import replace

from rag.answering import claims
from rag.answering.compose import TEXT
from rag.answering.compose.context import Refused
from rag.answering.conversation import Meaning
from rag.answering.draft import citation
from rag.answering.evidence import Evidence
from rag.blocks import Block, Note, Text
from rag.render.markdown import markdown
from rag.types import Answer, Citation, Kind

NEAREST = 3  # passages shown beside a refusal
HELP = (
    "我根据已收录的材料回答问题，每句话都注明出自哪一段。可以这样问：某地在某方面有哪些措施；"
    "某个提法是谁提出的、具体指什么；各地在某方面分别怎么做；哪些地方提到了某项工作。"
)
_NEXT = "可以换个说法、去掉一个词再问，或者选定地点、文章后再问。"
_KINDS: dict[str, Kind] = {
    "number": "number", "who": "who", "fact": "fact", "define": "define", "list": "list",
    "compare": "compare", "census": "compare", "document": "document", "meta": "document",
    "summary": "summary", "write": "list", "smalltalk": "help",
}  # fmt: skip


def answer_of(
    text: str, meaning: Meaning, blocks: Sequence[Block], citations: Sequence[Citation] = (),
    evidence: Sequence[Evidence] = (),
) -> Answer:  # fmt: skip
    """Put an answer together; without citations it abstains."""
    return Answer(
        question=text,
        kind=_KINDS[meaning.kind],
        text=markdown(blocks),
        blocks=tuple(blocks),
        citations=tuple(citations),
        abstained=not citations,
        reason=None,
        understood=meaning.text if meaning.leans else None,
        likely=evidence[0].probability if evidence else None,
    )


def refusal_of(text: str, meaning: Meaning, refusal: Refused) -> Answer:
    """Say why there is no answer, with the passages that the evidence ranks first, whole.

    What stands around a text (its date, its issue) comes after the text.
    """
    reason, hits = refusal.reason, dict[str, Evidence]()
    for each in sorted(refusal.evidence, key=lambda e: e.sentence.paragraph.role not in TEXT):
        hits.setdefault(each.hit.passage.passage_id, each)
    nearest = tuple(
        citation(
            number,
            replace(each.sentence, start=each.hit.passage.start, end=each.hit.passage.end),
        )
        for number, each in enumerate(list(hits.values())[:NEAREST], start=1)
    )
    ended = reason if reason[-1] in "。？" else f"{reason}。"
    said = ended if reason in {HELP, claims.EMPTY} else f"{ended}{_NEXT}"
    answer = answer_of(text, meaning, [Note((Text(said),))], (), refusal.evidence)
    kind = "help" if reason is HELP else answer.kind
    return replace(answer, kind=kind, reason=reason, nearest=nearest)
