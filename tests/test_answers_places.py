"""A place and what lies in it: what the essays about the place do not answer, those in it may."""

from pathlib import Path

from rag.pipeline import Assistant, build
from rag.settings import Settings

TEXTS = {
    "省.txt": "安徽省2024年人才工作总结\n\n全省引进高层次人才三千名，建成人才公寓两万套。\n\n"
    "全省举办招才引智活动九十场。",
    "县.txt": "安徽省太湖县漂流基地建设情况\n\n漂流基地建在长河边，占地四十亩，由弥陀镇管理。\n\n"
    "漂流基地每年接待游客五万人次。",
    "外.txt": "浙江省安吉县漂流基地建设情况\n\n漂流基地建在西苕溪边，由章村镇管理。",
}


def test_what_lies_in_a_place_answers_where_the_essays_about_it_do_not(tmp_path: Path) -> None:
    corpus, index = tmp_path / "corpus", tmp_path / "index"
    corpus.mkdir()
    for name, text in TEXTS.items():
        (corpus / name).write_text(text, encoding="utf-8")
    build([corpus], index, Settings())
    assistant = Assistant.open(index, Settings())
    of_the_county = assistant.ask("安徽的漂流基地由哪个镇管理？")
    of_the_province = assistant.ask("安徽引进了多少高层次人才？")
    assert {c.essay.document for c in of_the_county.citations} == {"县.txt"}
    assert "弥陀镇" in of_the_county.text
    assert {c.essay.document for c in of_the_province.citations} == {"省.txt"}


def test_places_that_are_asked_one_after_the_other_stand_side_by_side(tmp_path: Path) -> None:
    corpus, index = tmp_path / "corpus", tmp_path / "index"
    corpus.mkdir()
    for name, count in (("太湖县", "三"), ("安吉县", "九")):
        text = f"{name}工业发展情况\n\n{name}建成灯塔工厂{count}家，带动就业。\n\n{name}修通公路。"
        (corpus / f"{name}.txt").write_text(text, encoding="utf-8")
    build([corpus], index, Settings())
    answer = Assistant.open(index, Settings()).ask("灯塔工厂 太湖县几家 安吉县几家")
    assert {c.essay.document for c in answer.citations} == {"太湖县.txt", "安吉县.txt"}
    assert "灯塔工厂三家" in answer.text.replace("**", "")
    assert "灯塔工厂九家" in answer.text.replace("**", "")
