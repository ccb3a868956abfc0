"""What the guard tells, over a real socket: headers, refusals, faults, the audit and the logs."""

import json
import logging
import threading

import httpx
import pytest

from rag.errors import BadInput
from rag.pipeline import Assistant
from rag.settings import Settings
from tests.guard.server import Server
from ui.watch import JsonLines, configure


@pytest.mark.parametrize("path", ["/", "/login", "/library", "/nothing", "/ui/page.js", "/health"])
def test_security_headers_are_on_every_answer(server: Server, token: str, path: str) -> None:
    headers = {"authorization": f"Bearer {token}"}
    sent = httpx.get(server.url + path, headers=headers).headers
    assert sent["x-content-type-options"] == "nosniff"
    assert sent["x-frame-options"] == "DENY"
    assert "frame-ancestors 'none'" in sent["content-security-policy"]
    assert ("unsafe-inline" in sent["content-security-policy"]) is (path == "/")
    assert ("no-store" in sent.get("cache-control", "")) is (path in ("/", "/library", "/nothing"))
    assert sent["referrer-policy"] == "same-origin"
    assert "server" not in sent and "strict-transport-security" not in sent


def test_a_bug_shows_nothing_of_the_machine(server: Server, token: str) -> None:
    reply = httpx.get(f"{server.url}/api/broken", headers={"authorization": f"Bearer {token}"})
    assert (reply.status_code, "secret" in reply.text) == (500, False)
    assert reply.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("language", "title", "line"),
    [
        ("zh-CN", "没有这一页", "链接可能已失效，或内容已被删除。"),
        ("en", "No such page", "The link may be old, or what it led to was deleted."),
    ],
)
def test_a_refusal_is_a_page_of_the_site_in_the_readers_language(
    server: Server, token: str, language: str, title: str, line: str
) -> None:
    with server.client(accept_language=language, authorization=f"Bearer {token}") as client:
        page = client.get("/nothing", headers={"accept": "text/html"})
        error = client.get("/nothing").json()["error"]
    assert page.status_code == 404
    assert f"<h1>{title}</h1>" in page.text
    assert '<header id="masthead">' in page.text
    assert (line in page.text, error["message"]) == (True, line)


def test_a_program_that_names_no_language_is_told_in_both(server: Server) -> None:
    with server.client(accept_language="") as client:
        told = client.get("/library", headers={"accept": "*/*"})
    assert told.status_code == 401
    assert told.headers["www-authenticate"] == "Bearer"
    assert "请登录后再试" in told.json()["error"]["message"]
    assert "log in and try again" in told.json()["error"]["message"]


@pytest.mark.parametrize(
    ("language", "title"), [("zh", "服务出了问题"), ("en", "Something went wrong")]
)
def test_a_bug_is_told_on_a_page_of_the_site(
    server: Server, token: str, language: str, title: str
) -> None:
    headers = {"authorization": f"Bearer {token}", "accept-language": language}
    with server.client() as client:
        page = client.get("/api/broken", headers={**headers, "accept": "text/html"})
    assert page.status_code == 500
    assert f"<h1>{title}</h1>" in page.text


def test_what_an_administrator_changes_is_noted(server: Server) -> None:
    with server.as_user("boss") as browser:
        assert browser.post("/admin/rebuild").json()["name"] == "boss"
    with server.as_user("wang") as browser:
        assert browser.post("/admin/rebuild").status_code == 403
        browser.get("/library")  # by when the line before is written
    noted = [line for line in server.audit() if line["event"] == "admin"]
    assert [(line["user"], line["path"], line["status"]) for line in noted] == [
        ("boss", "/admin/rebuild", 200),
        ("wang", "/admin/rebuild", 403),
    ]


def test_whether_the_server_is_well_is_told_while_an_index_is_opened(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = threading.Event()
    before = httpx.get(f"{server.url}/health", timeout=60).json()
    monkeypatch.setattr(Assistant, "searching", property(lambda _: opened.wait(120)))
    try:
        for _ in range(3):
            assert httpx.get(f"{server.url}/health", timeout=60).json() == before
    finally:
        opened.set()


def test_logs_are_one_object_a_line_whatever_is_asked_for() -> None:
    record = logging.LogRecord("youju.access", logging.INFO, "", 0, "GET %s", ("/a\nb",), None)
    record.path, record.status = "/a\nb", 404
    (line,) = JsonLines().format(record).splitlines()
    made = json.loads(line)
    assert (made["message"], made["path"], made["status"]) == ("GET /a\nb", "/a\nb", 404)
    with pytest.raises(BadInput, match="log must be text or json"):
        configure(Settings(log="xml"))
