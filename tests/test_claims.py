"""What the program says of the corpus in its own words, held against reading every text."""

import re
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.answering import claims
from rag.index import Records
from tests.records import records_of

LETTERS = "党建人才\uff21a\uff22、。 "
CORPORA = st.lists(st.text(LETTERS, min_size=1, max_size=30), min_size=1, max_size=5)
PHRASES = st.text("党建人才\uff21aB、", min_size=1, max_size=3)


def folded(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).lower().split())


def corpus(folder: Path, bodies: list[str]) -> Records:
    texts = {f"{n}.txt": f"第{n}篇\n\n{body}。\n" for n, body in enumerate(bodies)}
    return records_of(folder, texts)


def holding(records: Records, phrase: str) -> list[str]:
    """Read every paragraph of every essay."""
    return [
        essay.essay_id
        for essay in records.essays()
        if any(folded(phrase) in folded(p.text) for p in records.paragraphs(essay.essay_id))
    ]


@settings(max_examples=40)
@given(CORPORA, PHRASES, st.data())
def test_mentions_and_absence_are_what_reading_everything_finds(
    tmp_path_factory: pytest.TempPathFactory, bodies: list[str], phrase: str, data: st.DataObject
) -> None:
    records = corpus(tmp_path_factory.mktemp("claims"), bodies)
    essays = records.essays()
    found = holding(records, phrase)
    scope = data.draw(st.lists(st.sampled_from(essays), unique=True))
    mentions = claims.mentions(records, phrase, scope)
    assert mentions.essays == tuple(e.essay_id for e in scope if e.essay_id in found)
    assert mentions.of == len(scope)
    said = re.fullmatch(r"(\d+) 篇中 (\d+) 篇写到“(.*)”", mentions.statement)
    assert said
    assert said.groups() == (str(len(scope)), str(len(mentions.essays)), phrase)
    ids = {essay.essay_id for essay in scope}
    assert (claims.absent(records, phrase, ids) is None) == bool(ids & {*found})
    assert (claims.absent(records, phrase, None) is None) == bool(found)
    records.close()


def test_absence_says_where_it_was_looked_up(tmp_path: Path) -> None:
    records = corpus(tmp_path, ["抓好党建", "引进人才"])
    first, second = (essay.essay_id for essay in records.essays())
    assert claims.absent(records, "党建", None) is None
    assert claims.absent(records, "党建", {first}) is None
    assert claims.absent(records, "党建", {second}) == "所问范围内没有出现“党建”"
    assert claims.absent(records, "房屋", None) == "现有材料中没有出现“房屋”"
    assert claims.absent(records, "党建", set()) == "所问范围内没有出现“党建”"


def test_counts_name_all_that_have_the_most() -> None:
    assert claims.counts([("甲县", 3), ("乙县", 9), ("丙县", 9)]) == (
        "按文中标题计：甲县 3 条，乙县 9 条，丙县 9 条。最多的是乙县、丙县。"
    )
    assert claims.counts([("甲县", 0)]).endswith("最多的是甲县。")


def test_names_that_are_not_held() -> None:
    assert claims.not_held(["黄山市", "李四"]) == "现有材料中没有出现“黄山市”、“李四”"
    asked_back = claims.meant("太糊县", "太湖县")
    assert "没有出现“太糊县”" in asked_back
    assert asked_back.endswith("？")
    assert "太湖县" in asked_back
    assert "3" in claims.parts(3)
    assert "7" in claims.complete(7)
    assert re.findall(r"\d+", claims.part(3, 3, 12)) == ["3", "12"]
    assert re.findall(r"\d+", claims.part(20, 60, 60)) == ["60", "20"]


def test_what_is_said_of_a_list_fits_what_is_shown() -> None:
    assert claims.held(3, 3) == "收录了 3 篇材料："
    assert claims.held(9, 3) == "收录了 9 篇材料，以下是前 3 篇："
    assert claims.silent("容错", [], 0) == "每篇都写到“容错”。"
    assert claims.silent("容错", ["甲县", "乙县"], 2) == "没有写到“容错”的：甲县；乙县。"
    assert claims.silent("容错", ["甲县", "乙县"], 5) == "没有写到“容错”的：甲县；乙县 等 5 篇。"
    said = [claims.compared("产量", 4, least=least) for least in (True, False)]
    assert [re.findall("最[大小]", each) for each in said] == [["最小"], ["最大"]]
