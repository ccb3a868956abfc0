"""Figures: whether a sentence holds the one asked for, and where it stands.

A figure belongs to the words of its own clause: 花卉产量全球第一，咖啡产值增长3倍 gives no
figure for the value of flowers, though it holds every word of such a question.
"""

import re
from itertools import pairwise

from rag.answering.kinds import Figure
from rag.answering.matching import Matcher
from rag.answering.question import Question
from rag.answering.shelf import Sentence
from rag.answering.wanted import Topic
from rag.types import Span

_NUMBER = r"\d[\d,.]*(?:多|余|来)?(?:[—–~-]\d[\d.]*)?"
_FIGURE = re.compile(
    rf"(?<![第\d.]){_NUMBER}(?:%|％|‰|万|亿|千|百|多|余)*(?:个百分点|[—–~-]{_NUMBER}[%％])?(?:人次|平方米|平方公里|"
    r"立方米|微克/立方米|分钟|小时|公里|个月|周年|公顷|批次|[元人个家名种项期年月日天起例份吨亩件条次户所座台辆村倍岁届批场篇米克级"
    r"位处套张度斤头只羽株])?(?:以上|以下|以内|左右)?"
)
_COUNTED = r"(?:\d[\d,.]*|[一二三四五六七八九十百千两]+)(?:多|余|来)?[万亿千百]*(?:多|余)?"
_DIGITS = r"(?:\d+\s*|[二〇零一三四五六七八九十]+)"
_YEAR = r"(?:\d{4}\s*|[二〇零一三四五六七八九]{4})年"  # and not 这一年
_DATE = re.compile(
    rf"(?:{_DIGITS}年)?(?:{_DIGITS}月)?{_DIGITS}日|(?:{_DIGITS}年)?{_DIGITS}月|{_YEAR}"
)
_PART = re.compile(
    rf"{_NUMBER}[%％‰](?:以上|以下|以内|左右)?|百分之[一二三四五六七八九十百点\d]+|"
    r"[一二三四五六七八九十\d]+分之[一二三四五六七八九十\d]+|"
    r"[一二三四五六七八九半\d]成[半多]?(?:以上|以下|左右)?|一半|半数|翻番"
)
_CLAUSE = re.compile(r"[^，；：。！？]+[，；：。！？]?[”’」』）]*")
_ANY = re.compile(  # and not 一批, which says that there are some
    r"\d|(?:[二三四五六七八九十百千两]|一[十百千万])[一二三四五六七八九十百千万亿]*(?:多|余)?"
    r"[个家名种项期年月日天元人次倍成岁件届批场处度]"
)

# A share of a thing, or of it by head, is another figure than the thing itself.
_OTHERS = (
    (
        re.compile(r"占|比[重例]|份额|百分之"),
        re.compile(
            r"占(?:比|[^，；。]{2,16}?(?:比重|比例|份额))[^，；。\d]{0,8}[\d.]+[%％]|"
            r"占[^，；。]{2,16}?(?:比重|比例|份额|(?=[\d.]+[%％]))|"
            r"(?:按照?(?!增长|年均)|不[低少]于|不[高超]过)[^，；。\d]{2,16}[\d.]+[%％]"
        ),
    ),
    (re.compile(r"单位|人均|每万元"), re.compile(r"(?:单位|人均|每万元)[一-鿿]{2,6}")),
)
"""How a question asks for such a figure, and how a text gives it."""
_DONE = re.compile(r"(?:完成|达成|实现)了?[^，。]{0,8}(?:目标|任务)")
_GOAL = re.compile(r"目标|(?<!稳)预期|建议|计划|安排|力争|确保|努力")
_AHEAD = re.compile(r"今年|明年|本年|\d{4}年")
_CHANGES = re.compile(r"增长|增加|提高|上涨|上升|下降|减少|降低")
_DAY = re.compile(r"哪(?:一)?[天日]|几[号日]|何日")
_RATE = re.compile(r"[率比速幅增升降涨跌占份%％]|提高|强度|指数|目标|预期|水平|程度")
"""What asks for a figure in per cent."""
_ABOVE = 0.8  # what a word is worth that stands in a lead or the sentence's opening
_SURE = 0.75  # share of the topic about a figure from which it is shown as the answer
_AROUND = 0.5  # ... in the sentences around it
_REACH = 12  # characters around a figure in which a word of the topic speaks for it
_BEFORE = 0.5  # ... in the clause before the figure's


def figures(text: str) -> list[Span]:
    """Return the figures in `text` with their units.

    >>> [("增长4.5%左右")[a:b] for a, b in figures("增长4.5%左右")]
    ['4.5%左右']
    """
    return [match.span() for match in _FIGURE.finditer(text)]


def holds(figure: Figure, text: str) -> bool:
    """Whether `text` has any figure of the kind asked for.

    >>> holds(Figure("date"), "封关运作如期实现。"), holds(Figure("amount"), "分三期刊发")
    (False, True)
    """
    pattern = {"date": _DATE, "share": _PART, "amount": _ANY}[figure.kind]
    return bool(pattern.search(text))


def of_the_thing(question: Question, text: str) -> str:
    """Return `text` without the figures of a share or by head, unless these are asked for."""
    for asks, gives in _OTHERS:
        text = text if asks.search(question.text) else gives.sub(" ", text)
    return text


