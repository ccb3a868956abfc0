"""Figures and years: of the clause, the unit and the time that the question asks about."""

import pytest

from rag.answering.figures import answer_span, figure_fit, figures
from rag.answering.matching import Matcher
from rag.answering.names import Names
from rag.answering.question import Question, understand
from rag.answering.shelf import Sentence
from rag.answering.years import year_fit
from rag.types import Essay, Paragraph, Piece

MATCHER = Matcher(lambda word: 3.0)
NAMES = Names([])


def read(text: str) -> Question:
    return understand(text, NAMES.find(text))


def sentence(text: str, *trail: str) -> Sentence:
    essay = Essay("甲#0", "甲.txt", title="2026年政府工作报告")
    paragraph = Paragraph("甲#0.1", "甲#0", 1, "body", text, (Piece(0, 1),), trail)
    return Sentence(essay, paragraph, 0, len(text), text, trail, None, "")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("增长4.5%—5%，就业120万人以上", ["4.5%—5%", "120万人以上"]),
        ("490多万个基层党组织", ["490多万个"]),
        ("细颗粒物29微克/立方米左右", ["29微克/立方米左右"]),
        ("提高1.2个百分点", ["1.2个百分点"]),
        ("15分钟服务圈", ["15分钟"]),
        ("生猪出栏量居全国第3", []),
        ("没有数字", []),
    ],
)
def test_figures_with_their_units(text: str, found: list[str]) -> None:
    assert [text[a:b] for a, b in figures(text)] == found


@pytest.mark.parametrize(
    ("question", "text", "answer"),
    [
        ("城镇新增就业目标是多少？", "城镇调查失业率5%左右，城镇新增就业50万人；", "50万人"),
        ("会议是什么时候召开的？", "10月16日，会议召开，开了3天。", "10月16日"),
        ("粮食产量是多少？", "粮食产量稳定在1955万吨以上，棉花30万吨。", "1955万吨以上"),
        ("港口吞吐量是多少？", "港口航线增至150条、吞吐量超2400万箱。", "2400万"),
        ("有多少党员参加服务？", "21个党支部的70余名党员干部参加服务。", "70余名"),
        ("棉花产量占全国的比重", "棉花产量连续4年占全国九成以上、就地转化率达45%。", "九成以上"),
    ],
)
def test_the_figure_of_the_topic_is_the_answer(question: str, text: str, answer: str) -> None:
    span = answer_span(MATCHER, read(question), sentence(text))
    assert span is not None
    assert text[slice(*span)] == answer


def test_no_figure_is_shown_for_another_topic() -> None:
    text = "花卉产量全球第一，咖啡产值增长3倍。"
    assert answer_span(MATCHER, read("花卉的产值是多少？"), sentence(text)) is None


def test_a_figure_in_the_topic_s_own_clause_fits_best() -> None:
    question = read("一般公共预算收入增长多少？")
    own = figure_fit(MATCHER, question, sentence("一般公共预算收入增长2.5%。"))
    other = figure_fit(MATCHER, question, sentence("一般公共预算收入平稳，居民收入增长2.5%。"))
    none = figure_fit(MATCHER, question, sentence("一般公共预算收入平稳增长。"))
    assert own > other > none


def test_the_unit_asked_for_must_be_there() -> None:
    question = read("省长今年多少岁？")
    assert figure_fit(MATCHER, question, sentence("省长今年视察了3次。")) == 0.5
    assert figure_fit(MATCHER, read("有多少种情形？"), sentence("明确了十五种情形。")) > 1


def test_a_stated_figure_must_be_about_the_topic() -> None:
    question = read("哪里的经济增长目标是5%左右？")
    about = figure_fit(MATCHER, question, sentence("地区生产总值增长5%左右。"))
    not_about = figure_fit(MATCHER, question, sentence("地区生产总值稳步增长，失业率5%左右。"))
    assert about > not_about


AHEAD, BACK = ("三、2026年重点工作",), ("一、2025年工作回顾",)


