"""Who is served, over a real socket: other machines, other names, pages of other sites."""

from pathlib import Path

import httpx
import pytest

from rag.errors import BadInput
from rag.pipeline import Assistant
from rag.settings import Settings
from rag.users import Accounts, Logins
from tests.guard.server import PASSWORD, Server, serving
from ui.app import reachable


@pytest.mark.parametrize("origin", ["http://[::", "http://[", "::::", "%", "http://[v1.x]:y"])
def test_an_origin_that_is_none_is_elsewhere(server: Server, origin: str) -> None:
    with server.client(origin=origin) as browser:
        assert browser.post("/login", data={"name": "wang"}).status_code == 403


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
