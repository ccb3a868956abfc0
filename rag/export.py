"""An answer → what a reader carries into a document of their own. Floor 3.

Every footnote holds the quote word for word and where it stands. Chinese only, as the essays are.
"""

from rag.blocks import Block, Mark, Paragraph, Text
from rag.citing import escape
from rag.render.docx import docx
from rag.render.markdown import pieces
from rag.render.text import text
from rag.types import Answer, Citation

_REFUSED = "没有作答"
_NEAREST = "最接近的内容（不是答案）"
_CLOSING = "。！？；：，"


def written_date(iso: str) -> str:
    """Return an ISO date in Chinese, as exact as it is.

    >>> written_date("2022-10-05"), written_date("2022")
    ('2022年10月5日', '2022年')
    """
    return "".join(
        f"{part.lstrip('0')}{unit}" for part, unit in zip(iso.split("-"), "年月日", strict=False)
    )


def provenance(citation: Citation) -> str:
    """Return who says it and where, in one line."""
    essay = citation.essay
    publication = essay.publication or essay.issuer
    if publication and essay.issue:
        publication = f"{publication}第{essay.issue}期"
    stated = (
        essay.author or essay.place,
        f"《{essay.title}》" if essay.title else essay.document,
        publication,
        written_date(essay.date) if essay.date else None,
        f"第{citation.paragraph.ordinal}段",
    )
    return "，".join(part for part in stated if part)


def footnote(citation: Citation) -> str:
    """Return a footnote: where it stands, then the quote word for word."""
    return f"{provenance(citation)}。原文：{citation.quote}"


def as_text(answer: Answer) -> str:
    """Return the question and the answer as plain text, with a list of its footnotes."""
    lines = [answer.question, "", text(_blocks(answer))]
    if answer.citations:
        lines += ["", *(f"[{c.number}] {footnote(c)}" for c in answer.citations)]
    return "\n".join(lines) + "\n"


def as_markdown(answer: Answer) -> str:
    """Return the question and the answer as Markdown with footnotes (`[^1]`)."""
    written = "".join(
        f"[^{each.number}]" if isinstance(each, Mark) else each for each in pieces(_blocks(answer))
    )
    notes = "".join(f"[^{c.number}]: {_escaped(footnote(c))}\n" for c in answer.citations)
    return f"# {_escaped(answer.question)}\n\n{written}\n" + (f"\n{notes}" if notes else "")


def as_docx(answer: Answer) -> bytes:
    """Return a Word file in which every mark is a real footnote."""
    notes = {citation.number: footnote(citation) for citation in answer.citations}
    return docx(answer.question, _blocks(answer), notes)


def _blocks(answer: Answer) -> tuple[Block, ...]:
    """Return the answer; of a refusal why there is none, and what is nearest to one."""
    if not answer.abstained:
        return answer.blocks
    reason = (answer.reason or answer.text).rstrip(_CLOSING)
    said = [f"{_REFUSED}：{reason}。"]
    said += [f"{_NEAREST}：{footnote(citation)}" for citation in answer.nearest]
    return tuple(Paragraph((Text(each),)) for each in said)


def _escaped(text: str) -> str:
    return escape(" ".join(text.split()))
