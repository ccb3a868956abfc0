"""rag.outline.frame: head, body and foot of documents as offices write them."""

import pytest

from rag.outline import outline
from rag.outline.breaks import restored
from rag.reading.text import read_text
from rag.types import Document, Essay, Line, Outline

BODY = "为做好有关工作，经研究，现将有关事项通知如下。"


def of_text(text: str, format: str = "txt") -> Outline:
    return outline(Document("x", "", format, read_text(text)))


def roles(made: Outline) -> list[str]:
    short = {"masthead": "m", "title": "t", "byline": "s", "distribution": "d"}
    return [short.get(paragraph.role, "b") for paragraph in made.paragraphs]


def facts(essay: Essay) -> tuple[str | None, ...]:
    return essay.title, essay.issuer, essay.date, essay.document_number, essay.author


def test_a_notice_with_all_its_parts() -> None:
    made = of_text(f"""中共白云县委组织部文件

白组发〔2024〕12号          签发人：李明

关于做好基层党建工作的通知

各乡镇党委，县直各单位党组：

{BODY}

一、健全制度。每季度研究一次党建工作，形成清单。

二、强化督查。每半年通报一次，逐项销号。

特此通知。

附件：1.工作清单
2.联系人名单

中共白云县委组织部

2024年3月5日

（此件公开发布）

（联系人：王芳，联系电话：0551-1234567）

抄送：县委办公室，县纪委。

中共白云县委组织部办公室          2024年3月6日印发
""")
    assert "".join(roles(made)) == "mmt" + "bbbbb" + "dd" + "ss" + "dd" + "dd"
    assert facts(made.essays[0]) == (
        "关于做好基层党建工作的通知",
        "中共白云县委组织部",
        "2024-03-05",
        "白组发〔2024〕12号",
        None,
    )
    assert [measure.lead for measure in made.measures] == ["一、健全制度。", "二、强化督查。"]


def test_a_last_item_that_speaks_of_a_form_is_no_attachment() -> None:
    made = of_text(f"""关于评选先进个人的通知

{BODY}

1、评选工作采取党员推荐的方式。

2、凡推荐表彰的党员，均要填写先进事迹登记表。

中共白云县委组织部
2018年12月9日
""")
    assert "".join(roles(made)) == "tbbbss"


def test_an_annex_after_the_date_is_text_again() -> None:
    made = of_text(f"""关于印发管理办法的通知

各乡镇：

{BODY}

白云县人民政府
2024年4月1日

白云县专项资金管理办法

第一条 为规范管理，制定本办法。

第二条 资金实行专账管理，专款专用。
""")
    assert made.essays[0].date == "2024-04-01"
    assert [p.text for p in made.paragraphs if p.role == "byline"] == [
        "白云县人民政府", "2024年4月1日",
    ]  # fmt: skip
    assert any("第二条" in p.text and p.role == "body" for p in made.paragraphs)


@pytest.mark.parametrize(
    ("head", "title", "author", "date"),
    [
        ("在全县人才会议上的讲话\n\n（2023年11月6日）\n\n赵刚", "在全县人才会议上的讲话",
         "赵刚", "2023-11-06"),
        ("白云县服务条例\n\n（2020年5月20日白云县第三届人民代表大会通过）", "白云县服务条例",
         None, "2020-05-20"),
        ("2024年度述职报告\n\n白云县第一中学副校长赵刚", "2024年度述职报告", "赵刚", None),
        ("百年接力映山乡\n\n2021-05-31 来源：《白云日报》", "百年接力映山乡", None, "2021-05-31"),
    ],
)  # fmt: skip
def test_heads(head: str, title: str, author: str | None, date: str | None) -> None:
    essay = of_text(f"{head}\n\n{BODY}\n\n一、加强学习，每月集中一次，交流体会。").essays[0]
    assert (essay.title, essay.author, essay.date) == (title, author, date)


def test_no_list_of_names_or_places_signs_a_text() -> None:
    for lines in (["柳树镇", "红石镇", "白水镇"], ["王建国", "李秀兰", "赵志强", "孙涛"]):
        made = of_text("\n\n".join(["白云县先进名单", *lines, BODY]))
        assert made.essays[0].author is None
        assert [p.role for p in made.paragraphs if p.text in lines].count("byline") == 0


def test_a_list_of_organs_is_a_list_and_a_few_above_a_date_sign() -> None:
    organs = ["柳树村党总支", "石桥村党支部", "白云村党支部", "竹园村党总支", "县医院第三党支部"]
    listed = of_text("\n".join(["青山县先进基层党组织名单", *organs]))
    assert [measure.lead for measure in listed.measures] == organs
    notice = of_text(
        "\n".join(["关于开展评选的通知", "现就评选通知如下。", *organs, "2023年4月18日"])
    )
    assert [p.text for p in notice.paragraphs if p.role == "byline"] == [*organs, "2023年4月18日"]


def test_paragraphs_of_word_files_are_not_joined() -> None:
    lines = ["经县委研究决定", "王建国同志任柳树镇党委书记", "李秀兰同志任红石镇镇长"]
    made = of_text("\n".join(lines), "docx")
    assert [paragraph.text for paragraph in made.paragraphs] == lines


def test_items_of_one_length_are_no_printed_lines() -> None:
    lines = [f"第{n}项任务由{who}镇具体负责落实到位" for n, who in enumerate("甲乙丙丁戊己庚", 1)]
    made = of_text("\n".join(lines))
    assert [paragraph.text for paragraph in made.paragraphs] == lines


def test_lost_line_ends_come_back_where_numbers_count_on() -> None:
    text = (
        f"{BODY}一、健全制度。{'每季度研究一次。' * 12}"
        f"二、强化督查。{'对一、二、三等奖逐项复核。' * 12}"
        f"1.明确责任，{'层层落实。' * 12}2.严格考核，{'奖惩分明。' * 12}"
    )
    cut = [line.text[:4] for line in restored([Line(text, 1)])]
    assert cut == [BODY[:4], "一、健全", "二、强化", "1.明确", "2.严格"]
    assert "".join(line.text for line in restored([Line(text, 1)])) == text


def test_what_is_left_out_is_told_line_by_line() -> None:
    made = of_text("\n\f".join(f"内部资料\n{BODY}\n— {n} —" for n in range(1, 5)))
    assert [line.text for line in made.dropped] == [
        text for n in range(1, 5) for text in ("内部资料", f"— {n} —")
    ]
    assert (
        of_text("柳树镇\n\n收入126万元\n\n红石镇\n\n收入87万元\n\n白水镇\n\n收入203万元").dropped
        == ()
    )
