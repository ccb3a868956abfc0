"""rag.outline.leads and .tree: which text heads a measure, and what it stands under."""

import pytest

from rag.outline import outline
from rag.reading.markdown import looks_like_markdown, read_markdown
from rag.reading.text import read_text
from rag.types import Document

REST = "坚持好中选优，推进村党组织书记队伍整体优化提升，落实“四个一”措施。"


def tree(text: str) -> list[str]:
    lines = read_markdown(text) if looks_like_markdown(text) else read_text(text)
    made = outline(Document("x", "", "", lines))
    return ["  " * (measure.level - 1) + measure.lead for measure in made.measures]


def test_numbers_nest_in_the_order_of_official_documents() -> None:
    assert tree(f"""一、总体要求

{REST}

二、重点任务

（一）加强村党组织建设。

1.选优带头人。{REST}

2.整顿软弱涣散党组织。{REST}

（1）摸排到位。{REST}

（2）整改到位。{REST}

（二）加强社区党建。{REST}

三、组织保障

{REST}
""") == [
        "一、总体要求",
        "二、重点任务",
        "  （一）加强村党组织建设。",
        "    1.选优带头人。",
        "    2.整顿软弱涣散党组织。",
        "      （1）摸排到位。",
        "      （2）整改到位。",
        "  （二）加强社区党建。",
        "三、组织保障",
    ]


def test_chapters_hold_articles_and_articles_items() -> None:
    assert tree("""# 管理条例

## 第一章　总　则

第一条 为了规范管理，制定本条例。

第二条 下列事项适用本条例：

（一）公开招聘；

（二）考核培训。

## 第二章 罚则

第三条 违反规定的，依法处理。
""") == [
        "第一章 总则",
        "  第一条",
        "  第二条",
        "    （一）公开招聘；",
        "    （二）考核培训。",
        "第二章 罚则",
        "  第三条",
    ]


def test_bold_inside_a_paragraph_is_a_lead_only_as_a_clause_of_its_own() -> None:
    assert tree(
        "**强化引领，筑牢根基。**必须坚持**人民至上**的立场。**抓好学习**，落实制度。"
        "**建强队伍**。选派干部。"
    ) == ["强化引领，筑牢根基。", "  抓好学习", "  建强队伍。"]


def test_a_measure_in_its_own_paragraph_belongs_to_its_section() -> None:
    assert tree(f"""**强化引领，筑牢根基。**{REST}**抓学习。**{REST}

**建队伍。**{REST}

**优化服务，激发活力。**{REST}**引人才。**{REST}
""") == ["强化引领，筑牢根基。", "  抓学习。", "  建队伍。", "优化服务，激发活力。", "  引人才。"]


def test_bold_leads_of_unlike_length_are_sections_all() -> None:
    leads = ["突出政治标准，建好队伍。", "聚焦人才。", "牢记为民初心，增进民生福祉。"]
    assert tree("\n\n".join(f"**{lead}**{REST}" for lead in leads)) == leads


def test_first_sentences_are_leads_where_siblings_have_one() -> None:
    assert tree(f"""以高质量党建引领乡村振兴

建强组织体系

{BODY}

实施“头雁”工程。{REST}

深化“导师帮带”机制。{REST}

优化服务环境

{BODY}
""") == ["建强组织体系", "  实施“头雁”工程。", "  深化“导师帮带”机制。", "优化服务环境"]


BODY = "近年来，坚持把年轻干部培养作为基础工程，着力打造高素质队伍，取得明显成效。"


def test_short_sentences_announced_together_head_what_follows_them() -> None:
    announcing = "社区紧扣主线，通过找准队伍“点”、连接组织“线”、织密网格“面”，绘就治理“同心圆”。"
    text = f"{announcing}找准队伍“点”。{REST}连接组织“线”。{REST}织密网格“面”。{REST}"
    assert tree(text) == ["找准队伍“点”。", "连接组织“线”。", "织密网格“面”。"]
    assert (
        tree(f"{announcing}找准队伍“点”。{REST}") == []
    )  # one alone may be a phrase that comes again


def test_narration_has_no_leads() -> None:
    assert (
        tree("""近日，街道召开会议。会议传达了上级精神，研究部署下一步重点工作。

会议强调，要提高站位。各社区要认真抓好贯彻落实，确保取得实效。

天气很热。志愿者们仍然坚守在一线，为居民送去清凉和问候。

据了解，活动很成功。共有三十余人参加，发放宣传资料二百余份。
""")
        == []
    )


def test_sentences_on_lines_of_their_own_head_the_paragraphs_after_them() -> None:
    assert tree(f"""一、工作回顾
{BODY}
生态底色更加亮丽。
{BODY}
经济运行持续向好。
{BODY}
二、工作安排
{BODY}
""") == ["一、工作回顾", "  生态底色更加亮丽。", "  经济运行持续向好。", "二、工作安排"]


def test_runs_of_items_are_measures_and_one_alone_is_none() -> None:
    assert tree(
        "重点抓好三项工作：一是坚持高位推动，压实责任；二是强化保障。设立专项资金。三是严格考核。"
    ) == ["一是坚持高位推动，压实责任；", "二是强化保障。", "三是严格考核。"]
    assert tree("工作中的体会，一是要坚持党的领导，其他方面也要统筹兼顾，形成合力。") == []


def test_an_address_closes_the_measures_before_it() -> None:
    text = f"一、工作安排\n（一）扩大内需\n{BODY}\n各位代表！{BODY}"
    made = outline(Document("x", "", "", read_text(text)))
    assert [p.trail for p in made.paragraphs] == [
        (),
        ("一、工作安排",),
        ("一、工作安排", "（一）扩大内需"),
        ("一、工作安排",),
    ]


def test_dashes_head_measures_where_two_stand_together() -> None:
    assert tree(f"{BODY}\n——综合实力提升。{REST}\n——民生福祉增进。{REST}\n{BODY}") == [
        "——综合实力提升。",
        "——民生福祉增进。",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("一是加强引才。每年引进。二是优化服务。", ["一是加强引才。", "二是优化服务。"]),
        (
            "抓三件事。首先，加强引才。其次，优化服务。最后，强化考核。",
            ["首先，加强引才。", "其次，优化服务。", "最后，强化考核。"],
        ),
        ("抓两件事：第一，加强引才；第二，优化服务。", ["第一，加强引才；", "第二，优化服务。"]),
        ("首先，感谢各位代表。我们将努力工作，为人民服务。", ["首先，感谢各位代表。"]),
        ("成绩来之不易。首先，感谢各位代表。我们将努力工作。", []),
        ("名列全省第一，增长第二，一直领先。", []),
    ],
)
def test_runs_inside_a_paragraph(text: str, expected: list[str]) -> None:
    assert tree(text) == expected  # all of one level
