"""A request, read once: what is asked, the kind of answer, and the form in which it is wanted.

Form is taken out first (core.py) and read (form.py); the kind and the wanted thing are told from
the core and the form around it (classifier.py).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from rag.answering.classifier import KINDS, Kind, classify
from rag.answering.core import part
from rag.answering.form import Form, clauses, form_of, has_content, plain, quotations
from rag.answering.topic import runs
from rag.encoding import Encoder, Vectors

__all__ = ["Form", "Request", "read_request"]

# What asks whether or where words occur, not what they mean.
_OCCURS = (
    r"(?:[提写说讲谈用]|刊|[出含涉带]|包)[到过及有了含现]|有(?:没有|无)[^，。？]{0,6}(?:写|提|关于)|"
    r"字眼|字样|[两几三四]个字|检索|搜索|标题带|用了|出自|一句|叫“|没刊"
)
_LOOK_UP = re.compile(_OCCURS)
# What is made of an answer that is there: 换成表格, 压到50字 are all form.
_INTO = re.compile(
    r"^(?:那就?|再|给我)?(?:把?(?:它们?|这[些几][条点]?|上面的?|以上))?都?"
    r"(?:[换改变转]|[压浓]?缩|压|[精简]化|凝练|改?写|合并?|并|拆|归|控制|限)(?:[成为到在短]|(?=一下|[些点]))"
)
_CHAT = 0.6  # probability from which a request is small talk


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked, apart from the form in which it is wanted."""

    text: str
    core: str  # what is asked, without form; "" in small talk and where all is form
    kind: Kind
    wanted: str  # the thing wanted: measures, count, amount, share, date, person, place …
    form: Form
    quoted: tuple[str, ...] = ()  # exact phrases
    lookup: bool = False  # whether it is asked if, where or how often a phrase occurs
    kinds: Mapping[str, float] = field(default_factory=dict)  # the probability of each kind


def read_request(
    text: str, encoder: Encoder | None = None, vector: Vectors | None = None
) -> Request:
    """Read a request; with its vector the kind is told better.

    The vector is the default encoder's, given or made here.

    Raises:
        EncoderFailed: an endpoint does not answer.

    >>> request = read_request("您好，请用表格列出太湖县引进人才的措施，300字以内，谢谢")
    >>> request.core, request.form.layout, request.form.length
    ('太湖县引进人才的措施', 'table', 300)
    """
    parts = part(text)
    if encoder and vector is None and text.strip():
        vector = encoder.encode_queries([text])[0]
    guess = classify(parts, vector)
    says = says_more(text)
    if says:
        form = form_of(parts.around, parts.tokens)
    else:  # all of it is form: 列个表
        whole = plain(text)
        form = form_of(whole, (token for clause in clauses(whole) for token in clause))
    kind = guess.kind
    if kind == "smalltalk" and guess.kinds[kind] < _CHAT:  # a bare term looks like it: 女干部
        kind = max((k for k in KINDS if k != kind), key=guess.kinds.__getitem__)
    core = parts.core if says and kind != "smalltalk" else ""
    quoted = quotations(core)
    lookup = kind in ("census", "document") and bool(_LOOK_UP.search(core))
    if lookup and not quoted:
        quoted = tuple(filter(None, [looked_up(core)]))
    return Request(text, core, kind, guess.thing, form, quoted, lookup, guess.kinds)


def says_more(text: str) -> bool:
    """Whether a request has a word that is no form."""
    return has_content(_INTO.sub("", text))


def looked_up(core: str) -> str | None:
    """The phrase that is looked up: behind what says that words occur, else before it.

    >>> [looked_up(text) for text in ("提到乡村振兴的有哪几篇", "乡村振兴在哪些地方出现过")]
    ['乡村振兴', '乡村振兴']
    """
    occurs = _LOOK_UP.search(core)
    if occurs is None:
        return None
    behind = runs(core[occurs.end() :].lstrip("过了着"))
    before = runs(core[: occurs.start()])
    return next(iter((*behind, *before[::-1])), None)
