"""The measure of answers: hand-made answers with hand-made figures."""

from dataclasses import replace
from pathlib import Path

import pytest

from rag.errors import BadInput
from rag.evaluation.gold import Gold, evaluate, judge, paired, read_gold
from rag.types import Answer, Citation, Essay, Paragraph, Piece

ESSAY = Essay("甲#0", "甲.txt", place="太湖县")
PARAGRAPH = Paragraph("甲#0.1", "甲#0", 1, "body", "设立人才专窗，限时 3 天办结。", (Piece(0, 1),))


def answer(text: str, *quotes: str, seconds: float = 0.1) -> Answer:
    citations = tuple(
        Citation(n, PARAGRAPH, ESSAY, quote, (at := PARAGRAPH.text.find(quote)), at + len(quote))
        for n, quote in enumerate(quotes, 1)
    )
    return Answer("问", "fact", text, citations, not citations, None, seconds={"total": seconds})


def test_shares_of_what_was_wanted() -> None:
    gold = Gold(
        "问", "fact", must=("人才专窗", "3天", "五天"), cite=("限时3天",), any=("无", "专窗")
    )
    judged = judge(gold, answer("设立**人才专窗**，限时 3 天。[1]", "设立人才专窗"))
    assert (judged.said, judged.cited, judged.precise, judged.verbatim) == (2 / 3, 1, 1, True)
    assert not judged.passed


def test_a_quote_off_its_place_is_not_verbatim() -> None:
    bad = Citation(1, PARAGRAPH, ESSAY, "捏造", 0, 2)
    judged = judge(Gold("问", "fact"), Answer("问", "fact", "捏造[1]", (bad,), False, None))
    assert (judged.verbatim, judged.passed) == (False, False)


def test_the_report() -> None:
    answers = {
        "甲": answer("专窗[1]", "专窗", seconds=0.1),
        "乙": answer("没有", seconds=0.2),
        "丙": answer("没有", seconds=0.3),
        "丁": answer("专窗[1]", "专窗", seconds=0.4),
    }
    gold = [
        Gold("甲", "fact", must=("专窗",), cite=("限时",)),
        Gold("乙", "list", must=("专窗",)),
        Gold("丙", "unanswerable"),
        Gold("丁", "unanswerable"),
    ]
    report = evaluate(gold, lambda question, history: answers[question])
    assert report.by_kind == {"fact": 1.0, "list": 0.0, "unanswerable": 0.5}
    assert (report.pass_rate, report.refused, report.answered) == (0.5, 0.5, 0.5)
    assert (report.said, report.p50, report.p95) == (0.5, 0.3, 0.4)
    assert (report.auroc, report.refused_at_kept) == (0.5, 0.0)
    assert report.failed == ("乙", "丁")


def test_outcomes_scope_and_recall() -> None:
    answers = {
        "甲": answer("专窗[1]", "设立人才专窗"),
        "乙": answer("没有"),
        "丙": answer("没有"),
        "丁": answer("专窗[1]", "专窗"),
    }
    gold = [
        Gold("甲", "fact", any=("人才专窗", "五天"), must_not=("专窗",), documents=("乙.txt",)),
        Gold("乙", "fact", must=("专窗",)),
        Gold("丙", "unanswerable"),
        Gold("丁", "unanswerable"),
    ]
    report = evaluate(gold, lambda question, history: answers[question])
    assert {k: v for k, v in report.outcomes["fact"].items() if v} == {
        "not whole": 1,
        "refused wrongly": 1,
    }
    assert {k: v for k, v in report.outcomes["unanswerable"].items() if v} == {
        "refused rightly": 1,
        "answered wrongly": 1,
    }
    assert (report.recalled, report.outside, report.forbidden, report.nearest) == (0.5, 1, 1, 0)
    assert report.passed == {"甲": False, "乙": False, "丙": True, "丁": False}
    assert report.calibration == ((0.0, 0.0, 2), (1.0, 0.0, 2))


def test_two_runs_question_by_question() -> None:
    first = {"a": True, "b": True, "c": True, "d": True, "e": False, "f": True}
    second = {"a": True, "b": False, "c": False, "d": False, "e": False, "x": True}
    made = paired(first, second)
    assert (made.both, made.first, made.second, made.neither) == (1, ("b", "c", "d"), (), 1)
    assert made.chance == 0.25  # 2 · (1/2)³


def test_a_probability_tells_more_than_whether_it_was_answered() -> None:
    chances = {"甲": 0.9, "乙": 0.4, "丙": 0.5, "丁": 0.1}
    gold = [Gold("甲", "fact"), Gold("乙", "fact"), Gold("丙", "unanswerable")]
    gold.append(Gold("丁", "unanswerable"))
    report = evaluate(gold, lambda question, _: replace(answer("没有"), likely=chances[question]))
    assert (report.auroc, report.refused_at_kept) == (0.75, 0.5)


def test_history_reaches_the_question() -> None:
    seen = []

    def ask(question: str, history: object) -> Answer:
        seen.append((question, history))
        return answer("没有")

    evaluate([Gold("那乙呢", "followup", history=("甲怎么做",))], ask)
    assert seen == [("那乙呢", ("甲怎么做",))]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [("", "holds no question"), ("{", "line 1"), ('{"question": "问"}', "line 1"),
     ("[1]", "line 1"), ('{"question": "问", "type": "fact", "must": 3}', "line 1")],
)  # fmt: skip
def test_bad_gold_files(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "gold.jsonl"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match=complaint):
        read_gold(path)
    with pytest.raises(BadInput, match="cannot read"):
        read_gold(tmp_path / "none.jsonl")
