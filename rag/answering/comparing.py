"""Answers over several essays: what each says on a topic, and which say nothing.

Every essay in question is read, in the order of the corpus. Of hundreds those are looked into that
have the passages nearest to the question, and the answer says so: it names no other one as silent.
"""

from collections.abc import Sequence
from dataclasses import replace

from rag.answering.beside import MOST, is_silent, names, naming, side_by_side
from rag.answering.draft import Draft
from rag.answering.evidence import MANY, Desk, Evidence, to_the_letter
from rag.answering.facts import ENOUGH, LONG, missing, quote_best, whence
from rag.answering.kinds import counts_speakers
from rag.answering.question import Question
from rag.answering.refusal import Refused, likely
from rag.answering.sentence_ranker import choose
from rag.citing import escape
from rag.types import Coverage, Essay

_ENOUGH = 0.5  # score under which a sentence does not answer
_MANY = 8  # essays from which each is quoted once
_FULL = 2400  # characters that are parted among the essays quoted
_SHORT = 80  # ... of which each has so many


def compare(desk: Desk, question: Question, essays: Sequence[Essay], draft: Draft) -> Coverage:
    """Write what each essay says on the topic, in their order, and name the silent ones.

    Raises:
        Refused: none says anything on it.
    """
    question = _supported_half(question, draft)
    if _few(question, essays):
        return side_by_side(desk, question, essays, draft)
    total = len(essays)
    if total > MANY:
        found = desk.rank_many(question, essays)
        essays = [essay for essay in essays if essay.essay_id in found]
    else:
        found = {essay.essay_id: desk.rank(question, [essay]) for essay in essays}
    firsts = to_the_letter(question, [ranked[0] for ranked in found.values() if ranked])
    firsts.sort(key=lambda e: -e.score)
    draft.likely = likely(question, choose(desk, question, firsts))
    best = max(firsts, key=lambda e: e.score, default=None)
    named = bool(question.named.places or question.named.people)
    share = (0.5 if named else 0.7) * (best.score if best else 0.0)
    least = max(ENOUGH if question.figure else _ENOUGH, share)
    holding = {e.sentence.essay.essay_id for e in firsts}
    kept = {
        essay_id: _best(question, ranked, least, few=len(essays) <= 3)
        if essay_id in holding
        else []
        for essay_id, ranked in found.items()
    }
    speaking = [essay for essay in essays if kept[essay.essay_id]]
    if len(speaking) > _MANY:  # one clause each, so that all can be read
        kept = {essay_id: sorted(k, key=lambda e: -e.score)[:1] for essay_id, k in kept.items()}
    room = max(_SHORT, _FULL // max(1, len(speaking)))
    if not speaking:
        raise Refused(missing(desk, question, [best] if best else []))
    rest = [essay for essay in essays if not kept[essay.essay_id]]
    silent = [essay for essay in rest if is_silent(found[essay.essay_id])]
    vague = [essay for essay in rest if essay not in silent]
    if question.negated and total <= MANY:
        draft.say(naming("未提及", silent) + "\n\n提到的有：\n\n")
    for essay in speaking:
        title = f"《{escape(essay.title)}》" if essay.title else ""
        draft.say(f"{whence(essay)}{title}：\n\n")
        for evidence in kept[essay.essay_id]:
            draft.say("- ")
            quote_best(desk, question, evidence.sentence, draft, min(room, LONG))
            draft.say("\n")
        draft.say("\n")
    if total > MANY:
        draft.say(
            f"共 {total} 篇，看了意思最相近的 {len(essays)} 篇，其中 {len(speaking)} 篇提到；"
            "其余没有逐篇核对。加上地点、作者或日期可缩小范围。"
        )
        return Coverage(total, len(speaking))
    draft.say(f"{len(essays)} 篇中 {len(speaking)} 篇提到。")
    if not question.negated:
        draft.say(naming("未提及", silent))
    draft.say(naming("只有部分相近的表述，未列出", vague))
    return Coverage(len(essays), len(speaking), names(silent))


def _few(question: Question, essays: Sequence[Essay]) -> bool:
    """Whether a few essays are compared in what they do, not counted and not by one figure."""
    counted = question.figure or question.negated or counts_speakers(question.text)
    return not counted and len(essays) <= MOST


def _supported_half(question: Question, draft: Draft) -> Question:
    """Name the places beside the corpus's own that it has no essay of, and ask on without them."""
    named = question.named
    if not named.foreign or not named.places:
        return question
    draft.say(f"现有材料没有收录{escape('、'.join(named.foreign))}的文章。\n\n")
    kept = tuple(term for term in question.terms if term.text not in named.foreign)
    return replace(question, terms=kept, named=replace(named, foreign=()))


def _best(
    question: Question, ranked: Sequence[Evidence], least: float, *, few: bool
) -> list[Evidence]:
    """Return the sentences of one essay that answer, in its order: one for a figure."""
    if not ranked or ranked[0].score < least:
        return []
    most = 1 if question.figure else 4 if few else 2
    kept = [e for e in ranked if e.score >= max(least, 0.85 * ranked[0].score)][:most]
    return sorted(kept, key=lambda e: (e.sentence.paragraph.ordinal, e.sentence.start))
