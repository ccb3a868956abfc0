"""The guard, over a real socket around a small application: who gets in, and what is refused."""

import json
import logging
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

import httpx
import pytest
import uvicorn
from argon2 import PasswordHasher
from fastapi import Body, FastAPI, Form, Request
from fastapi.staticfiles import StaticFiles
from hypothesis import given
from hypothesis import strategies as st

from rag.audit import FILE_NAME as AUDIT
from rag.errors import BadInput
from rag.pipeline import Assistant
from rag.settings import Settings
from rag.users import Accounts, Logins, store
from tests.conftest import ROOT
from ui import access, login
from ui.app import reachable
from ui.guard import Guard
from ui.limits import Attempts, Rate
from ui.logs import JsonLines, configure
from ui.site import Site
from ui.watch import routes

PASSWORD = "言必有据, 2026!"
JSON = {"content-type": "application/json"}


@pytest.fixture(scope="module", autouse=True)
def quick() -> Iterator[None]:
    """Hash with the least work."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "HASHER", PasswordHasher(1, 8, 1))
        yield


@dataclass(frozen=True, slots=True)
class Server:
    """A running server and its data folder."""

    url: str
    data: Path

    def client(self, **headers: str) -> httpx.Client:
        """A client that keeps cookies and sends `headers`, with - for _."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return httpx.Client(base_url=self.url, timeout=60, headers=sent)

    @contextmanager
    def as_user(self, name: str) -> Iterator[httpx.Client]:
        """A browser in which `name` has logged in."""
        with self.client(sec_fetch_site="same-origin") as browser:
            reply = browser.post("/login", data={"name": name, "password": PASSWORD})
            assert reply.status_code == 303
            yield browser

    def audit(self) -> list[dict[str, str]]:
        """What the audit log holds."""
        text = (self.data / AUDIT).read_text(encoding="utf-8")
        return [json.loads(line) for line in text.splitlines()]


under_way, end = list[int](), threading.Event()  # requests that wait, and until when


def small_app(assistant: Assistant, settings: Settings) -> FastAPI:
    """An application with a page of each kind behind the real guard, login page and watch."""
    app, site = FastAPI(), Site.open(assistant, settings)
    guarded = {"logins": site.logins, "watch": site.watch, "page": site.refused}
    app.add_middleware(Guard, settings=settings, **guarded)
    app.mount("/ui", StaticFiles(directory=ROOT / "ui" / "static"))
    app.include_router(login.routes(site))
    app.include_router(routes(assistant, site.watch))

    @app.get("/")
    @app.get("/library")
    @app.get("/admin")
    @app.post("/admin/rebuild")
    def who(request: Request, q: str = "") -> dict[str, str]:
        return {"name": access.user_of(request), "base": str(request.base_url), "asked": q}

    @app.post("/chat/change")
    def change(q: Annotated[str, Form()] = "") -> dict[str, str]:
        return {"asked": q}

    @app.post("/api/length")
    def length(text: Annotated[str, Body(embed=True)]) -> int:
        return len(text)

    @app.get("/api/slow")
    def slow() -> None:
        under_way.append(1)
        end.wait(60)

    @app.get("/api/broken")
    def broken() -> None:
        raise RuntimeError("with /a/secret/path")

    return app


