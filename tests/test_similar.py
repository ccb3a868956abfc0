"""Who else does this: measures of other places, nearest first."""

from pathlib import Path

import pytest

from rag.limits import MOST_VALUES
from rag.pipeline import Assistant, build
from rag.settings import Settings
from rag.similar import similar


def measure(assistant: Assistant, lead: str) -> str:
    return next(m.measure_id for m in assistant.records.measures() if m.lead == lead)


def test_the_nearest_are_of_other_places_and_none_comes_twice(assistant: Assistant) -> None:
    found = similar(assistant, measure(assistant, "真心服务“留”才。"))
    assert found[0].measure.lead == "完善服务真心“留”。"
    assert "太湖县" not in {each.essay.place for each in found}
    assert len({each.measure.measure_id for each in found}) == len(found) == 10
    for each in found:
        text = assistant.records.paragraph(each.passage.paragraph_id).text
        assert text[each.passage.start : each.passage.end] == each.passage.text


def test_there_may_be_more_essays_than_a_reader_may_tick(tmp_path: Path) -> None:
    corpus, settings = tmp_path / "corpus", Settings(encoder="none", reader="none")
    corpus.mkdir()
    for number in range(MOST_VALUES + 2):
        name = f"{chr(0x4E00 + 97 * number)}{chr(0x4E00 + 89 * number)}"
        text = f"{name}工作总结\n\n一、抓{name}\n\n{name}的办法有{number}个。\n"
        (corpus / f"{number:03}.txt").write_text(text, encoding="utf-8")
    build([corpus], tmp_path / "index", settings)
    assistant = Assistant.open(tmp_path / "index", settings)
    assert len(assistant.records.essays()) > MOST_VALUES
    assert similar(assistant, assistant.records.measures()[0].measure_id)


def test_an_unknown_measure(assistant: Assistant) -> None:
    with pytest.raises(KeyError):
        similar(assistant, "nobody")
