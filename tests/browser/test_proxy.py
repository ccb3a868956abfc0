"""Behind Debian's nginx, over TLS and under a path prefix: the example in deploy/ as it stands."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser

from rag.audit import FILE_NAME as AUDIT
from rag.users import Accounts
from tests.browser.driver import ROOT, free_port, served

ASKED = "太湖县在人才方面有哪些措施？"
PASSWORD = "言必有据, 2026!"
NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
OPENSSL = shutil.which("openssl")
AROUND = """
daemon off; pid {folder}/pid; error_log {folder}/error.log; worker_processes 1;
events {{ worker_connections 64; }}
http {{
  access_log off; client_body_temp_path {folder}/b; proxy_temp_path {folder}/p;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  include {folder}/site.conf;
}}
"""


@dataclass(frozen=True, slots=True)
class Proxied:
    """A server behind nginx, and its data folder."""

    url: str  # with the prefix
    data: Path
    token: str


@pytest.fixture(scope="module")
def proxied(index: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxied]:
    if NGINX is None or OPENSSL is None:
        pytest.skip("no nginx or openssl: install them with `apt-get install nginx-light openssl`")
    folder = tmp_path_factory.mktemp("nginx")
    data, port = folder / "data", free_port()
    accounts = Accounts(data)
    accounts.add("wang", PASSWORD)
    token = accounts.new_token("wang")
    accounts.close()
    settings = {"RAG_ROOT_PATH": "/youju", "RAG_HOSTS": "intranet.example", "RAG_DATA": str(data)}
    with served(index, **settings) as inner:
        nginx = _nginx(folder, port, urlsplit(inner).port or 0)
        yield Proxied(f"https://localhost:{port}/youju", data, token)
        nginx.terminate()
        nginx.wait(timeout=20)


def _nginx(folder: Path, port: int, inner: int) -> subprocess.Popen[bytes]:
    """Run nginx with the example, of which only ports and the certificate's place are changed."""
    subprocess.run(
        [
            str(OPENSSL), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
            "/CN=localhost", "-keyout", f"{folder}/privkey.pem", "-out", f"{folder}/fullchain.pem",
        ],
        check=True, capture_output=True,
    )  # fmt: skip
    site = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
    for old, new in (
        ("listen 443 ", f"listen 127.0.0.1:{port} "),
        ("listen 80;", f"listen 127.0.0.1:{free_port()};"),
        ("127.0.0.1:7860", f"127.0.0.1:{inner}"),
        ("/etc/ssl/youju/", f"{folder}/"),
    ):
        assert old in site
        site = site.replace(old, new)
    (folder / "site.conf").write_text(site, encoding="utf-8")
    (folder / "nginx.conf").write_text(AROUND.format(folder=folder), encoding="utf-8")
    command = [str(NGINX), "-c", f"{folder}/nginx.conf", "-e", f"{folder}/error.log"]
    subprocess.run([*command, "-t"], check=True, capture_output=True)
    return subprocess.Popen(command)


@pytest.fixture
def outside(proxied: Proxied) -> Iterator[httpx.Client]:
    transport = httpx.HTTPTransport(verify=False, retries=5)
    with httpx.Client(transport=transport, timeout=60) as client:
        yield client


def test_the_login_stays_under_the_prefix_and_on_tls(
    proxied: Proxied, outside: httpx.Client
) -> None:
    page = outside.get(proxied.url + "/", headers={"accept": "text/html"})
    assert (page.status_code, page.headers["location"]) == (303, "/youju/login?to=/")
    assert 'action="/youju/login"' in outside.get(f"{proxied.url}/login").text
    sent = {"name": "wang", "password": PASSWORD, "to": "/library"}
    reply = outside.post(f"{proxied.url}/login", data=sent)
    assert (reply.status_code, reply.headers["location"]) == (303, "/youju/library")
    cookie = reply.headers["set-cookie"].lower()
    assert "secure" in cookie and "path=/youju/" in cookie
    assert reply.headers["strict-transport-security"]
    assert "nginx/" not in reply.headers["server"]


def test_an_answer_is_streamed_in_pieces(proxied: Proxied, outside: httpx.Client) -> None:
    asked = {"messages": [{"role": "user", "content": ASKED}], "stream": True}
    headers = {"authorization": f"Bearer {proxied.token}"}
    url = f"{proxied.url}/v1/chat/completions"
    with outside.stream("POST", url, json=asked, headers=headers) as reply:
        text = "".join(reply.iter_text())
    assert reply.headers["transfer-encoding"] == "chunked"
    events = [json.loads(line[6:]) for line in text.split("\n\n") if line.startswith("data: {")]
    links = [
        each["url_citation"]["url"]
        for event in events
        for each in event["choices"][0]["delta"].get("annotations", ())
    ]
    assert links and all(link.startswith(f"{proxied.url}/library/essay?") for link in links)
    assert outside.get(links[0], headers=headers).status_code == 200


def test_what_a_client_says_of_its_address_is_not_believed(
    proxied: Proxied, outside: httpx.Client
) -> None:
    sent = {"name": "spoofer", "password": "wrong"}
    outside.post(f"{proxied.url}/login", data=sent, headers={"x-forwarded-for": "203.0.113.9"})
    lines = (proxied.data / AUDIT).read_text(encoding="utf-8").splitlines()
    (line,) = (line for line in map(json.loads, lines) if line["user"] == "(no account)")
    assert line["address"] == "127.0.0.1"
    hosts = {"x-forwarded-host": "evil.example", "authorization": f"Bearer {proxied.token}"}
    assert "evil.example" not in outside.get(f"{proxied.url}/config", headers=hosts).text


def test_a_reader_logs_in_asks_and_logs_out(chromium: Browser, proxied: Proxied) -> None:
    context = chromium.new_context(ignore_https_errors=True)
    page, failed = context.new_page(), []
    page.on("response", lambda r: failed.append(r.url) if r.status >= 400 else None)
    page.on("pageerror", lambda error: failed.append(str(error)))
    page.goto(f"{proxied.url}/")
    page.fill("input[name=name]", "wang")
    page.fill("input[name=password]", PASSWORD)
    page.click("form[method=post] button")
    page.wait_for_selector(".welcome")
    page.fill("#question textarea", ASKED)
    page.press("#question textarea", "Enter")
    page.wait_for_selector(".turn:not([aria-busy]) .actions")
    with page.expect_download() as download:
        page.click('.actions a[href$=".md"]')
    assert ASKED in Path(download.value.path()).read_text(encoding="utf-8")
    assert page.locator('#masthead a[href$="/admin"]').count() == 0
    for name in ("library", "measures"):
        page.click(f'#masthead a[href="/youju/{name}"]')
        page.wait_for_url(f"{proxied.url}/{name}")
    page.click('#masthead a[href="/youju/login"]')
    page.click("form[method=post] button")
    page.wait_for_url(f"{proxied.url}/login")
    page.goto(f"{proxied.url}/library")
    page.wait_for_selector("input[name=password]")
    assert failed == []
    context.close()
