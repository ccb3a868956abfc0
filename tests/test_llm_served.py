"""A language model's endpoint that fails, seen by the programs that ask over HTTP."""

import itertools
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from secrets import token_hex

import httpx
import pytest

from rag.api import completions, create_api
from rag.pipeline import Assistant
from rag.types import Filters
from rag.users import LOCAL
from tests.listening import listening
from tests.llm_server import Script, Server, Step, serving
from ui.asking import Asking
from ui.conversation import Thread
from ui.site import Site
from ui.strings import ZH

RATE = "池州市的人才发展专项资金按什么比例设立？"
SAID = "池州市按照不低于上年度地方财政收入1%的比例设立人才发展专项资金。"
ASKED = {"stream": True, "messages": [{"role": "user", "content": RATE}]}


@contextmanager
def reached(assistant: Assistant, model: Server) -> Iterator[httpx.Client]:
    """Serve `assistant`, until then and not longer `model`."""
    with listening(create_api(assistant)) as url:
        with httpx.Client(base_url=url, timeout=30) as client:
            yield client
        model.over.set()


@contextmanager
def served(index: Path, script: Script, timeout: float) -> Iterator[httpx.Client]:
    """Serve the index with a model that writes `script`."""
    with (
        serving(script) as model,
        reached(Assistant.open(index, model.settings(timeout)), model) as client,
    ):
        yield client


def contents(lines: list[str]) -> str:
    deltas = (json.loads(line[6:])["choices"][0]["delta"] for line in lines if line[6:7] == "{")
    return "".join(delta.get("content") or "" for delta in deltas)


def test_the_answer_is_streamed_while_the_model_hangs_and_the_line_is_kept_alive(
    index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(completions, "_KEEP_ALIVE", 0.1)
    lines = list[str]()
    with (
        served(index, ["池州市", Step.STALL], 2.0) as client,
        client.stream("POST", "/v1/chat/completions", json=ASKED) as told,
    ):
        for line in told.iter_lines():
            lines.append(line)
            if line == ": keep-alive":
                assert "不低于上年度地方财政收入" in contents(lines)
    assert lines.count(": keep-alive") > 5
    assert lines[-2] == "data: [DONE]"
    assert "语言模型" not in contents(lines)


def test_what_passed_before_the_model_hung_is_streamed(index: Path) -> None:
    with (
        served(index, [SAID, "池", Step.STALL], 2.0) as client,
        client.stream("POST", "/v1/chat/completions", json=ASKED) as told,
    ):
        lines = list(told.iter_lines())
    assert f"由语言模型概括，已逐句核对：{SAID}" in contents(lines)
    assert lines[-2] == "data: [DONE]"


def babbling(_: object) -> Script:
    """Go on for longer than the test waits, without an end of a sentence."""
    for _ in range(3000):
        yield "池州"
        time.sleep(0.02)


@pytest.mark.parametrize("question", [RATE, f"写一段话：{RATE}"])
def test_the_page_says_that_the_model_is_silent_until_it_answers(
    index: Path, tmp_path: Path, question: str
) -> None:
    script: Script = [b"<html>not found</html>"]
    with serving(lambda _: script) as model:
        settings = replace(model.settings(), data=str(tmp_path))
        site = Site.open(Assistant.open(index, settings), settings)

        def page() -> str:
            site.assistant.ask(question)
            return str(Thread(site).told("", "", ZH)["html"])

        assert page().count(ZH.model_silent) == 1
        script = ["无法回答。", Step.DONE]
        assert ZH.model_silent not in page()


@pytest.mark.parametrize("stream", [True, False])
def test_who_hangs_up_stops_the_model(index: Path, *, stream: bool) -> None:
    with serving(babbling) as model:
        assistant = Assistant.open(index, model.settings(600))
        with reached(assistant, model) as client:
            asked = {**ASKED, "stream": stream}
            with client.stream("POST", "/v1/chat/completions", json=asked):
                while not model.requests:
                    time.sleep(0.01)
            assert model.hung_up.wait(30)
    assert not assistant.model_silent


def test_who_stops_a_question_stops_the_model(index: Path, tmp_path: Path) -> None:
    with serving(babbling) as model:
        settings = replace(model.settings(600), data=str(tmp_path))
        site = Site.open(Assistant.open(index, settings), settings)
        asking = Asking(site)
        asking.ask(LOCAL.name, token_hex(12), turn := token_hex(12), RATE, Filters())
        while not model.requests:
            time.sleep(0.01)
        assert asking.stop(LOCAL.name, turn).state == "stopped"
        assert model.hung_up.wait(30)


@pytest.mark.parametrize(
    "script",
    [
        [Step.STALL],
        ["池州市"],
        ["池", b"data: {\n\n"],
        [b"<html>not found</html>"],
        [Step.DONE],
        itertools.repeat("池州市建机场。"),
        itertools.repeat("池州"),
        ["池州市按照不低于上年度地方财政收入2%的比例设立人才发展专项资金。", Step.DONE],
        [f"“{SAID}", "”“。”。", "“，", "”" * 300, Step.DONE],
    ],
    ids=["hung", "lost", "no JSON", "HTML", "empty", "loop", "no end", "lie", "quotations"],
)
def test_the_answer_of_the_essays_stands_whatever_the_model_does(
    index: Path, assistant: Assistant, script: Script
) -> None:
    with served(index, script, 1.0) as client:
        told = client.post("/api/ask", json={"question": RATE})
    assert told.status_code == 200
    plain = assistant.ask(RATE)
    assert told.json()["answer"] == plain.text
    assert [c["quote"] for c in told.json()["citations"]] == [c.quote for c in plain.citations]
