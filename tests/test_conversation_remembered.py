"""What a conversation keeps: over rebuilds, and however long it is, nothing is asked twice."""

from pathlib import Path
from typing import Any

import pytest

from rag.answering.answerer import Answerer
from rag.limits import MOST_TURNS
from rag.pipeline import Assistant, build
from rag.settings import Settings
from tests.conftest import CORPUS

WORDS = Settings(encoder="none", reader="none")
TALK = "太湖县.txt"
TALK_TEXT = """太湖县人才工作总结

一、抓引进

引进有补贴。

二、抓培养

培养有导师。"""


def counting(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the list to which every question is added that is answered from now on."""
    asked: list[str] = []
    plain = Answerer._turn

    def counted(self: Answerer, text: str, *given: Any) -> Any:  # noqa: ANN401
        asked.append(text)
        return plain(self, text, *given)

    monkeypatch.setattr(Answerer, "_turn", counted)
    return asked


def test_another_generation_asks_again_only_from_what_leans_on_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build([CORPUS], tmp_path, WORDS)
    turns = ["太湖县怎么引进人才？", "迎江区怎么考核干部？", "望江县怎么培养年轻干部？"]
    turns += ["大观区怎么锻炼干部？", "怎么考核呢？"]
    here, there = (Assistant.open(tmp_path, WORDS) for _ in range(2))
    for at, turn in enumerate(turns):
        here.ask(turn, turns[:at])
    asked = counting(monkeypatch)
    last = "怎么关心干部呢？"
    assert there.ask(last, turns).text == here.ask(last, turns).text
    assert asked == [*turns[-2:], last, last]


@pytest.mark.parametrize(
    ("name", "words", "again"),
    [
        ("黟县.txt", "黟县旅游工作总结\n\n一、修路\n\n修好了三条路。\n", False),
        (TALK, TALK_TEXT + "\n\n三、抓关爱\n\n关爱干部有办法。\n", True),
    ],
)
def test_a_conversation_goes_on_in_a_new_generation_unless_its_essays_changed(
    name: str, words: str, again: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus, index = tmp_path / "corpus", tmp_path / "index"
    corpus.mkdir()
    (corpus / TALK).write_text(TALK_TEXT, encoding="utf-8")
    build([corpus], index, WORDS)
    assistant, first = Assistant.open(index, WORDS), "太湖县有哪些措施？"
    shown = assistant.ask(first)
    assert [c.quote for c in shown.citations][-1] == "培养有导师。"
    (corpus / name).write_text(words, encoding="utf-8")
    build([corpus], index, WORDS)
    asked = counting(monkeypatch)
    answer = assistant.ask("展开第二条", [first])
    assert answer.generation == "000002"
    assert asked == ([first] if again else []) + ["展开第二条"]
    assert [c.quote for c in answer.citations][-1] == "培养有导师。"


def test_a_turn_costs_the_same_however_long_the_conversation_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before, each turn past the last that is read of a history answered earlier ones again."""
    build([CORPUS], tmp_path, WORDS)
    assistant, turns = Assistant.open(tmp_path, WORDS), list[str]()
    asked = counting(monkeypatch)
    places = ("太湖县", "望江县", "大观区", "迎江区", "桐城市")
    for n in range(MOST_TURNS + 6):
        turns.append("怎么考核呢？" if n % 4 == 3 else f"{places[n % 5]}怎么培养{n}名干部？")
        assistant.ask(turns[-1], turns[:-1])
    assert asked == turns
