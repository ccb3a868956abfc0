"""The plain pages and what changes something, without a browser: who may, and what is refused."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from rag.history import History
from rag.index import FolderStore
from rag.lock import locked
from rag.pipeline import Assistant
from rag.settings import Settings
from rag.types import Filters
from rag.users import LOCAL_NAME
from tests.keeping import keep
from ui.app import plain_app
from ui.site import Site

ASKED = "太湖县有哪些措施？"
ELSEWHERE = {"origin": "http://evil.example"}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def client(assistant: Assistant, index: Path, data: Path) -> Iterator[TestClient]:
    settings = Settings(data=str(data), index=str(index), corpus=str(data / "corpus"))
    site = Site.open(assistant, settings)
    with TestClient(plain_app(site), base_url="http://localhost", follow_redirects=False) as client:
        yield client
    site.history.close()


@pytest.fixture
def kept(assistant: Assistant, data: Path, client: TestClient) -> Iterator[tuple[str, str]]:
    """The ids of a conversation and of its answer."""
    history = History(data)
    turn = keep(history, LOCAL_NAME, None, assistant.ask(ASKED), Filters())
    yield turn.conversation_id, turn.answer_id
    history.close()


def test_what_is_sent_is_packed_for_slow_lines(client: TestClient) -> None:
    for path in ("/library", "/chat/page", "/ui/talk.js"):
        reply = client.get(path)
        assert reply.headers["content-encoding"] == "gzip", path
        assert "Accept-Encoding" in reply.headers["vary"], path
        assert int(reply.headers["content-length"]) < len(reply.content) / 2, path


def test_a_page_of_another_site_changes_nothing(client: TestClient, kept: tuple[str, str]) -> None:
    conversation, answer = kept
    for path in (
        f"/chat/conversations/{conversation}/delete", "/chat/ask", "/admin/rebuild",
        "/admin/upload", "/measures/themes", f"/answers/{answer}/feedback", "/api/ask",
        "/chat/turns/x/stop",
    ):  # fmt: skip
        assert client.post(path, headers=ELSEWHERE).status_code == 403, path
    assert client.get(f"/answers/{answer}", headers=ELSEWHERE).status_code == 200


def test_a_conversation_of_500_turns_is_had_in_pages_of_less_than_500_kb(
    client: TestClient, assistant: Assistant, data: Path
) -> None:
    history, answer = History(data), assistant.ask(ASKED)
    first = keep(history, LOCAL_NAME, None, replace(answer, question="问 0"), Filters())
    chat = first.conversation_id
    for number in range(1, 500):
        keep(history, LOCAL_NAME, chat, replace(answer, question=f"问 {number}"), Filters())
    history.close()
    page = client.get("/chat/page", params={"chat": chat})
    assert len(page.content) <= 500_000
    shown, before = list[str](), ""
    while not shown or shown[0] != "问 0":
        told = client.get("/chat/thread", params={"chat": chat, "before": before})
        assert len(told.content) <= 500_000
        html = told.json()["html"]
        shown = re.findall('<h2 class="asked">(.*?)</h2>', html) + shown
        before = told.json()["marks"][0].split()[0]
    assert shown == [f"问 {number}" for number in range(500)]


def test_the_exports_of_an_answer(client: TestClient, kept: tuple[str, str]) -> None:
    _, answer = kept
    text = client.get(f"/answers/{answer}.txt")
    assert text.text.startswith(ASKED)
    assert "filename*=UTF-8''%E5%A4%AA" in text.headers["content-disposition"]
    assert client.get(f"/answers/{answer}.docx").content[:2] == b"PK"
    assert client.get(f"/answers/{answer}.exe").status_code == 422
    assert client.get("/answers/none.docx").status_code == 404


def test_what_a_reader_thinks_is_listed_and_exported(
    client: TestClient, kept: tuple[str, str]
) -> None:
    _, answer = kept
    said = {"verdict": "bad", "reason": "=1+1 不完整"}
    assert client.post(f"/answers/{answer}/feedback", json=said).status_code == 204
    assert client.post(f"/answers/{answer}/feedback", json={"verdict": "x"}).status_code == 422
    assert client.post("/answers/none/feedback", json=said).status_code == 404
    assert "=1+1 不完整" in client.get("/admin/questions").text
    exported = client.get("/admin/questions/download.csv").text
    assert "'=1+1 不完整" in exported, "no spreadsheet runs it"


def test_the_language_switch_never_leads_away(client: TestClient) -> None:
    for to in ("//evil.example", "https://evil.example", "/\\evil.example", ""):
        answer = client.get("/language/en", params={"to": to})
        assert answer.headers["location"] == "/", to
    chosen = client.get("/language/en", params={"to": "/library?place=甲"})
    assert chosen.headers["location"].startswith("/library?")
    assert "lang=en" in chosen.headers["set-cookie"]
    assert "set-cookie" not in client.get("/language/xx").headers
    client.cookies.clear()


def test_files_with_unsafe_names_or_kinds_are_not_kept(client: TestClient, data: Path) -> None:
    names = ["../x.txt", "..\\x.txt", ".hidden.txt", "a\u202e.txt", "a.exe", "好.txt"]
    files = [("files", (name, b"text")) for name in names]
    page = client.post("/admin/upload", files=files).text
    assert [path.name for path in (data / "corpus").iterdir()] == ["好.txt"]
    assert "已保存：好.txt" in page
    assert page.count("没有保存") >= 4


def test_only_a_generation_that_is_there_can_be_used(client: TestClient, index: Path) -> None:
    assert client.post("/admin/generations/000099").status_code == 404
    with locked(index):
        refused = client.post(f"/admin/generations/{FolderStore(index).current()}")
    assert (refused.status_code, "正在重建索引" in refused.text) == (200, True)
    assert client.post("/admin/generations/..").status_code in (404, 405)
    assert client.get("/health").json()["status"] == "ok"


def test_no_page_names_another_host(client: TestClient, kept: tuple[str, str]) -> None:
    _, answer = kept
    for path in (
        "/library", "/measures", "/measures/map", "/chat/page", "/admin", f"/answers/{answer}",
        "/admin/accounts", "/admin/questions", "/admin/system",
    ):  # fmt: skip
        page = client.get(path)
        assert page.status_code == 200
        assert "//" not in page.text.replace("<!doctype", ""), path
