"""Names in questions, the essays they mean, and what is said of names that are not there."""

import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.answering.named import Absent, Named
from rag.answering.naming import Names
from rag.answering.scope import Scope, groups, scope_of
from rag.answering.vocabulary import Vocabulary, is_one_edit
from rag.index.records import Records
from rag.types import Essay, Filters
from rag.words import fold
from tests.conftest import CORPUS
from tests.records import records_of

TEXTS = {
    "苍南.txt": """夜学新风润苍南

浙江省温州市苍南县举办夜间学堂120期，服务群众3万人次，受到欢迎。
""",
    "温州.txt": """温州市人才工作总结

温州市全年引进人才5000人，其中博士300人。
""",
    "社区.txt": """社区建设工作总结

青山县建成社区党群服务中心23个，配备社区工作者310名。
""",
    "人才.txt": """青山县人才工作情况

全县引进人才126名，引进的人才多来自合肥市。
""",
    "白石.txt": """白石县组织工作要点

白石县委常委、组织部部长 储江

一、建强队伍。全县培训干部970人次。区委组织部部长李方明到场指导。
""",
    "合著.txt": """开办夜间学堂

绿水县委组织部部长 张雨浦

绿水县党员轮流授课，群众家门口就能学到本领。
""",
    "条例.txt": """梅岭市河道管理条例

第一条 为了加强河道管理，制定本条例。

第二条 河道巡查记录保存三年，依照《中华人民共和国水法》执行。
""",
    "关于加强乡镇干部队伍建设的十条措施.txt": """总括材料

各地要关心基层干部，落实带薪休假制度，宿松镇除外。
""",
}


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> Names:
    return Names(records_of(tmp_path_factory.mktemp("names"), TEXTS))


@pytest.fixture(scope="module")
def bulletin(tmp_path_factory: pytest.TempPathFactory) -> Names:
    """The essays of corpus/: a bulletin of Anqing with six essays, and one of Chizhou."""
    texts = {path.name: path.read_text(encoding="utf-8") for path in sorted(CORPUS.glob("*.txt"))}
    return Names(records_of(tmp_path_factory.mktemp("bulletin"), texts))


def files(names: Names, named: Named) -> list[str]:
    """The files of the essays in scope, without their ending."""
    scope = scope_of(named, Filters(), names.records)
    return [Path(essay.document).stem for essay in scope]


@pytest.mark.parametrize(
    ("question", "value", "stems"),
    [
        ("苍南怎么办夜学", "苍南县", ["苍南"]),
        ("浙江温州苍南县怎么办夜学", "苍南县", ["苍南"]),
        ("温州市引进了多少人才", "温州市", ["温州"]),
        ("浙江省有哪些做法", "浙江省", ["苍南", "温州"]),
        ("青山县建成多少个服务中心", "青山县", ["社区", "人才"]),
        ("白石县怎么培训干部", "白石县", ["白石"]),
        ("绿水县怎么办夜学", "绿水县", ["合著"]),
    ],
)
def test_places(names: Names, question: str, value: str, stems: list[str]) -> None:
    named = names.find(question)
    assert named.values("place") == (value,)
    assert files(names, named) == stems
    assert not named.mentioned
    assert not named.absent


@pytest.mark.parametrize(
    "question",
    ["大家怎么引才", "大城市有哪些做法", "贫困县有哪些政策", "各县的年轻干部怎么培养",
     "团结奋进和平发展", "大同小异的做法", "中国特色社会主义", "谁任组织部部长", "组织部部长是谁",
     "我的城市有哪些变化", "", "高质量发展", "提高部长待遇", "许可证怎么办", "“青山县”是什么意思",
     "全城市", "任校长期间要做什么", "？？"],
)  # fmt: skip
def test_common_words_are_no_names(names: Names, question: str) -> None:
    named = names.find(question)
    assert not (named.names or named.mentioned or named.absent or named.excluded)
    assert named.rest == " ".join(question.split())


