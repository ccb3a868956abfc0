"""rag.outline.places: a place that is stated, or none."""

import pytest

from rag.outline.places import place_of_office, place_of_text, place_of_title


@pytest.mark.parametrize(
    ("office", "place"),
    [
        ("桐城市委常委，组织部部长、统战部部长", "桐城市"),
        ("安庆经开区党群工作部部长", "安庆经开区"),
        ("中共金寨县委书记", "金寨县"),
        ("安徽省太湖县委常委", "太湖县"),
        ("合肥市高新区党工委书记", "合肥市高新区"),
        ("界首市东城街道党工委书记", "东城街道"),
        ("天津市市长", "天津市"),
        ("内蒙古自治区主席", "内蒙古自治区"),
        ("新疆维吾尔自治区人民政府主席", "新疆维吾尔自治区"),
        ("省委组织部副部长", None),
        ("县委书记", None),
        ("自治区主席", None),
        ("街道党工委书记", None),
        ("安徽大学党委书记", None),
    ],
)
def test_places_of_offices(office: str, place: str | None) -> None:
    assert place_of_office(office) == place


def test_places_of_titles() -> None:
    assert place_of_title("2026年西藏自治区政府工作报告") == "西藏自治区"
    assert place_of_title("平顶山市城乡规划建设管理条例") == "平顶山市"
    assert place_of_title("深化市县改革") is None
    assert place_of_title("【四川】出台稳外资行动实施方案") == "四川省"
    assert place_of_title("【太湖县】抓实干部培训") == "太湖县"
    assert place_of_title("【中央】“十四五”时期成效显著") is None
    assert place_of_title("浙江省与安徽省合作协议") is None


def test_the_place_of_a_text_must_leave_no_doubt() -> None:
    assert place_of_text("安徽省池州市作为城市群一员。近年来，池州市努力创新。") == "池州市"
    assert place_of_text("池州市努力创新。") is None  # once is a mention
    assert place_of_text("池州市创新。池州市实干。铜陵市创新。铜陵市实干。") is None
    assert place_of_text("全市上下努力，全市实干，建设城市，推进园区建设，推进园区服务。") is None
