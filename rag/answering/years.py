"""Years: whether a sentence speaks of the time a question asks about.

A report of 2026 looks back on 2025 in one part and ahead in another; its sentences seldom name
the year, its headings do.
"""

import re

from rag.answering.question import Question
from rag.answering.shelf import Sentence

_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)(?=年|[—–-])")
_PAST = re.compile(r"去年|过去|回顾|五年来|一年来|成就")
_SPAN = re.compile(r"年均(?!浓度|气温)|五年|“?十[三四五六]五”?")
_AHEAD = re.compile(r"今年|目标|(?<!稳)预期|力争|安排|计划|部署|要|任务|建议")
_OTHER_SPAN = 0.65
_WANTED = re.compile(r"目标|预期|打算|计划|准备|要(?:保持|达到|新增|控制|稳定|提高|实现)")


def year_fit(question: Question, sentence: Sentence) -> float:
    """Return a factor: above 1 for the year asked about, down to 0.4 for another."""
    asked = set(question.years)
    written = year_of(sentence) if asked or "年" in question.text else ""
    if "今年" in question.text:
        asked.add(written)
    if "去年" in question.text and written:
        asked.add(str(int(written) - 1))
    if asked:
        text = sentence.opening + sentence.text
        fit = _by_year(asked, written, sentence, text)
        return min(fit, _OTHER_SPAN) if _spans(question, sentence) else fit
    figured = question.figure or any(term.text[:1].isdigit() for term in question.terms)
    if figured and _spans(question, sentence):
        return _OTHER_SPAN
    looks_back = _PAST.search(sentence.context) and _WANTED.search(question.text)
    return 0.8 if looks_back else 1.0


def _spans(question: Question, sentence: Sentence) -> bool:
    """Whether a sentence is on several years: what five years are to bring is not what one is."""
    return not _SPAN.search(question.text) and bool(_SPAN.search(sentence.text))


def _by_year(asked: set[str], written: str, sentence: Sentence, text: str) -> float:
    if named := set(_YEAR.findall(text)):
        return 1.15 if named & asked else 0.6
    headed = set(_YEAR.findall(sentence.context))
    if written in asked:
        if _PAST.search(sentence.context) or (headed and not headed & asked):
            return 0.55
        if _SPAN.search(sentence.context):
            return 0.85
        return 1.1 if headed or _AHEAD.search(text) else 1.0
    if headed & asked:
        return 1.1
    if written and str(int(written) - 1) in asked and _PAST.search(sentence.context):
        return 1.05
    return 0.4


def year_of(sentence: Sentence) -> str:
    """Return the year the essay is of: by its title, or else by its date; "" if unknown."""
    essay = sentence.essay
    return next(iter(_YEAR.findall(essay.title or "")), (essay.date or "")[:4])
