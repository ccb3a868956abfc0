"""The whole application behind the guard, as a process: who reaches which of its routes."""

import json
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from rag.audit import FILE_NAME as AUDIT
from rag.history import History
from rag.pipeline import Assistant
from rag.types import Filters
from rag.users import Accounts
from tests import routes
from tests.browser.driver import served
from tests.conftest import ROOT
from tests.forked import FORKED
from tests.keeping import keep

ASKED = "太湖县在人才方面有哪些措施？"
NOT_HELD = "哪个县提出了垃圾分类？"
PASSWORD = "言必有据, 2026!"


@dataclass(frozen=True, slots=True)
class Server:
    """A running server with the readers wang and li and the administrator boss."""

    url: str
    data: Path
    tokens: dict[str, str]

    def client(self, name: str) -> httpx.Client:
        """A program of `name`'s."""
        headers = {"authorization": f"Bearer {self.tokens[name]}"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=60)


@pytest.fixture(scope="module")
def server(index: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    data = tmp_path_factory.mktemp("data")
    accounts = Accounts(data)
    for name, role in (("wang", "reader"), ("li", "reader"), ("boss", "admin")):
        accounts.add(name, PASSWORD, "admin" if role == "admin" else "reader")
    tokens = {name: accounts.new_token(name) for name in ("wang", "li", "boss")}
    accounts.close()
    with served(index, RAG_DATA=str(data), RAG_INDEX=str(index), RAG_RATE="0") as url:
        yield Server(url, data, tokens)


def print_routes(file: Path) -> None:
    with file.open("w", encoding="utf-8") as out, redirect_stdout(out):
        routes.main()


def test_the_list_of_routes_is_what_the_application_has(tmp_path: Path) -> None:
    process = FORKED.Process(target=print_routes, args=(tmp_path / "routes.md",))
    process.start()
    process.join(timeout=120)
    assert process.exitcode == 0
    made = (tmp_path / "routes.md").read_text(encoding="utf-8")
    assert made == (ROOT / "docs" / "routes.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "path",
    [
        "/", "/library", "/library/essay?id=1", "/measures", "/measures/download.csv", "/chat/page",
        "/answers/x.docx", "/api", "/api/essays", "/api/openapi.json", "/v1/models", "/metrics",
        "/config", "/gradio_api/info", "/admin",
    ],
)  # fmt: skip
def test_strangers_reach_nothing(server: Server, path: str) -> None:
    with httpx.Client(base_url=server.url) as stranger:
        program = stranger.get(path)
        assert (program.status_code, program.headers["www-authenticate"]) == (401, "Bearer")
        page = stranger.get(path, headers={"accept": "text/html"})
        assert page.status_code == 303
        assert page.headers["location"] == f"/login?to={path.partition('?')[0]}"


@pytest.mark.parametrize("path", ["/login", "/health", "/ready", "/ui/pages.css"])
def test_what_everybody_may_see(server: Server, path: str) -> None:
    assert httpx.get(server.url + path).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/file=/etc/passwd", "/gradio_api/file/etc/passwd", "/gradio_api/upload",
        "/gradio_api/proxy=https://example.com/", "/gradio_api/component_server", "/monitoring",
        "/gradio_api/api/predict", "/gradio_api/run/predict", "/file=/etc/passwd", "/openapi.json",
        "/gradio_api/queue/join", "/gradio_api/queue/data", "/gradio_api/heartbeat/x",
        "/gradio_api/vibe-edit", "/gradio_api/run-history/records", "/docs", "/login/", "/logout",
    ],
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_nobody_may_reach(server: Server, path: str, method: str) -> None:
    with server.client("boss") as boss:
        assert boss.request(method, path).status_code == 404


def test_programs_use_tokens_and_every_question_is_noted(server: Server) -> None:
    with server.client("wang") as program:
        answer = program.post("/api/ask", json={"question": ASKED}).json()
        assert answer["citations"]
        assert program.get("/admin").status_code == 403
        assert program.post("/measures/themes", data={"text": ""}).status_code == 403
    lines = (server.data / AUDIT).read_text(encoding="utf-8").splitlines()
    (asked,) = (line for line in map(json.loads, lines) if line["event"] == "asked")
    assert (asked["user"], asked["question"]) == ("wang", ASKED)
    assert (asked["outcome"], asked["generation"]) == ("answered", answer["generation"])


def test_history_is_each_users_own(server: Server, assistant: Assistant) -> None:
    history = History(server.data)
    answer = assistant.ask(ASKED)
    kept = keep(history, "wang", None, answer, Filters()).answer_id
    with server.client("wang") as wang, server.client("li") as li:
        assert wang.get(f"/answers/{kept}.md").status_code == 200
        assert li.get(f"/answers/{kept}.md").status_code == 404
        assert ASKED in wang.get("/chat/list").text
        assert ASKED not in li.get("/chat/list").text
        of = history.turn("wang", kept).conversation_id
        assert wang.get(f"/chat/turns/{kept}").json()["state"] == "answered"
        assert wang.get(f"/chat/thread?chat={of}").json()["marks"]
        assert li.get(f"/chat/thread?chat={of}").json()["marks"] == []
        asked = {"chat": of, "turn": "turn-of-li", "question": ASKED}
        refused = [
            li.get(f"/chat/turns/{kept}"),
            li.post(f"/chat/turns/{kept}/stop"),
            li.post(f"/chat/conversations/{of}/delete"),
            li.post("/chat/ask", data=asked),
            li.post("/chat/ask", data=asked | {"turn": kept, "again": "true"}),
        ]
        assert [reply.status_code for reply in refused] == [404] * 5
        wrong = [asked | {"question": ""}, asked | {"question": "长" * 2001}, asked | {"turn": "x"}]
        assert [wang.post("/chat/ask", data=each).status_code for each in wrong] == [422] * 3


def test_metrics_count_what_was_asked(server: Server) -> None:
    def value(name: str, **labels: str) -> float:
        families = text_string_to_metric_families(program.get("/metrics").text)
        samples = [each for family in families for each in family.samples if each.name == name]
        return sum(each.value for each in samples if labels.items() <= each.labels.items())

    with server.client("wang") as program:
        before = value("youju_questions_total", outcome="answered")
        for question in (ASKED, NOT_HELD):
            program.post("/api/ask", json={"question": question})
        assert value("youju_questions_total", outcome="answered") == before + 1
        assert value("youju_questions_total", outcome="refused") >= 1
        assert value("youju_answer_seconds_count") >= 2
        generation = program.get("/ready").json()["generation"]
        assert value("youju_index_generation", generation=generation) == 1
        assert value("youju_http_requests_total", path="/api/*", status="200") >= 2
        assert "wang" not in program.get("/metrics").text


def test_a_streamed_answer_is_noted_once(server: Server) -> None:
    asked = {"messages": [{"role": "user", "content": ASKED}], "stream": True}
    with server.client("li") as program:
        assert program.post("/v1/chat/completions", json=asked).text.endswith("[DONE]\n\n")
    lines = (server.data / AUDIT).read_text(encoding="utf-8").splitlines()
    assert sum(json.loads(line)["user"] == "li" for line in lines) == 1


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "application/xml"])
def test_bytes_that_are_no_text_are_the_senders_mistake(server: Server, kind: str) -> None:
    with server.client("wang") as program:
        sent = {"content-type": kind}
        reply = program.post("/api/ask", content=b'{"question": "\xff\xfe"}', headers=sent)
    assert reply.status_code in (400, 422)
