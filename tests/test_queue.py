"""Whoever waits for an answer sees how many are before them, and nobody takes all the places."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from rag import pipeline, queue
from rag.pipeline import Assistant, build
from rag.settings import Settings
from rag.users import Accounts
from tests.conftest import CORPUS
from tests.guard.conftest import quick as quick
from tests.listening import listening
from ui.app import plain_app
from ui.site import Site

ASKED = "太湖县有哪些措施？"


@pytest.fixture
def end(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """No question is answered before this is set."""
    over, answered = threading.Event(), pipeline._answered

    def later(*given: Any) -> Any:  # noqa: ANN401
        over.wait(60)
        return answered(*given)

    monkeypatch.setattr(pipeline, "_answered", later)
    yield over
    over.set()


@pytest.fixture
def clients(tmp_path: Path) -> Iterator[list[httpx.Client]]:
    """Programs of wang's and zhao's, of a real server that searches by words."""
    data, accounts = tmp_path / "data", Accounts(tmp_path / "data")
    tokens = []
    for name in ("wang", "zhao"):
        accounts.add(name, "言必有据, 2026!")
        tokens.append(accounts.new_token(name))
    accounts.close()
    settings = Settings(encoder="none", reader="none", data=str(data), rate=0)
    build([CORPUS], tmp_path / "index", settings)
    site = Site.open(Assistant.open(tmp_path / "index", settings), settings)
    with ExitStack() as opened:
        url = opened.enter_context(listening(plain_app(site)))
        yield [
            opened.enter_context(
                httpx.Client(
                    base_url=url, timeout=60,
                    headers={"authorization": f"Bearer {token}", "accept-language": "zh"},
                )
            )
            for token in tokens
        ]  # fmt: skip
    site.history.close()
    site.logins.close()


def ask(client: httpx.Client, number: int) -> httpx.Response:
    """Ask as the page does; return once the question has its place."""
    form = {"chat": f"conversation{number}", "turn": f"question{number}", "question": ASKED}
    before = len(queue.ANSWERS.held)
    reply = client.post("/chat/ask", data=form)
    while reply.status_code == 200 and len(queue.ANSWERS.held) == before:
        threading.Event().wait(0.01)
    return reply


def look(client: httpx.Client, number: int, version: int = -1, ahead: int = 0) -> dict[str, Any]:
    asked = {"version": version, "ahead": ahead}
    reply = client.get(f"/chat/turns/question{number}", params=asked)
    return dict(reply.raise_for_status().json())


def test_a_place_in_the_queue_is_shown_as_it_moves(
    clients: list[httpx.Client], end: threading.Event
) -> None:
    wang, zhao = clients
    for number in range(4):
        assert ask(wang, number).status_code == 200
        assert look(wang, number)["ahead"] == 0
    for number in range(4, 7):
        ask(zhao, number)
        told = look(zhao, number)
        assert (told["ahead"], told["state"]) == (number, "asked")
        assert f"正在排队，前面还有 {number} 个问题。" in told["html"]
    assert zhao.post("/chat/turns/question5/stop").json()["state"] == "stopped"
    told = look(zhao, 6, told["version"], told["ahead"])
    assert (told["ahead"], told["html"]) == (5, "")
    assert told["waiting"] == "正在排队，前面还有 5 个问题。"
    end.set()
    while told["state"] == "asked":
        told = look(zhao, 6, told["version"], told["ahead"])
    assert (told["state"], told["ahead"]) == ("answered", 0)
    assert look(zhao, 5)["state"] == "stopped"


def test_one_person_asks_a_few_questions_at_a_time(
    clients: list[httpx.Client], end: threading.Event
) -> None:
    wang, zhao = clients
    for number in range(4):
        assert ask(wang, number).status_code == 200
    refused = ask(wang, 4)
    assert refused.status_code == 429
    assert refused.json() == {"told": "同时提的问题过多：答完一个后自动提交。"}
    form = {"chat": "conversation0", "turn": "question0", "question": ASKED}
    assert wang.post("/chat/ask", data=form).json() == {"state": "asked"}  # sent a second time
    assert ask(zhao, 5).status_code == 200
    wang.post("/chat/turns/question3/stop")
    assert ask(wang, 4).status_code == 200
    end.set()
    told = look(wang, 4)
    while told["state"] == "asked":
        told = look(wang, 4, told["version"], told["ahead"])
    assert told["state"] == "answered"
