"""Who else does this: measures of other places, nearest first."""

import pytest

from rag.pipeline import Assistant
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


def test_an_unknown_measure(assistant: Assistant) -> None:
    with pytest.raises(KeyError):
        similar(assistant, "nobody")
