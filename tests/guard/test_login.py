"""Logging in, over a real socket: names, passwords, tokens, and who tries too often."""

from pathlib import Path

import httpx
import pytest

from rag.audit import FILE_NAME as AUDIT
from rag.pipeline import Assistant
from rag.settings import Settings
from rag.users import Accounts
from tests.guard.server import PASSWORD, Server, serving
from ui.limits import Rate


def test_logging_in_and_out(server: Server) -> None:
    with server.client(sec_fetch_site="same-origin") as browser:
        sent = {"name": "Wang", "password": PASSWORD, "to": "/library"}
        reply = browser.post("/login", data=sent)
        assert (reply.status_code, reply.headers["location"]) == (303, "/library")
        cookie = reply.headers["set-cookie"].lower()
        assert "httponly" in cookie and "samesite=lax" in cookie and "path=/" in cookie
        assert browser.get("/library").status_code == 200
        assert "wang" in browser.get("/login").text
        assert browser.get("/admin").status_code == 403
        kept = browser.cookies["youju_session"]
        assert browser.post("/login/end").headers["location"] == "/login"
        browser.cookies.set("youju_session", kept)  # the server has forgotten it, too
        assert browser.get("/library").status_code == 401


@pytest.mark.parametrize("to", ["//evil.example", "https://evil.example", "/\\evil.example"])
def test_a_login_leads_to_no_other_site(server: Server, to: str) -> None:
    with server.client() as browser:
        reply = browser.post("/login", data={"name": "wang", "password": PASSWORD, "to": to})
        assert reply.headers["location"] == "/"


def test_a_wrong_password_is_said_and_never_shown(server: Server) -> None:
    with server.client() as browser:
        for name in ("wang", "nobody", "<script>alert(1)</script>"):
            reply = browser.post("/login", data={"name": name, "password": "my secret 17"})
            assert reply.status_code == 401
            assert "账号或密码不对" in reply.text
            assert "my secret 17" not in reply.text and "<script>alert" not in reply.text
            assert "youju_session" not in reply.headers.get("set-cookie", "")
    last = server.audit()[-1]
    assert (last["event"], last["outcome"], last["address"]) == ("login", "refused", "127.0.0.1")
    assert "my secret 17" not in (server.data / AUDIT).read_text(encoding="utf-8")


def test_a_name_is_locked_out_and_its_sessions_go_on(server: Server) -> None:
    with server.as_user("zhao") as inside, server.client() as browser:
        codes = [
            browser.post("/login", data={"name": "zhao", "password": "wrong"}).status_code
            for _ in range(5)
        ]
        right = browser.post("/login", data={"name": "zhao", "password": PASSWORD})
        assert (codes, right.status_code) == ([401] * 4 + [429], 429)
        assert inside.get("/library").status_code == 200
    assert server.audit()[-1]["outcome"] == "locked out"
    accounts = Accounts(server.data)
    accounts.set_password("zhao", PASSWORD)  # which begins a new count, and ends sessions
    accounts.close()
    with server.as_user("zhao"):
        pass


def test_what_is_typed_as_a_name_that_nobody_has_is_not_kept(server: Server) -> None:
    with server.client() as browser:
        browser.post("/login", data={"name": PASSWORD, "password": ""})
    assert server.audit()[-1]["user"] == "(no account)"
    assert PASSWORD not in (server.data / AUDIT).read_text(encoding="utf-8")


def test_wrong_passwords_lock_nobody_out_elsewhere(server: Server) -> None:
    elsewhere = httpx.HTTPTransport(local_address="127.0.0.9")
    with httpx.Client(base_url=server.url, transport=elsewhere) as attacker:
        codes = [
            attacker.post("/login", data={"name": "boss", "password": "wrong"}).status_code
            for _ in range(6)
        ]
        assert attacker.post("/login", data={"name": "wang", "password": "x"}).status_code == 401
    assert codes == [401] * 4 + [429] * 2
    with server.as_user("boss"):
        pass


def test_a_name_is_tried_so_often_a_minute_from_wherever(
    assistant: Assistant, tmp_path: Path
) -> None:
    Accounts(tmp_path).add("wang", PASSWORD)
    codes = []
    with serving(assistant, Settings(data=str(tmp_path), login_rate=3)) as server:
        for number in range(2, 6):
            own = httpx.HTTPTransport(local_address=f"127.0.0.{number}")
            with httpx.Client(base_url=server.url, transport=own) as attacker:
                sent = attacker.post("/login", data={"name": "wang", "password": "wrong"})
            codes.append(sent.status_code)
    assert codes == [401, 401, 429, 429]


def test_what_a_lock_forbids_comes_back_in_time() -> None:
    now = [1000.0]
    rate = Rate(5, 900, lambda: now[0])
    assert [rate.wait("boss") for _ in range(6)] == [0, 0, 0, 0, 0, 180]
    now[0] += 180
    assert (rate.wait("boss", 0), rate.wait("boss"), rate.wait("boss")) == (0, 0, 180)
    rate.refill("boss")
    assert rate.wait("boss") == 0
    assert not any(Rate(0).wait("x") for _ in range(100))


def test_what_is_remembered_of_strangers_has_an_end() -> None:
    rate = Rate(3, clock=lambda: 0.0)
    for number in range(25_000):
        rate.wait(f"10.0.0.{number}")
    assert len(rate._left) == 10_000


def test_attempts_from_one_address_are_limited(assistant: Assistant, tmp_path: Path) -> None:
    Accounts(tmp_path).add("wang", PASSWORD)
    settings = Settings(data=str(tmp_path), login_rate=3)
    with serving(assistant, settings) as server, server.client() as browser:
        codes = [
            browser.post("/login", data={"name": f"n{n}", "password": "x"}).status_code
            for n in range(5)
        ]
    assert codes == [401, 401, 401, 429, 429]


@pytest.mark.parametrize("token", ["x", "Bearer", "a" * 5000, "' OR 1=1 --", "é", "None"])
def test_any_other_token_is_refused(server: Server, token: str) -> None:
    headers = {"authorization": f"Bearer {token}".encode()}
    assert httpx.get(f"{server.url}/library", headers=headers).status_code == 401


def test_a_bad_token_is_not_made_good_by_a_session(server: Server) -> None:
    with server.as_user("wang") as browser:
        headers = {"authorization": "Bearer wrong"}
        assert browser.get("/library", headers=headers).status_code == 401
