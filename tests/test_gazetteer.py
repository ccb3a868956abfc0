"""Places, surnames and posts: what is a name, and what only looks like one."""

import unicodedata

import pytest

from rag import gazetteer as g


@pytest.mark.parametrize(
    ("name", "short"),
    [("太湖县", "太湖"), ("忠县", "忠县"), ("内蒙古自治区", "内蒙古"), ("新疆维吾尔自治区", "新疆"),
     ("广西壮族自治区", "广西"), ("延边朝鲜族自治州", "延边"), ("香港特别行政区", "香港"),
     ("浦东新区", "浦东"), ("双江拉祜族佤族布朗族傣族自治县", "双江")],
)  # fmt: skip
def test_short_names(name: str, short: str) -> None:
    assert g.short_place(name) == short


@pytest.mark.parametrize(
    ("place", "own", "written"),
    [
        ("太湖县", True, {"太湖县", "太湖"}),
        ("合作市", True, {"合作市"}),
        ("和平县", False, {"和平县"}),
        ("宿松县", False, {"宿松县", "宿松"}),
        ("石柱土家族自治县", False, {"石柱土家族自治县", "石柱县"}),
        ("安庆经开区", True, {"安庆经开区", "经开区"}),
        ("长沙市", False, {"长沙市", "长沙"}),
    ],
)
def test_how_a_place_is_written(place: str, own: bool, written: set[str]) -> None:
    assert set(g.variants(place, own)) == written


@pytest.mark.parametrize(
    ("written", "full"),
    [("吉林", "吉林省"), ("宿松", "宿松县"), ("日本", "日本"), ("黔东南州", "黔东南苗族侗族自治州"),
     ("潜山市", "潜山市"), ("中国", None), ("世界", None), ("城区", None), ("大城市", None),
     ("贫困县", None), ("联合国", None)],
)  # fmt: skip
def test_places_of_the_standard(written: str, full: str | None) -> None:
    assert g.full_place(written) == full


@pytest.mark.parametrize(
    ("inner", "outer", "lies"),
    [("太湖县", "安庆市", True), ("太湖县", "湖南省", False), ("青山县", "安徽省", True),
     ("望江县", "太湖县", False), ("安庆经开区", "安庆市", True), ("桐城市", "合肥市", False),
     ("安庆市", "太湖县", False)],
)  # fmt: skip
def test_what_lies_in_what(inner: str, outer: str, lies: bool) -> None:
    assert g.lies_in(inner, outer) is lies


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("浙江温州苍南县：夜学新风", ["浙江省", "温州市", "苍南县"]),
        ("青山县2023年组织工作总结", ["青山县"]),
        ("2023年绿水县组织工作要点", ["绿水县"]),
        ("安徽省白石县组织工作总结", ["安徽省", "白石县"]),
        ("关于红河县组织工作情况的报告", ["红河县"]),
        ("梅岭县“十四五”人才发展规划", ["梅岭县"]),
        ("中共安庆市委组织部研究室", ["安庆市"]),
        ("安庆经开区党群工作部部长", ["安庆经开区"]),
        ("政和县杨源乡选派干部", ["政和县", "杨源乡"]),
        ("全市各县区要把城市社区建设好，贫困县要先行", []),
        ("大同小异的做法", []),
        ("上海市长期护理保险", ["上海市"]),
        ("上海市长的讲话", ["上海市"]),
        ("", []),
    ],
)
def test_reading_places(text: str, places: list[str]) -> None:
    assert g.read_places(text) == places


def test_what_may_be_a_person_or_a_word_is_a_place_where_running_text_writes_it_out() -> None:
    def read(text: str) -> list[str]:
        return g.read_places(text, running=True)

    assert read("推动各项惠民政策落到实处。") == []
    assert read("惠民坚持党建引领。惠民县建成惠民服务点。") == ["惠民县"]
    assert read("山东惠民开展志愿服务。") == ["山东省", "惠民县"]  # behind another place


@pytest.mark.parametrize(
    ("text", "is_name"),
    [("青山县", True), ("火星县", True), ("清河区", True), ("贫困县", False), ("示范县", False),
     ("大城市", False), ("工业园区", False), ("主院区", False), ("我的城市", False),
     ("周三给市", False)],
)  # fmt: skip
def test_what_can_be_a_place(text: str, is_name: bool) -> None:
    assert g.is_place_name(text) is is_name


@pytest.mark.parametrize(
    ("text", "surname", "is_name"),
    [("李方明", "李", True), ("焦裕禄", "焦", True), ("高质量", "高", False),
     ("高新区", "高", False), ("任党委", "任", False), ("方便", "方", False),
     ("石油部长", "石", False)],
)  # fmt: skip
def test_what_can_be_a_person(text: str, surname: str, is_name: bool) -> None:
    assert g.is_person(text, surname) is is_name


def test_bodies() -> None:
    assert g.body_of("中共太湖县委办公室主任", {"太湖县"}) == "办公室"
    assert g.body_of("国采中心副主任", set()) == "国采中心"
    assert g.body_of("委员", set()) == "委员"


def test_every_name_of_the_standard_is_normal_and_leads_to_itself() -> None:
    for written, full in g._standard().written.items():
        assert unicodedata.is_normalized("NFC", written)
        assert len(written) > 1
        assert g.full_place(full) == full
        assert full not in g.places_around(full)
