"""What is sent to the guard, over a real socket: how much, how often, and in which form."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.pipeline import Assistant
from rag.settings import Settings
from rag.users import Accounts
from tests.guard.server import JSON, PASSWORD, Server, end, serving, under_way
from ui.limits import Rate

JUNK = "人\x00\x1b\x85才\x7f\ufffe"


@pytest.mark.parametrize("sent", [JUNK, "\ud800", "\udfff", "a\x9b", "\U0001f600"])
def test_no_control_character_or_half_of_one_gets_in(server: Server, token: str, sent: str) -> None:
    fits = "".join(sign for sign in sent if sign in "人\x85才a\U0001f600")
    with server.client(authorization=f"Bearer {token}") as program:
        body = json.dumps({"text": sent})  # halves of characters as JSON spells them
        assert program.post("/api/length", content=body, headers=JSON).json() == len(fits)
        with suppress(UnicodeEncodeError):  # a half has no bytes
            raw = json.dumps({"text": sent}, ensure_ascii=False).encode()
            assert program.post("/api/length", content=raw, headers=JSON).json() == len(fits)
            query = quote(sent)
            assert program.get(f"/library?q={query}").json()["asked"] == fits
            form = {"content-type": "application/x-www-form-urlencoded"}
            reply = program.post("/chat/change", content=f"q={query}", headers=form)
            assert reply.json()["asked"] == fits


@pytest.mark.parametrize("body", ["[" * 100_000, '{"text": "\\u12', "\\u0000", "", "NaN"])
def test_what_is_no_json_is_said(server: Server, token: str, body: str) -> None:
    headers = {"authorization": f"Bearer {token}", **JSON}
    with server.client() as program:
        reply = program.post("/api/length", content=body[:19_000], headers=headers)
    assert reply.status_code in (400, 422)


def test_too_much_is_refused_said_or_not(server: Server, token: str) -> None:
    with server.client(authorization=f"Bearer {token}") as program:
        body = json.dumps({"text": "长" * 9000}).encode()
        assert program.post("/api/length", content=body).status_code == 413

        def pieces() -> Iterator[bytes]:
            yield from (body[at : at + 1000] for at in range(0, len(body), 1000))

        assert program.post("/api/length", content=pieces()).status_code == 413
        form = {"content-type": "application/x-www-form-urlencoded"}
        assert program.post("/login", content=pieces(), headers=form).status_code == 413


def test_requests_of_one_user_are_limited(assistant: Assistant, tmp_path: Path) -> None:
    accounts = Accounts(tmp_path)
    for name in ("wang", "li"):
        accounts.add(name, PASSWORD)
    headers = {n: {"authorization": f"Bearer {accounts.new_token(n)}"} for n in ("wang", "li")}
    settings = Settings(data=str(tmp_path), rate=3)
    with serving(assistant, settings) as server, server.client() as client:
        replies = [client.get("/library", headers=headers["wang"]) for _ in range(4)]
        assert [reply.status_code for reply in replies] == [200, 200, 200, 429]
        assert 1 <= int(replies[-1].headers["retry-after"]) <= 20
        assert client.get("/library", headers=headers["li"]).status_code == 200


def test_requests_of_one_user_wait_for_one_another(server: Server, token: str) -> None:
    headers = {"authorization": f"Bearer {token}"}
    with ThreadPoolExecutor(12) as pool:
        sent = [
            pool.submit(httpx.get, f"{server.url}/api/slow", headers=headers, timeout=60)
            for _ in range(12)
        ]
        while len(under_way) < 8:
            time.sleep(0.01)
        with server.as_user("zhao") as other:
            assert [other.get("/library").status_code for _ in range(9)] == [200] * 9
        assert len(under_way) == 8
        end.set()
    assert [each.result().status_code for each in sent] == [200] * 12
    assert len(under_way) == 12


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/ui/..%2f..%2fx", 400),
        ("/%00", 400),
        ("/a%5cb", 400),
        ("//", 404),
    ],
)
def test_paths_that_climb_or_hide(server: Server, path: str, status: int) -> None:
    with httpx.Client() as client:
        request = client.build_request("GET", server.url)
        request.url = request.url.copy_with(raw_path=path.encode())
        assert client.send(request).status_code == status


@given(waits=st.lists(st.floats(0, 30), max_size=60), most=st.integers(1, 20))
def test_a_rate_is_never_exceeded(waits: list[float], most: int) -> None:
    """In no span are more let through than the full bucket and what flowed in since."""
    now, passed = 0.0, list[float]()
    rate = Rate(most, clock=lambda: now)
    for wait in waits:
        now += wait
        if not rate.wait("wang"):
            passed.append(now)
    for first in range(len(passed)):
        for last in range(first, len(passed)):
            span = passed[last] - passed[first]
            assert last - first + 1 <= most + span * most / 60 + 1e-6