@contextmanager
def serving(assistant: Assistant, settings: Settings) -> Iterator[Server]:
    config = uvicorn.Config(
        small_app(assistant, settings), port=0, log_level="critical", server_header=False
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield Server(f"http://127.0.0.1:{port}", Path(settings.data))
    server.should_exit = True
    thread.join()


@pytest.fixture(scope="module")
def server(assistant: Assistant, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with the readers wang and zhao and the administrator boss."""
    data = tmp_path_factory.mktemp("data")
    accounts = Accounts(data)
    for name, role in (("wang", "reader"), ("zhao", "reader"), ("boss", "admin")):
        accounts.add(name, PASSWORD, role)
    accounts.close()
    with serving(assistant, Settings(data=str(data), max_request_bytes=20_000, login_rate=0)) as it:
        yield it


@pytest.fixture(scope="module")
def token(server: Server) -> str:
    """A token of wang's."""
    accounts = Accounts(server.data)
    made = accounts.new_token("wang")
    accounts.close()
    return made


@pytest.fixture(scope="module")
def open_server(assistant: Assistant, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of this machine only, without accounts."""
    with serving(assistant, Settings(data=str(tmp_path_factory.mktemp("data")))) as running:
        yield running


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


def test_wrong_passwords_lock_nobody_out_elsewhere() -> None:
    now = [1000.0]
    attempts = Attempts(Settings(), lambda: now[0])
    attempts.succeeded("boss", "office")
    delays = []
    for number in range(40):
        delays.append(attempts.delay("boss", f"attacker {number // 5}"))
        attempts.failed("boss", f"attacker {number // 5}")
    assert attempts.locked("boss", "attacker 0") and not attempts.locked("boss", "office")
    assert attempts.delay("boss", "office") == 0
    assert delays[:6] == [0, 0, 0, 0, 0, 0.25] and delays[-1] == 8 == max(delays)
    assert attempts.delay("boss", "home") == 8  # slow, and possible
    assert attempts.delay("wang", "attacker 0") == 0
    now[0] += 15 * 60
    assert not attempts.locked("boss", "attacker 7") and attempts.delay("boss", "home") == 0
    assert not Attempts(Settings(login_failures=0)).locked("boss", "x")


def test_what_is_remembered_of_strangers_has_an_end() -> None:
    attempts, rate = Attempts(Settings(), lambda: 0.0), Rate(3, lambda: 0.0)
    for number in range(25_000):
        attempts.failed(f"n{number}", f"10.0.0.{number}")
        rate.wait(f"10.0.0.{number}")
    assert (len(attempts._failed), len(rate._left)) == (10_000, 10_000)


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


@pytest.mark.parametrize("origin", ["http://[::", "http://[", "::::", "%", "http://[v1.x]:y"])
def test_an_origin_that_is_none_is_elsewhere(server: Server, origin: str) -> None:
    with server.client(origin=origin) as browser:
        assert browser.post("/login", data={"name": "wang"}).status_code == 403


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


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "same-origin"}, 200),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({}, 403),  # no browser that sends a cookie sends neither
    ],
)
def test_another_sites_page_changes_nothing(
    server: Server, headers: dict[str, str], status: int
) -> None:
    with server.as_user("wang") as browser:
        session = browser.cookies["youju_session"]
    sent = {"cookie": f"youju_session={session}", **headers}
    reply = httpx.post(f"{server.url}/chat/change", headers=sent)
    assert reply.status_code == status


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


def test_without_accounts_this_machine_needs_no_login(open_server: Server) -> None:
    assert httpx.get(f"{open_server.url}/library").status_code == 200
    assert httpx.get(f"{open_server.url}/ready").json()["generation"]


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.example"},  # DNS rebinding
        {"host": "evil.example:7860"},
        {"host": ""},
        {"x-forwarded-for": "10.0.0.1"},
        {"forwarded": "for=10.0.0.1"},
    ],
)
def test_without_accounts_others_get_nothing(open_server: Server, headers: dict[str, str]) -> None:
    reply = httpx.get(f"{open_server.url}/library", headers=headers)
    assert (reply.status_code, "local" in reply.text) == (403, False)


def test_removing_the_last_account_opens_nothing(assistant: Assistant, tmp_path: Path) -> None:
    accounts = Accounts(tmp_path)
    accounts.add("wang", PASSWORD)
    with serving(assistant, Settings(data=str(tmp_path))) as server:
        accounts.remove("wang")
        assert httpx.get(f"{server.url}/library").status_code == 401


def test_the_first_account_closes_a_running_server(assistant: Assistant, tmp_path: Path) -> None:
    with serving(assistant, Settings(data=str(tmp_path))) as server:
        assert httpx.get(f"{server.url}/library").status_code == 200
        Accounts(tmp_path).add("wang", PASSWORD)
        assert httpx.get(f"{server.url}/library").status_code == 401


@pytest.mark.parametrize("accounts", [True, False])
def test_without_names_that_are_set_only_the_address_is_served(
    assistant: Assistant, tmp_path: Path, accounts: bool
) -> None:
    if accounts:
        Accounts(tmp_path).add("wang", PASSWORD)
    settings = Settings(data=str(tmp_path), host="192.0.2.7", without_logins=not accounts)
    with serving(assistant, settings) as server:
        hosts = ("127.0.0.1:7860", "localhost", "[::1]:1", "192.0.2.7", "evil.example", "10.0.0.9")
        codes = [
            httpx.get(f"{server.url}/login", headers={"host": host}).status_code for host in hosts
        ]
    assert codes == [200, 200, 200, 200, 403, 403]


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "intranet.example"])
def test_others_are_served_only_with_accounts(tmp_path: Path, host: str) -> None:
    logins = Logins(tmp_path, Settings())
    with pytest.raises(BadInput, match=r"rag user add .* --without-logins"):
        reachable(Settings(host=host), logins)
    reachable(Settings(host=host, without_logins=True), logins)
    Accounts(tmp_path).add("wang", PASSWORD)
    reachable(Settings(host=host), logins)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_this_machine_is_served_without(tmp_path: Path, host: str) -> None:
    reachable(Settings(host=host), Logins(tmp_path, Settings()))


def test_only_the_names_that_are_set_are_served(assistant: Assistant, tmp_path: Path) -> None:
    Accounts(tmp_path).add("wang", PASSWORD)
    settings = Settings(data=str(tmp_path), hosts="youju.example, 10.0.0.5")
    with serving(assistant, settings) as server:
        codes = [
            httpx.get(f"{server.url}/login", headers={"host": host}).status_code
            for host in ("youju.example", "YOUJU.example:8443", "10.0.0.5", "evil.example", "")
        ]
    assert codes == [200, 200, 200, 403, 403]


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


@given(waits=st.lists(st.floats(0, 30), max_size=60), most=st.integers(1, 20))
def test_a_rate_is_never_exceeded(waits: list[float], most: int) -> None:
    """In no span are more let through than the full bucket and what flowed in since."""
    now, passed = 0.0, list[float]()
    rate = Rate(most, lambda: now)
    for wait in waits:
        now += wait
        if not rate.wait("wang"):
            passed.append(now)
    for first in range(len(passed)):
        for last in range(first, len(passed)):
            span = passed[last] - passed[first]
            assert last - first + 1 <= most + span * most / 60 + 1e-6


def test_logs_are_one_object_a_line_whatever_is_asked_for() -> None:
    record = logging.LogRecord("youju.access", logging.INFO, "", 0, "GET %s", ("/a\nb",), None)
    record.path, record.status = "/a\nb", 404
    (line,) = JsonLines().format(record).splitlines()
    made = json.loads(line)
    assert (made["message"], made["path"], made["status"]) == ("GET /a\nb", "/a\nb", 404)
    with pytest.raises(BadInput, match="log must be text or json"):
        configure(Settings(log="xml"))
