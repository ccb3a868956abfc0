"""The facts of a document's head and foot: who issued or wrote it, when, under which number.

Head and foot are lines of their own, found when the document was read; which of them holds a part
is told by its form (GB/T 9704-2012 names the parts and their order).
"""

import re
from collections.abc import Sequence

from rag.answering import claims
from rag.answering.compose.context import Context, Refused
from rag.answering.compose.thresholds import ANSWER
from rag.answering.topic import pairs
from rag.figures import date_in, is_date
from rag.types import Essay, Paragraph

_ROLES = frozenset(("title", "byline", "masthead", "distribution"))
_MOST = 6  # lines that are quoted
_LONGEST = 120  # characters of a line
_CERTAIN = 0.9  # probability of a question on the document from which its text is not looked at
_PAIRS = 3  # pairs of characters of a question that name a document, at least

# What asks for a part, what a line has that holds it (None: a date), where such lines stand.
_PARTS = (
    (r"文号|字号|编号|几号文|索引", r"[〔\[［(（]\d{4}[〕\]］)）]|字号|索引\s*号", _ROLES),
    (r"何时|时候|[哪几][天年月日号]|哪一[天年月日]|时间|日期", None, _ROLES),
    (r"期号|几期|总第|期数", r"期", _ROLES),
    (
        r"[抄主][送报]|发[给到往]|报给|呈送|分送",
        r"^(?:抄[送报]|主送|[报送发])[:：]|[:：]$", _ROLES - {"title"},
    ),
    (r"附件|附表|附录", r"^附件|^附表|^\d{1,2}[.．、]", {"distribution"}),
    (r"联系|电话|咨询", r"联系|电话|\d{7,}", _ROLES),
    (r"标题|题目|题名|全称|叫什么|什么文件|文件名", r"", {"title"}),
    (r"签发", r"签发", _ROLES),
    (r"来源|原载|登在|哪[家份个]?(?:报|媒体|网)", r"来源|日报|网|报", _ROLES),
)  # fmt: skip
_WHO = re.compile(r"谁|哪位|哪[个家些](?:部门|单位|机关)|作者|单位|机关|署名|落款|记者|编辑|供稿")


def write(context: Context) -> bool:
    """Quote the lines of head and foot that hold what is asked; False if that is not asked.

    Of a document with several essays, what stands around them counts, unless some are named.
    """
    if context.request.wanted != "imprint":
        return False
    certain = context.request.kinds.get("document", 0.0) >= _CERTAIN
    if (
        not certain
        and context.best >= ANSWER
        and context.evidence[0].sentence.paragraph.role not in _ROLES
    ):
        return False  # the text says who or when
    essays = _asked_about(context.meaning.text, context.essays)
    named = len(essays) > 1 and context.meaning.names
    around = [
        essay
        for essay in context.records.essays()
        if essays and not named and essay.kind == "matter" and essay.document == essays[0].document
    ]
    alone = essays if named or len(essays) == 1 else []
    wanted = [
        tree.paragraph(line)
        for tree in (context.gatherer.trees.of(e.essay_id) for e in (*alone, *around))
        for line in tree.paragraphs
        if line.role in _ROLES and len(line.text) <= _LONGEST and _holds(context.request.core, line)
    ][:_MOST]
    if wanted and not named:
        context.draft.paragraph((alone or around)[0])
    elif certain and not _may_hold(context):
        raise Refused(claims.UNDIRECT, context.evidence)
    for line in wanted:
        context.draft.item(line.essay if named else None)
        context.draft.quote(line, item=False)
    return bool(wanted)


def _may_hold(context: Context) -> bool:
    """Whether the likeliest sentence has the form of the part asked for, if that has one."""
    parts = [held for asks, held, _ in _PARTS if held and re.search(asks, context.request.core)]
    said = context.evidence[0].sentence.text if context.evidence else ""
    return not parts or any(re.search(held, said) for held in parts)


def _asked_about(topic: str, scope: Sequence[Essay]) -> list[Essay]:
    """The essays of the one document of a scope that is asked about; empty if that is not clear.

    Of several, the one whose name shares most pairs of characters with the question.
    """
    if len({essay.document for essay in scope}) <= 1:
        return list(scope)
    asked = pairs(topic)
    shares = {e.essay_id: len(asked & pairs(f"{e.called}{e.publication or ''}")) for e in scope}
    most = max(shares.values())
    best = [essay for essay in scope if shares[essay.essay_id] == most]
    return best if most >= _PAIRS and len({essay.document for essay in best}) == 1 else []


def _holds(question: str, line: Paragraph) -> bool:
    """Whether a line of head or foot holds a part that is asked for."""
    parts = [(held, roles) for asks, held, roles in _PARTS if re.search(asks, question)]
    who = _WHO.search(question) is not None or not parts
    if who and line.role in {"byline", "masthead"} and not is_date(line.text.strip("（）()")):
        return True
    return any(
        line.role in roles
        and (re.search(held, line.text) if held is not None else date_in(line.text))
        for held, roles in parts
    )
