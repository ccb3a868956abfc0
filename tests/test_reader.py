"""The reader that ships, on a few windows; and what answers where it is switched off or broken."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rag.answering import Opener, reader
from rag.answering.reader import MODEL, ROOM, OnnxReader, load_reader
from rag.answering.window import Window
from rag.encoding import DEFAULT, load_encoder
from rag.errors import BadEncoder
from rag.index import open_store
from rag.pipeline import Assistant
from rag.settings import Settings
from rag.types import Essay, Filters

QUESTION = "人才发展专项资金按什么比例设立？"
ANSWER = "按照不低于上年度地方财政收入1%设立人才发展专项资金。"
OTHERS = ("坚持党管人才原则，深化人才工作定期研判。", "选派年轻干部到园区跟班学习。")
LONG = Window("池州市", (*OTHERS * 40, ANSWER))  # more than is read at once


@pytest.fixture(scope="module")
def real() -> OnnxReader:
    return load_reader()


def test_every_sentence_of_a_long_window_has_one_margin(real: OnnxReader) -> None:
    short = Window("池州市", (*OTHERS, ANSWER))
    readings = real.read(QUESTION, [short, LONG, Window("", ()), Window("池州市", ("", ANSWER))])
    for window, reading in zip((short, LONG), readings, strict=False):
        assert len(reading.margins) == len(reading.spans) == len(reading.certain)
        assert len(reading.margins) == len(window.sentences)
        assert int(np.argmax(reading.margins)) == len(window.sentences) - 1
        for sentence, (start, end) in zip(window.sentences, reading.spans, strict=True):
            assert 0 <= start < end <= len(sentence)
        assert (reading.certain <= 0).all()
    assert [len(each.margins) for each in readings[2:]] == [0, 2]
    assert readings[3].spans[0] == (0, 0)
    assert "1%" in ANSWER[slice(*readings[0].spans[-1])]


def test_a_long_window_is_read_in_parts_of_whole_sentences(real: OnnxReader) -> None:
    parts = list(real._inputs(5, real._ids(f"query: {QUESTION}"), LONG))
    assert len(parts) > 1
    assert {part.window for part in parts} == {5}
    assert sum(len(part.own) for part in parts) == len(LONG.sentences)
    assert all(len(part.ids) <= ROOM + 1 for part in parts)


def test_windows_do_not_change_each_other(real: OnnxReader) -> None:
    windows = [Window("池州市", (ANSWER,)), Window("太湖县", OTHERS)]
    together = real.read(QUESTION, windows)
    for window, reading in zip(windows, together, strict=True):
        (alone,) = real.read(QUESTION, [window])
        assert alone.margins == pytest.approx(reading.margins, abs=1e-4)
        assert alone.spans == reading.spans
    assert real.read(QUESTION, []) == []


def test_a_date_is_asked_for_as_a_window_spells_it(real: OnnxReader) -> None:
    window = Window("", ("2023.5.6召开县委常委会。", "2023.6.18召开组织工作会议。"))
    (asked,) = real.read("2023年6月18日召开了什么会议？", [window])
    (spelled,) = real.read("2023.6.18召开了什么会议？", [window])
    np.testing.assert_array_equal(asked.margins, spelled.margins)
    assert int(asked.margins.argmax()) == 1


@pytest.mark.parametrize("question", ["", "问" * 2000, "<s></s> 😀\ue000 "])
def test_any_question_is_read(real: OnnxReader, question: str) -> None:
    (reading,) = real.read(question, [Window("", ("甲" * 5000, "<s>乙</s>", "😀"))])
    assert np.isfinite(reading.margins).all()
    for length, (start, end) in zip((5000, 8, 1), reading.spans, strict=True):
        assert 0 <= start <= end <= length


def test_a_window_says_where_its_sentences_stand() -> None:
    essay = Essay("甲#0", "甲.txt", place="太湖县", author="左小斌", title="题" * 50)
    window = Window.of(essay, ("一、抓党建", "（一）强化保障。"), ["有经费。"])
    assert window.head == f"太湖县 左小斌 {'题' * 30} （一）强化保障。"
    assert Window.of(essay, ("一、抓党建",), ["一、抓党建"]).head.endswith("题")
    assert Window.of(Essay("甲#0", "甲.txt"), (), []) == Window("", ())


@pytest.mark.parametrize("content", [None, b"", b"no graph"])
def test_a_damaged_reader_is_one_error(tmp_path: Path, content: bytes | None) -> None:
    model = tmp_path / "model.onnx"
    if content is not None:
        model.write_bytes(content)
    with pytest.raises(BadEncoder, match="set `reader` to none") as raised:
        OnnxReader(model, DEFAULT / "tokenizer.json")
    assert "\n" not in str(raised.value)
    damaged = tmp_path / "tokenizer.json"
    damaged.write_text("{", encoding="utf-8")
    with pytest.raises(BadEncoder, match="cannot be read"):
        OnnxReader(MODEL, damaged)


@pytest.fixture
def broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An installation whose reader is damaged."""
    (tmp_path / "model.onnx").write_bytes(b"no graph")
    monkeypatch.setattr(reader, "MODEL", tmp_path / "model.onnx")
    load_reader.cache_clear()
    yield
    load_reader.cache_clear()


@pytest.mark.usefixtures("broken")
def test_where_the_reader_is_damaged_answers_do_without_and_it_is_said_once(
    index: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        opener = Opener(open_store(index, Settings()), Settings(), load_encoder(Settings()))
        opened = opener.open(opener.store.current())
        for question in ("望江县有哪些措施？", "人才专窗在哪里？"):
            opened.answerer.answer(question, (), Filters())
    (said,) = caplog.messages
    assert "without the reader" in said
    assert not opened.answerer.answer("望江县有哪些措施？", (), Filters()).abstained


def test_without_a_reader_questions_are_answered(index: Path) -> None:
    without = Assistant.open(index, replace(Settings(), reader="none"))
    answer = without.ask("池州市的人才发展专项资金按什么比例设立？")
    assert not answer.abstained
    assert {citation.essay.place for citation in answer.citations} == {"池州市"}
    assert answer.likely is not None
    assert 0 < answer.likely < 1
