"""An answer → what a reader carries into a document of their own. Floor 2.

Every footnote holds the quote word for word and where it stands. Chinese only, as the essays are.
"""

import re
from io import BytesIO

from rag.citing import escape
from rag.export.footnotes import Footnotes
from rag.markup import Block, blocks
from rag.types import Answer, Citation

_MARK = re.compile(r"(?<!\\)\[(\d{1,4})\]")
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
    lines = [answer.question, ""]
    if answer.abstained:
        lines += [f"{_REFUSED}：{_ended(answer)}"]
        lines += [f"{_NEAREST}：{footnote(citation)}" for citation in answer.nearest]
        return "\n".join(lines) + "\n"
    lines += [_line(block) for block in blocks(answer.text)]
    lines += ["", *(f"[{c.number}] {footnote(c)}" for c in answer.citations)]
    return "\n".join(lines) + "\n"


def as_markdown(answer: Answer) -> str:
    """Return the question and the answer as Markdown with footnotes (`[^1]`)."""
    head = f"# {_escaped(answer.question)}\n\n"
    if answer.abstained:
        near = [f"{_NEAREST}：\n\n> {_escaped(footnote(c))}\n" for c in answer.nearest]
        return f"{head}**{_REFUSED}。** {_escaped(_ended(answer))}\n" + "".join(
            f"\n{each}" for each in near
        )
    notes = "".join(f"[^{c.number}]: {_escaped(footnote(c))}\n" for c in answer.citations)
    return head + _MARK.sub(r"[^\1]", answer.text) + f"\n\n{notes}"


def as_docx(answer: Answer) -> bytes:
    """Return a Word file in which every mark is a real footnote."""
    from docx import Document

    document = Document()
    notes = Footnotes(document, {c.number: footnote(c) for c in answer.citations})
    document.add_heading(answer.question, level=1)
    if answer.abstained:
        document.add_paragraph(f"{_REFUSED}：{_ended(answer)}")
        for citation in answer.nearest:
            document.add_paragraph(f"{_NEAREST}：{footnote(citation)}")
    else:
        for block in blocks(answer.text):
            notes.write(block)
    document.core_properties.title = answer.question[:200]
    document.core_properties.author = ""
    document.core_properties.comments = ""
    sink = BytesIO()
    document.save(sink)
    return sink.getvalue()


def _line(block: Block) -> str:
    indent = "  " * max(0, block.level - 1)
    label = f"{block.label} " if block.label else ""
    return f"{indent}{label}{block.text}"


def _ended(answer: Answer) -> str:
    reason = (answer.reason or answer.text).rstrip(_CLOSING)
    return f"{reason}。"


def _escaped(text: str) -> str:
    return escape(" ".join(text.split()))