def figure_fit(matcher: Matcher, question: Question, sentence: Sentence) -> float:
    """Return a factor for how well the sentence gives the figure asked for or stated.

    1 where neither is the case; above 1 where it does, down to 0.4 where it does not.
    """
    stated = [term for term in question.terms if term.text[:1].isdigit()]
    if stated:
        others = [term for term in question.terms if term not in stated]
        holding = [c for c in _CLAUSE.findall(sentence.text) if matcher.coverage(stated, c)]
        near = max((matcher.coverage(others, c) for c in holding), default=0.0)
        return 0.5 + 0.6 * near if others else 1.0
    figure = question.figure
    if figure is None:
        return 1.0
    if figure.kind == "date":
        return 1.1 if _DATE.search(sentence.text) else 0.5
    if figure.kind == "share" and not _PART.search(sentence.text):
        return 0.6
    if figure.unit and not re.search(_COUNTED + figure.unit, sentence.text):
        return 0.5
    around = _near(matcher, question, sentence)
    if not around:  # the figures that are there may all be of something else
        return 0.7 if of_the_thing(question, sentence.text) == sentence.text else 0.4
    said = sentence.opening + sentence.text
    aimed = bool(_GOAL.search(said)) and not _DONE.search(said)
    if figure.goal:
        fit = 1.05 if aimed else 0.85
    else:  # what is so comes before what shall be, unless the question is on this year
        fit = 0.8 if aimed and not _AHEAD.search(question.text) else 1.05
    return (0.4 + 0.72 * max(near for near, _ in around)) * fit


def answer_span(matcher: Matcher, question: Question, sentence: Sentence) -> Span | None:
    """Return where in the paragraph the figure asked for stands, None if none is asked for."""
    if question.figure is None:
        return None
    text = sentence.paragraph.text
    near, clause = max(
        _near(matcher, question, sentence),
        default=(0.0, (0, 0)),
        key=lambda pair: (pair[0], _as_asked(question, text[slice(*pair[1])])),
    )
    if near < _SURE and question.figure.kind != "date":
        return None
    wanted = {"date": _DATE, "share": _PART, "amount": _FIGURE}[question.figure.kind]
    spans = [match.span() for match in wanted.finditer(text, *clause)]
    if unit := question.figure.unit or question.figure.thing:
        counted = re.compile(_COUNTED + unit)
        spans = [span for span in spans if counted.match(text, *span[:1])] or spans
    spans = [span for span in spans if _is_asked(question, text[slice(*span)])]
    if "分别" in text[slice(*clause)]:
        return _respective(matcher, question, text, clause, spans)
    ranked = sorted((-_beside(matcher, question, text, span), span) for span in spans)
    return ranked[0][1] if ranked else None


def _as_asked(question: Question, clause: str) -> int:
    """How many words of the topic stand together as in the question: 接待游客, not 接待入境游客."""
    said = (term.text for term in question.terms if not _CHANGES.fullmatch(term.text))
    words = sorted(said, key=question.text.find)
    runs = (one + other for one, other in pairwise(words))
    return sum(run in question.text and run in clause for run in runs)


def _is_asked(question: Question, figure: str) -> bool:
    """Whether a figure is of the sort asked for: no year for a day, no growth for an amount."""
    if _DAY.search(question.text):
        return figure.endswith("日")
    amount = question.figure is not None and question.figure.kind == "amount"
    return not amount or not re.search("[%％]", figure) or bool(_RATE.search(question.text))


def _respective(
    matcher: Matcher, question: Question, text: str, clause: Span, spans: list[Span]
) -> Span | None:
    """Return the figure that stands where the thing asked for does: 甲、乙分别增长1%、2%."""
    apart = text.index("分别", *clause)
    behind = [span for span in spans if span[0] > apart]
    things = re.split("[、和与及]", text[clause[0] : apart])[-len(behind) :]
    if len(things) != len(behind) or not behind:
        return None
    shares = [matcher.coverage(question.terms, thing) for thing in things]
    best = max(shares)
    return behind[shares.index(best)] if best > 0 and shares.count(best) == 1 else None


def _beside(matcher: Matcher, question: Question, text: str, span: Span) -> float:
    """How closely a figure stands beside the words of the topic: 2名网格员, 引进博士37人."""
    start, end = span
    after = re.split(r"[、，；。：]", text[end : end + _REACH])[0]
    before = re.split(r"[、，；。：]", text[max(0, start - _REACH) : start])[-1]
    total = 0.0
    for term in question.terms:
        gap = min(
            (at for at in (after.find(term.text), _from_end(before, term.text)) if at >= 0),
            default=_REACH,
        )
        total += matcher.weight(term) * (1 - gap / _REACH)
    return total


def _from_end(text: str, word: str) -> int:
    """Characters between the last `word` in `text` and its end, -1 where there is none."""
    at = text.rfind(word)
    return len(text) - at - len(word) if at >= 0 else -1


def _near(matcher: Matcher, question: Question, sentence: Sentence) -> list[tuple[float, Span]]:
    """Return each clause that holds a figure, with how much of the topic is about it."""
    figure = question.figure
    unit = _COUNTED + figure.unit if figure and figure.unit else r"\d"
    topic = matcher.topic(question.terms)
    above = [
        max(values)
        for values in zip(
            _values(matcher, topic, sentence.context + sentence.opening, _ABOVE),
            _values(matcher, topic, sentence.around, _AROUND),
            strict=True,
        )
    ]
    found: list[tuple[float, Span]] = []
    before = [0.0] * len(question.terms)
    for match in _CLAUSE.finditer(sentence.text):
        clause = of_the_thing(question, match.group())
        own = _values(matcher, topic, clause, 1.0)
        if re.search(unit, clause):
            best = [max(values) for values in zip(own, above, before, strict=True)]
            span = (sentence.start + match.start(), sentence.start + match.end())
            found.append((matcher.mean(topic, best), span))
        before = [_BEFORE * value for value in own]
    return found


def _values(matcher: Matcher, topic: Topic, text: str, worth: float) -> list[float]:
    return [worth * value for value in matcher.matches(topic, text)]
