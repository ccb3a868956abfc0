"""rag.outline.bylines: who signs, and that a heading is never taken for it."""

import pytest

from rag.gazetteer import is_name
from rag.outline.bylines import Byline, byline, dateline


@pytest.mark.parametrize(
    ("text", "author", "office"),
    [
        ("太湖县委常委、组织部部长 左小斌", "左小斌", "太湖县委常委、组织部部长"),
        ("太湖县委常委、组织部部长左小斌", "左小斌", "太湖县委常委、组织部部长"),
        ("（太湖县委常委、组织部部长 左小斌）", "左小斌", "太湖县委常委、组织部部长"),
        ("左小斌 太湖县委书记", "左小斌", "太湖县委书记"),
        ("左小斌（太湖县委书记）", "左小斌", "太湖县委书记"),
        ("左小斌，太湖县委书记", "左小斌", "太湖县委书记"),
        ("省委组织部副部长 李明", "李明", "省委组织部副部长"),
        ("东城街道党工委书记 欧阳明", "欧阳明", "东城街道党工委书记"),
        ("金寨县委书记 张三 县长 李四", "张三、李四", "金寨县委书记 县长"),
        ("自治区主席 嘎玛泽登", "嘎玛泽登", "自治区主席"),
        ("自治区主席 艾尔肯·吐尼亚孜", "艾尔肯·吐尼亚孜", "自治区主席"),
        ("作者：张三", "张三", None),
        ("（作者：李四，单位：安庆市委党校）", "李四", "安庆市委党校"),
        ("（作者系金寨县委书记）", None, "金寨县委书记"),
        ("（作者系金寨县委书记张三）", "张三", "金寨县委书记"),
        ("（本文作者系安庆市委组织部副部长）", None, "安庆市委组织部副部长"),
        ("□ 李明 王小五", "李明、王小五", None),
        ("文/李明", "李明", None),
        ("供稿：太湖县委组织部", None, "太湖县委组织部"),
        ("中共金寨县委组织部", None, "中共金寨县委组织部"),
        ("金寨县委组织部 李明", "李明", "金寨县委组织部"),
        ("毛伟明", "毛伟明", None),
        ("（宗禾）", "宗禾", None),
    ],
)
def test_bylines(text: str, author: str | None, office: str | None) -> None:
    assert byline(text) == Byline(author, office)


@pytest.mark.parametrize(
    "text",
    [
        "坚持党管人才 厚植发展沃土",
        "选优书记 强队伍",
        "党建引领 乡村振兴",
        "抓制度机制 树鲜明导向",
        "推动消费增长强动力",
        "推动善作善成，锻造高素质执政骨干",
        "在全省组织部长会议上的讲话",
        "一、选优配强村党组织书记",
        "2022年10月25日",
        "各位代表：",
        "太湖县委书记张三深入基层调研。",
        "",
    ],
)
def test_headings_are_no_bylines(text: str) -> None:
    assert byline(text) is None


def test_names_need_a_known_family_name() -> None:
    assert [
        name for name in ("高炬", "左小斌", "欧阳明月", "抓落实", "的王", "王") if is_name(name)
    ] == [
        "高炬",
        "左小斌",
        "欧阳明月",
    ]


def test_datelines() -> None:
    news = "深圳新闻网2023年8月4日讯（记者 徐哲康 通讯员 黄建辉）近日，水湾社区开展活动。"
    assert dateline(news) == Byline(reporter="徐哲康、黄建辉")
    assert dateline("中新网新疆8月15日电（刘杰 迪丽胡玛·木沙江） “这是") == Byline(
        reporter="刘杰、迪丽胡玛·木沙江"
    )
    assert dateline("共90余家单位参加培训。（记者袁瑞娟报道）") == Byline(reporter="袁瑞娟")
    assert byline("本报记者 李明 通讯员 王小五") == Byline(reporter="李明、王小五")
    assert dateline("近日，某局（以下简称某局）开展活动。") is None
