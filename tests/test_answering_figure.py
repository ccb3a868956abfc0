"""Which figure of a sentence is shown for the one that is asked for."""

import pytest

from rag.answering.compose.figure import answering_figure

LOW_INCOME = "农村低保和特困供养对象每月补助标准分别再提高35元和8元。"
INCOMES = "城镇和农村居民人均可支配收入分别增长5.2%和6.9%。"
DUTY = "月值班日：248天÷12月\uff1d20.67天/月"
ROW = "镇：白水镇；党建经费（万元）：71；党员数（名）：1540；联系人：李红"
DATES = "开工日期：2023年3月1日，竣工日期：2023年11月30日"
TERM = "2021年新建党群服务中心3个，改造12个，投入资金\uff14\uff15\uff0e\uff16万元。"


@pytest.mark.parametrize(
    ("question", "text", "picked", "wanted"),
    [
        ("农村低保每月补助标准提高多少元", LOW_INCOME, "8元", "35元"),
        ("特困供养对象每月补助标准提高多少", LOW_INCOME, "35元", "8元"),
        ("城镇居民人均可支配收入增长多少", INCOMES, "6.9%", "5.2%"),
        ("农村居民人均可支配收入增长多少", INCOMES, "5.2%", "6.9%"),
        ("月值班日是多少天", DUTY, "248天", "20.67天"),
        ("白水镇党建经费多少", ROW, "1540", "71"),
        ("白水镇有多少党员", ROW, "1540", "1540"),
        ("改造了多少个中心", TERM, "3个", "3个"),  # 中心 is of the first, 改造 of the second
        ("投入资金多少", TERM, "3个", "\uff14\uff15\uff0e\uff16万元"),
        ("竣工日期是哪天", DATES, "2023年3月1日", "2023年11月30日"),
        ("一共多少", "一共有五种", "五种", "五种"),
    ],
)  # fmt: skip
def test_the_figure_that_is_asked_for(question: str, text: str, picked: str, wanted: str) -> None:
    at = text.index(picked)
    start, end = answering_figure(question, text, (at, at + len(picked)))
    assert text[start:end] == wanted


@pytest.mark.parametrize(
    ("question", "thing", "figure"),
    [
        ("人才资金比例", "share", "1%"),
        ("人才资金用多久", "duration", "3年"),
    ],
)
def test_a_figure_says_the_thing_that_is_wanted(question: str, thing: str, figure: str) -> None:
    text = "落实六项机制，按1%设立人才资金，安排300万元，用3年。"
    at = text.index("六项")
    start, end = answering_figure(question, text, (at, at + 2), thing)
    assert text[start:end] == figure