@pytest.mark.parametrize(
    ("question", "better", "worse"),
    [
        ("2026年增长目标", sentence("增长5%。", *AHEAD), sentence("增长5%。", *BACK)),
        ("今年增长多少", sentence("增长5%。", *AHEAD), sentence("增长5%。", *BACK)),
        ("2025年增长多少", sentence("增长5%。", *BACK), sentence("增长5%。", *AHEAD)),
        ("去年增长多少", sentence("增长5%。", *BACK), sentence("增长5%。", *AHEAD)),
        ("2026年增长多少", sentence("2026年增长5%。"), sentence("2024年增长5%。")),
        ("2025年增长多少", sentence("增长5%。", *BACK), sentence("年均增长5%。", *BACK)),
        ("增长目标是多少", sentence("增长5%。", *AHEAD), sentence("增长5%。", *BACK)),
    ],
)
def test_years(question: str, better: Sentence, worse: Sentence) -> None:
    assert year_fit(read(question), better) > year_fit(read(question), worse)


def test_a_year_that_no_part_is_of() -> None:
    assert year_fit(read("2028年增长目标"), sentence("增长5%。", *AHEAD)) == 0.4
    assert year_fit(read("怎么引才"), sentence("增长5%。", *AHEAD)) == 1.0


def test_a_share_of_a_thing_is_not_the_thing() -> None:
    share = sentence("民营经济增加值占地区生产总值比重达58.5%。")
    assert answer_span(MATCHER, read("去年地区生产总值是多少？"), share) is None
    part = sentence("按照不低于上年度地方财政收入1%设立专项资金。")
    assert answer_span(MATCHER, read("地方财政收入是多少？"), part) is None
    span = answer_span(MATCHER, read("民营经济增加值占地区生产总值的比重是多少？"), share)
    assert span is not None
    assert share.text[slice(*span)] == "58.5%"


def test_what_was_reached_is_no_aim() -> None:
    question = read("粮食产量目标是多少？")
    reached = figure_fit(MATCHER, question, sentence("粮食产量1350亿斤，完成全年主要目标任务。"))
    aimed = figure_fit(MATCHER, question, sentence("主要目标是：粮食产量1400亿斤。"))
    assert aimed > reached


def test_what_is_so_comes_before_what_shall_be() -> None:
    reached = sentence("全年粮食产量1640亿斤。")
    aimed = sentence("预期目标是：粮食产量1600亿斤以上。")
    steady = sentence("稳预期取得实效，粮食产量1640亿斤。")
    question = read("粮食产量是多少？")
    assert figure_fit(MATCHER, question, reached) > figure_fit(MATCHER, question, aimed)
    assert figure_fit(MATCHER, question, steady) > figure_fit(MATCHER, question, aimed)
    question = read("今年粮食产量是多少？")
    assert figure_fit(MATCHER, question, reached) == figure_fit(MATCHER, question, aimed)


def test_a_growth_that_is_planned_is_no_share() -> None:
    planned = sentence("地区生产总值按增长5%安排；")
    span = answer_span(MATCHER, read("地区生产总值目标是多少？"), planned)
    assert span is not None
    assert planned.text[slice(*span)] == "5%"
    share = sentence("煤炭先进产能占比提高到84%。")
    assert answer_span(MATCHER, read("煤炭产能是多少？"), share) is None


@pytest.mark.parametrize(
    ("question", "figure"),
    [
        ("旅游总花费增长多少？", "11.5%"),
        ("接待游客增长多少？", "11.8%"),
        ("接待入境过夜游客增长多少？", "51.8%"),
        ("旅游总花费是多少？", None),  # growth is no amount
    ],
)
def test_figures_that_stand_in_a_row(question: str, figure: str | None) -> None:
    text = "接待入境过夜游客增长51.8%，接待游客、实现旅游总花费分别增长11.8%、11.5%。"
    span = answer_span(MATCHER, read(question), sentence(text))
    assert (span and text[slice(*span)]) == figure


def test_a_year_is_no_day() -> None:
    text = sentence("2025年是封关运作之年，12月18日全岛封关。")
    span = answer_span(MATCHER, read("封关运作是哪天？"), text)
    assert span is None or text.text[slice(*span)] == "12月18日"
    span = answer_span(MATCHER, read("封关运作是哪一年？"), text)
    assert span is not None
    assert text.text[slice(*span)] == "2025年"
