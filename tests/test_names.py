"""Names in questions: every usual variant, no other county's, no word that only looks like one."""

import pytest

from rag.answering.names import Named, Names, same_office, short_place
from rag.types import Essay

ISSUER = "中共安庆市委组织部研究室"
NAMES = Names(
    Essay(f"d#{n}", "d", place=place, author=author, publication="安庆组工信息", issuer=ISSUER)
    for n, (place, author) in enumerate(
        [
            ("太湖县", "左小斌"),
            ("安庆经开区", "孙琳"),
            ("桐城市", "储江"),
            ("宁夏回族自治区", "张雨浦、马兰"),
        ]
    )
)


@pytest.mark.parametrize(
    ("question", "places"),
    [
        ("太湖怎么引才？", ("太湖县",)),
        ("太湖县与桐城比较", ("太湖县", "桐城市")),
        ("经开区的党建", ("安庆经开区",)),
        ("宁夏今年的目标", ("宁夏回族自治区",)),
        ("桐城市和太湖县", ("桐城市", "太湖县")),
        ("大家怎么引才", ()),
    ],
)
def test_places_of_the_corpus(question: str, places: tuple[str, ...]) -> None:
    assert NAMES.find(question).places == places


@pytest.mark.parametrize(
    ("question", "foreign"),
    [
        ("合肥市的补贴标准", ("合肥市",)),
        ("宿松县委组织部部长是谁", ("宿松",)),
        ("潜山市有哪些政策", ("潜山市",)),
        ("西藏的目标", ("西藏",)),
        ("日本的目标", ("日本",)),
        ("苏州和上海", ("苏州", "上海")),
        ("大同小异的做法", ()),
        ("建设平安社区", ()),
        ("团结奋进和平发展", ()),
        ("太湖县的水质", ()),
    ],
)
def test_places_of_no_essay(question: str, foreign: tuple[str, ...]) -> None:
    assert NAMES.find(question).foreign == foreign


@pytest.mark.parametrize(
    ("question", "people", "strangers"),
    [
        ("储部长怎么说", ("储江",), ()),
        ("储江和孙琳", ("储江", "孙琳"), ()),
        ("马兰的文章", ("马兰",), ()),
        ("王部长怎么说", (), ("王部长",)),
        ("组织部部长是谁", (), ()),
        ("各位部长", (), ()),
    ],
)
def test_people(question: str, people: tuple[str, ...], strangers: tuple[str, ...]) -> None:
    found = NAMES.find(question)
    assert (sorted(found.people), found.strangers) == (sorted(people), strangers)


def test_the_issuer_s_place_stands_for_the_bulletin() -> None:
    assert NAMES.find("安庆市有哪些措施").publications == ("安庆组工信息",)


def test_quoted_terms_in_every_kind_of_marks() -> None:
    assert NAMES.find('“甲一”「乙」"丙"是什么').quoted == ("甲一", "乙", "丙")


def test_what_is_left_has_no_names() -> None:
    assert NAMES.find("太湖县左小斌怎么引才").rest == "怎么引才"


def test_a_corpus_without_facts_names_nothing() -> None:
    assert Names([Essay("d#0", "d")]).find("怎么引才") == Named(rest="怎么引才")


@pytest.mark.parametrize(
    ("name", "short"),
    [("太湖县", "太湖"), ("忠县", "忠县"), ("内蒙古自治区", "内蒙古"), ("新疆维吾尔自治区", "新疆"),
     ("广西壮族自治区", "广西"), ("延边朝鲜族自治州", "延边"), ("香港特别行政区", "香港"),
     ("浦东新区", "浦东"), ("双江拉祜族佤族布朗族傣族自治县", "双江")],
)  # fmt: skip
def test_short_names(name: str, short: str) -> None:
    assert short_place(name) == short


@pytest.mark.parametrize(
    ("asked", "held", "same"),
    [("组织部长", "太湖县委常委、组织部部长", True), ("组织部部长", "组织部长、统战部长", True),
     ("书记", "县委常委、组织部部长", False), ("省长", "省 长", True)],
)  # fmt: skip
def test_offices(asked: str, held: str, same: bool) -> None:
    assert same_office(asked, held) is same