@pytest.mark.parametrize(
    ("question", "absent"),
    [
        ("火星县有哪些措施", Absent("火星县")),
        ("日本的目标", Absent("日本")),
        ("兰考怎么做", Absent("兰考")),
        ("白石市怎么培训干部", Absent("白石市", "白石县")),
        ("苍南区怎么办夜学", Absent("苍南区", "苍南县")),
        ("清山县建成多少个服务中心", Absent("清山县", "青山县")),
        ("张雨普怎么说", Absent("张雨普", "张雨浦")),
        ("王部长怎么说", Absent("王部长")),
        ("赵启锐同志的事迹", Absent("赵启锐")),
        ("《没有这篇》讲了什么", Absent("没有这篇")),
        ("《社区建社工作总结》讲了什么", Absent("社区建社工作总结", "社区建设工作总结")),
        ("请问皖发〔2022〕5号讲什么", Absent("〔2022〕5号")),
    ],
)
def test_what_no_text_holds(names: Names, question: str, absent: Absent) -> None:
    named = names.find(question)
    assert named.absent == (absent,)
    assert not named.names
    assert not named.mentioned
    assert not names.records.holding(absent.text)


@pytest.mark.parametrize(
    ("question", "kind", "value", "stems"),
    [
        ("合肥引进了多少人才", "place", "合肥", ["人才"]),
        ("李方明的职务", "person", "李方明", ["白石"]),
        ("李方明是谁", "person", "李方明", ["白石"]),
        ("《中华人民共和国水法》怎么规定", "title", "中华人民共和国水法", ["条例"]),
    ],
)
def test_what_some_text_holds(
    names: Names, question: str, kind: str, value: str, stems: list[str]
) -> None:
    named = names.find(question)
    assert [(name.kind, name.value, name.essays) for name in named.mentioned] == [(kind, value, ())]
    assert files(names, named) == stems
    assert names.records.holding(value)


@pytest.mark.parametrize(
    ("question", "people"),
    [("储部长怎么说", ("储江",)), ("请问储部长怎么说", ("储江",)),
     ("张雨浦怎么办夜学", ("张雨浦",)), ("储书记怎么说", ()), ("储江和张雨浦", ("储江", "张雨浦"))],
)  # fmt: skip
def test_people(names: Names, question: str, people: tuple[str, ...]) -> None:
    assert names.find(question).values("person") == people


@pytest.mark.parametrize(
    ("question", "stems", "rest"),
    [
        ("河道管理条例怎么说", [], "河道管理条例怎么说"),
        ("《河道管理条例》怎么说", ["条例"], "怎么说"),
        ("梅岭市河道管理条例怎么说", ["条例"], "怎么说"),
        ("“社区建设工作总结”写了什么", ["社区"], "写了什么"),
        ("社区 建设工作总结写了什么", ["社区"], "写了什么"),
        (
            "关于加强乡镇干部队伍建设的十条措施是什么",
            ["关于加强乡镇干部队伍建设的十条措施"],
            "是什么",
        ),
        ("乡镇干部队伍怎么建设", [], "乡镇干部队伍怎么建设"),
    ],
)
def test_titles_and_names_of_files(
    names: Names, question: str, stems: list[str], rest: str
) -> None:
    named = names.find(question)
    assert (files(names, named) if named.names else []) == stems
    assert named.rest == rest


def test_names_of_a_kind_are_joined_and_those_of_different_kinds_meet(names: Names) -> None:
    assert files(names, names.find("白石县和绿水县")) == ["白石", "合著"]
    assert files(names, names.find("白石县储江")) == ["白石"]
    assert files(names, names.find("绿水县储江")) == []
    assert files(names, names.find("青山县有多少人才来自合肥")) == ["社区", "人才"]
    assert set(files(names, names.find("白石县和合肥市比较"))) == {"白石", "人才"}


def test_what_is_left_out(names: Names) -> None:
    named = names.find("除了白石县和苍南县以外，哪些地方培训干部？")
    assert [name.value for name in named.excluded] == ["白石县", "苍南县"]
    assert not named.names
    left = files(names, named)
    assert "白石" not in left
    assert "苍南" not in left
    assert "温州" in left
    assert named.rest == "哪些地方培训干部？"


