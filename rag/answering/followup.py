"""A question that leans on the ones before it → the question it stands for.

那望江县呢 takes the topic of the last question, 那留才呢 its place, 具体有哪几项 its term. The
answer shows what was understood, so a wrong reading is seen.
"""

import re
from collections.abc import Sequence

from rag.answering.names import Named, Names, short_place
from rag.answering.question import Question, understand

_LEANING = re.compile(
    r"^(?:那么?|那|还有|换成?|改成|[和跟与].{2,12}(?:比|对比)|它|他|她|其|该|这|上述|前面|刚才|第[一二三四五六七八九十\d]+|具体|再|另外)|呢[?？]?$"
)
_PRONOUN = re.compile(
    r"(?:它们?|他们?|她们?|该(?:市|县|区|省|地|文|篇)|这(?:个)?(?:市|县|区|省|地方|篇))的?|其(?=[一-鿿])"
)
_BESIDE = re.compile(r"^[和跟与同].{2,12}(?:比|对比|比较|相比)")
_OTHERS = re.compile(r"^(?:另外)?还有|其他|其它|别的")
_SHELL = re.compile(r"^那么?|^那|^换成?|^改成|呢?[?？。\s]*$")
_BOTH = re.compile(
    r"这[两二]个?(?:地方|县区?|区|市|省|单位|家|地)|两地|[两二]者|它们[两俩]|他们[两俩]"
)
_POINTING = re.compile(r"[这那]个")
_ELSEWHERE = re.compile(
    r"(?:别的|其他|其它|另外的?)(?:地方|县区|县市|[县区市省]|单位)(?:也|还)?(?:呢|有|是)?"
)


def stand_alone(text: str, history: Sequence[str], names: Names) -> str:
    """Return the question that `text` stands for after the questions `history`, oldest first."""
    whole: list[str] = []
    for question in [*history, text]:
        whole.append(
            _together(question, whole, names) or _resolve(question, whole[-1], names)
            if whole
            else question
        )
    return whole[-1]


def _together(text: str, before: Sequence[str], names: Names) -> str:
    """Return the question on both places last asked about, or on all others; "" for another one."""
    last = names.find(before[-1])
    topic = _topic_of(before[-1], last)
    if _names_any(names.find(text)) or not topic:
        return ""
    bare = _POINTING.sub("", _ELSEWHERE.sub("", _BOTH.sub("", text)))
    own = bool(understand(bare, names.find(bare)).terms)  # 其他县区怎么培训 has a topic of its own
    if _ELSEWHERE.search(text) and last.places:
        asked_on = text if own else f"哪些地方提到{topic}？"
        return f"除了{'、'.join(last.places)}，{asked_on}"
    asked = [
        place for question in reversed(before) for place in reversed(names.find(question).places)
    ]
    two = list(dict.fromkeys(asked))[1::-1]
    if not _BOTH.search(text) or len(two) < 2:
        return ""
    return f"比较{'和'.join(two)}的{_BOTH.sub('', text) if own else topic}"


def _resolve(text: str, last: str, names: Names) -> str:
    bare = _SHELL.sub("", text)
    named, before = names.find(bare), names.find(last)
    question = understand(bare, named)
    leaning = bool(_LEANING.search(text)) or bool(_PRONOUN.search(text))
    if not leaning and (question.terms or _names_any(named)):
        return text
    if _BESIDE.search(bare) and _names_any(named) and _names_any(before):
        return f"比较{_first_name(before)}和{_first_name(named)}{_without_names(last, before)}"
    if _names_any(named) and not question.terms:
        return _swap_names(last, before, named)
    if question.kind == "compare" and _OTHERS.search(bare):  # 还有哪些省份是5%左右
        return f"{_topic_of(last, before)}：{_OTHERS.sub('', bare)}"
    place = _first_name(before)
    bare = _PRONOUN.sub("", bare)
    if not question.terms:
        return f"{place}{_topic_of(last, before)}{bare}"
    if _names_any(named):
        return bare
    if re.search(r"呢[?？]?$", text):
        return _swap_topic(last, before, bare) or f"{place}{_asked_like(last, bare)}"
    return f"{place}{bare}"


def _names_any(named: Named) -> bool:
    return bool(named.places or named.people or named.foreign or named.publications)


def _first_name(named: Named) -> str:
    return "和".join([*named.places, *named.people, *named.publications][:2])


def _without_names(text: str, named: Named) -> str:
    for name in [*named.places, *named.people, *named.foreign]:
        for written in (name, short_place(name)):
            text = text.replace(written, "")
    return text


def _swap_names(last: str, before: Named, now: Named) -> str:
    """Put the new names where the last question had its own, or before it."""
    new = "和".join([*now.places, *now.people, *now.foreign])
    for old in [*before.places, *before.people, *before.foreign]:
        for written in (old, short_place(old)):
            if written in last:
                return last.replace(written, new, 1)
    return f"{new}{last}"


def _swap_topic(last: str, before: Named, topic: str) -> str:
    """Put the new topic where the last question had its own; "" where that stands in pieces."""
    spans = [
        (at, at + len(term.text))
        for term in understand(last, before).terms
        if (at := last.find(term.text)) >= 0
    ]
    if not spans or before.quoted:
        return ""
    start, end = min(a for a, _ in spans), max(b for _, b in spans)
    held = sum(b - a for a, b in spans)
    said = max(n for n in range(len(topic) + 1) if topic.endswith(last[end : end + n]))
    return last[:start] + topic + last[end + said :] if end - start <= held + 1 else ""


def _topic_of(last: str, before: Named) -> str:
    """Return the term that the last question was on, or else its words."""
    if before.quoted:
        return "".join(f"“{term}”" for term in before.quoted[:2])
    question: Question = understand(last, before)
    return "".join(term.text for term in question.terms)


def _asked_like(last: str, topic: str) -> str:
    """Ask on `topic` the way the last question asked: 怎么引才 → 怎么留才."""
    how = re.search(r"怎么|怎样|如何", last)
    if how:
        return f"{how.group()}{topic}？"
    many = re.search(r"是多少|多少|有哪些[一-鿿]{2}|是谁|是什么", last)
    return f"{topic}{many.group()}？" if many else f"{topic}？"