def test_filters_let_nothing_else_in(names: Names) -> None:
    named, filters = names.find("白石县和绿水县"), Filters(author=("储江",))
    assert [e.author for e in scope_of(named, filters, names.records)] == ["储江"]
    assert len(scope_of(names.find("温州市"), filters, names.records)) == 0
    assert [e.author for e in scope_of(Named(), filters, names.records)] == ["储江"]


def test_groups(names: Names) -> None:
    named = names.find("绿水县、白石县和合肥市怎么培养干部，绿水县")
    found = groups(named, scope_of(named, Filters(), names.records))
    assert [(label, [Path(e.document).stem for e in es]) for label, es in found] == [
        ("绿水县", ["合著"]), ("白石县", ["白石"]), ("合肥市", ["人才"]),
    ]  # fmt: skip
    assert groups(names.find("白石县"), Scope([])) == ()


def test_a_bulletin_is_asked_by_its_issuer_and_its_number(bulletin: Names) -> None:
    named = bulletin.find("安庆市第32期有哪些措施")
    assert [(name.kind, name.value) for name in named.names] == [
        ("place", "安庆市"),
        ("issue", "32"),
    ]
    scope = scope_of(named, Filters(), bulletin.records).counted
    assert [essay.author for essay in scope] == [
        "储江", "左小斌", "高炬", "陶小也", "刘小平", "孙琳"
    ]  # fmt: skip
    assert bulletin.find("第33期").absent == (Absent("第33期"),)
    assert bulletin.find("《安庆组工信息》有什么").values("publication") == ("安庆组工信息",)
    assert bulletin.find("太湖怎么引才").values("place") == ("太湖县",)
    assert bulletin.find("经开区党群工作部").values("place") == ("安庆经开区",)
    assert [n.kind for n in bulletin.find("党群工作部部长是谁").names] == ["office"]
    assert bulletin.find("安庆高新区的做法").absent == (Absent("安庆高新区"),)
    assert bulletin.find("太湖县长是谁").names[0].text == "太湖"


def test_full_width_signs_keep_their_places(bulletin: Names) -> None:
    question = "㈠ＡＢ　《安庆组工信息》第３２期，太湖县"
    named = bulletin.find(question)
    written = [question[n.start : n.end] for n in named.names]
    assert written == ["《安庆组工信息》", "第３２期", "太湖县"]


def test_a_corpus_without_facts_names_nothing(tmp_path: Path) -> None:
    names = Names(records_of(tmp_path, {"a.txt": "要做好工作。\n"}))
    assert names.find("怎么引才") == Named(rest="怎么引才")


def test_a_hundred_places_are_all_found(names: Names) -> None:
    question = "、".join(["白石县", "苍南"] * 50)
    assert [n.start for n in names.find(question).names] == [
        at for n in range(50) for at in (n * 7, n * 7 + 4)
    ]  # fmt: skip


@pytest.mark.parametrize("question", ["《“”》讲了什么", "《  》", "“ ”", "第33期", "〔2022〕5号"])
def test_empty_marks_and_bare_numbers_do_no_harm(names: Names, question: str) -> None:
    assert not names.find(question).names


@given(st.text("甲乙丙", max_size=5), st.lists(st.text("甲乙丙", min_size=1, max_size=5)))
def test_near_words_are_those_that_comparing_all_finds(text: str, words: list[str]) -> None:
    def edits(word: str) -> set[str]:
        cut = [(word[:n], word[n:]) for n in range(len(word) + 1)]
        return (
            {a + b[1:] for a, b in cut if b}
            | {a + c + b for a, b in cut for c in "甲乙丙"}
            | {a + c + b[1:] for a, b in cut if b for c in "甲乙丙"}
        ) - {word}

    expected = {word for word in words if word in edits(text)}
    for one, other in ((text, word) for word in words):
        assert is_one_edit(one, other) is (other in edits(one))
    found = Vocabulary(words).near(text) if len(text) > 2 else None
    assert (found in expected) if found else (len(text) <= 2 or not expected)


WORDS = st.sampled_from(
    [*"，。？、和的有在县市区《》“”①㈠\u3000𠀀\x00", "太湖县", "太湖", "储部长", "左小斌", "第32期",
     "除了", "以外", "安庆", "日本", "火星县", "抓制度机制 树鲜明导向", "皖发〔2022〕5号", "同志",
     "是谁", "李方明", "太胡县", "\uff13\uff12"]
)  # fmt: skip


@given(st.lists(WORDS | st.text(max_size=3), max_size=12).map("".join))
def test_any_question_has_names_where_it_writes_them(bulletin: Names, question: str) -> None:
    named = bulletin.find(question)
    for name in (*named.names, *named.mentioned, *named.excluded):
        assert question[name.start : name.end] == name.text
        assert name.text
    starts = [name.start for name in named.names]
    assert starts == sorted(starts)
    for name in named.names:
        assert name.essays
    for absent in named.absent:
        assert absent.text in question
        assert not bulletin.records.holding(absent.text)
    ids = scope_of(named, Filters(), bulletin.records).ids
    assert ids <= {essay.essay_id for essay in bulletin.records.essays()}


def test_the_first_of_reprints_speaks() -> None:
    essays = [Essay(f"{n}#0", f"{n}.txt", reprint_of="1#0" if n == 2 else None) for n in (1, 2, 3)]
    scope = Scope(essays)
    assert [essay.essay_id for essay in scope] == ["1#0", "3#0"]
    assert "2.txt" in scope.reprints({"1#0"})
    assert scope.reprints({"3#0"}) == ""
    assert list(Scope(essays[1:])) == essays[1:]


def _plain(text: str) -> str:
    return "".join(fold(text).split())


@given(st.text("党建 \u3000\n\uff21a①⼈人㊟注。！", min_size=1, max_size=4))
def test_exact_look_up_finds_what_reading_everything_finds(held: Records, text: str) -> None:
    rows = held.holding(text)
    paragraphs = [p for e in held.essays() for p in held.paragraphs(e.essay_id)]
    whole = held.passages(range(len(held.essay_of_row)))
    expected = set[int]()
    for paragraph in paragraphs:
        cut = [(n, p) for n, p in enumerate(whole) if p.paragraph_id == paragraph.paragraph_id]
        owners = [n for n, p in cut for _ in _plain(p.text)]
        joined, wanted = "".join(_plain(p.text) for _, p in cut), _plain(text)
        assert joined == _plain(paragraph.text)
        for at in range(len(joined)) if wanted else ():
            if joined.startswith(wanted, at):
                expected |= set(owners[at : at + len(wanted)])
    assert set(rows) == expected
    assert list(rows) == sorted(rows)
    for essays in ({held.essays()[0].essay_id}, {e.essay_id for e in held.essays()}, set[str]()):
        among = tuple(row for row in rows if whole[row].essay_id in essays)
        assert held.holding(text, essays) == among


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Records]:
    texts = {
        f"{n}.txt": unicodedata.normalize("NFC", text)
        for n, text in enumerate(
            [
                "党　建ＡＡ工作。建党！党建建党。" * 9,
                "⼈人①注。㊟党\n建设a A。",
                "人。\n\n建！党建 党 建。a注人" * 20,
                *("党。" * n for n in range(1, 9)),
            ]
        )
    }
    yield records_of(tmp_path_factory.mktemp("held"), texts)


def test_the_bare_name_of_a_county_that_no_text_writes_out_is_a_word(tmp_path: Path) -> None:
    text = "青山县总结\n\n青山县实施十项惠民工程。\n"
    for room, told, mentioned in (("a", text, []), ("b", text + "\n曾到惠民县学习。\n", ["惠民"])):
        (tmp_path / room).mkdir()
        named = Names(records_of(tmp_path / room, {"a.txt": told})).find("青山县的惠民工程有哪些")
        assert [name.value for name in named.names] == ["青山县"]
        assert [name.text for name in named.mentioned] == mentioned
        assert not named.absent
