"""Junk of every type at every door is refused or taken for what it is, and is no error."""

import threading
import unicodedata
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode

from rag import limits, queue
from rag.answering.reader import OnnxReader, Reading
from rag.answering.window import Window
from rag.api import OPENAPI
from rag.characters import cleaned, escaped
from rag.errors import BadInput, Overloaded
from rag.pipeline import Assistant, build
from rag.queue import ANSWERS
from rag.settings import Settings
from rag.tables import RecordTable, as_bytes
from rag.types import Filters
from tests.conftest import CORPUS
from tests.families import QUESTIONS, Family
from tests.test_growth import assert_linear
from ui.app import plain_app
from ui.site import Site

JUNK: tuple[object, ...] = (
    None, True, -1, 10**400, 1.5, float("inf"), "", " ", "x" * 5000, "九" * 900_000, "1" * 2000,
    "\x00\x1b\u2028", "\ud800", "\ufffe", "\u0301" * 20_000, "<script>", "' OR 1=1 --", "%00", [],
    ["x"] * 1000, [[]], [None], {}, {"": {}}, [{"a": [1]}], "../../etc/passwd", "=1+1",
)  # fmt: skip


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server over the essays, searched by words, at which passwords may be tried for ever."""
    folder = tmp_path_factory.mktemp("doors")
    quick = Settings(
        encoder="none", reader="none", data=str(folder / "data"), login_rate=0, login_failures=0
    )
    build([CORPUS], folder / "index", quick)
    made = Site.open(Assistant.open(folder / "index", quick), quick)
    yield made
    made.history.close()
    made.logins.close()


@pytest.fixture(scope="module")
def client(site: Site) -> Iterator[TestClient]:
    """The application without the chat."""
    with TestClient(plain_app(site), "http://localhost", raise_server_exceptions=False) as made:
        yield made


def operations(client: TestClient) -> Iterator[tuple[str, str, dict[str, Any], dict[str, Any]]]:
    """Yield method, path, operation and the named schemas of what the server describes."""
    described = client.get(OPENAPI).json()
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation, described["components"]["schemas"]


def bodies(schema: dict[str, Any], named: dict[str, Any], depth: int = 0) -> Iterator[object]:
    """Yield bodies in which one field after the other is junk, the others as they should be."""
    schema = named[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    yield from JUNK
    fields = schema.get("properties", {}) if depth < 3 else {}
    usual = {name: example(each, named) for name, each in fields.items()}
    for name, each in fields.items():
        for junk in bodies(each, named, depth + 1):
            yield {**usual, name: junk}
    if "items" in schema and depth < 3:
        yield from ([junk] for junk in bodies(schema["items"], named, depth + 1))


def example(schema: dict[str, Any], named: dict[str, Any]) -> object:
    if "$ref" in schema:
        return example(named[schema["$ref"].rpartition("/")[2]], named)
    if "properties" in schema:
        return {name: example(each, named) for name, each in schema["properties"].items()}
    kinds: dict[str, object] = {"array": [], "integer": 3, "boolean": False, "object": {}}
    of = schema.get("type") or schema.get("anyOf", [{}])[0].get("type")
    return schema.get("enum", [kinds.get(str(of), "太湖县有哪些措施")])[0]


def test_junk_at_every_field_of_the_description_is_never_a_500(client: TestClient) -> None:
    sent = 0
    for method, path, operation, named in operations(client):
        at = path.replace("{", "").replace("}", "")
        for parameter in operation.get("parameters", []):
            for junk in map(str, JUNK):
                query = cleaned(junk)[:3000]
                reply = client.request(method, at, params={parameter["name"]: query})
                assert reply.status_code < 500, (method, path, parameter["name"], junk[:50])
                sent += 1
            many = client.request(method, at, params={parameter["name"]: ["x"] * 1000})
            assert many.status_code < 500, (method, path, parameter["name"])
        for kind in operation.get("requestBody", {}).get("content", {}).values():
            for body in bodies(kind["schema"], named):
                try:
                    reply = client.request(method, at, json=body)
                except ValueError:  # the client sends no infinity
                    continue
                assert reply.status_code < 500, (method, path, str(body)[:200])
                sent += 1
    assert sent > 500


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_what_fits_the_description_and_what_does_not_is_never_a_500(
    client: TestClient, mode: GenerationMode
) -> None:
    described = schemathesis.openapi.from_dict(client.get(OPENAPI).json())
    for found in described.get_all_operations():
        operation = found.ok()
        if not (operation.body or operation.query):
            continue  # there is nothing that could be wrong

        @settings(max_examples=10, database=None, suppress_health_check=list(HealthCheck))
        @given(operation.as_strategy(generation_mode=mode))
        def sent(case: schemathesis.Case) -> None:
            request = case.as_transport_kwargs(base_url="http://localhost")
            body = request.pop("data", None)
            reply = client.request(**{**request, "cookies": None}, content=body)
            assert reply.status_code < 500, request

        sent()


@pytest.mark.parametrize("accept", ["text/html", "*/*"])
@pytest.mark.parametrize(
    "path", ["/library", "/library/essay", "/library/similar", "/measures", "/measures/map",
             "/measures/download.xlsx", "/history", "/login", "/api/essays", "/answers/x"],
)  # fmt: skip
def test_junk_in_addresses_is_never_a_500(client: TestClient, path: str, accept: str) -> None:
    names = (
        "id",
        "p",
        "q",
        "place",
        "author",
        "date",
        "from",
        "to",
        "theme",
        "sort",
        "lang",
        "chat",
    )
    for junk in map(str, JUNK):
        query = {name: cleaned(junk)[:500] for name in names}
        reply = client.get(path, params=query, headers={"accept": accept})
        assert reply.status_code < 500, (path, junk[:50])
    assert client.get(f"{path}?place=%ff%00%ed%a0%80&q=%01").status_code < 500


def unfit(text: str) -> bool:
    """Whether `text` holds what XML, files and terminals cannot take."""
    controls = (sign for sign in text if unicodedata.category(sign) in ("Cc", "Cs"))
    return any(sign not in "\t\n\r\x85" for sign in controls) or bool({*"\ufffe\uffff"} & {*text})


@given(st.text(max_size=300), st.integers(1, 100))
def test_a_question_is_what_can_be_kept_and_no_longer(text: str, most: int) -> None:
    try:
        made = limits.question(text, most)
    except BadInput:
        assert len(text) > most or not cleaned(text).split()
    else:
        assert 0 < len(made) <= most and not unfit(made) and made == " ".join(made.split())


@given(st.lists(st.text(max_size=30), max_size=60), st.integers(1, 20))
def test_earlier_questions_are_the_last_that_were_answered(texts: list[str], most: int) -> None:
    kept = limits.earlier(texts, most)
    assert len(kept) <= limits.MOST_TURNS and all(len(each) <= most for each in kept)
    said = [" ".join(cleaned(each).split()) for each in texts if each.strip() and len(each) <= most]
    assert kept == said[len(said) - len(kept) :]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/ask", {"question": "问", "filters": {"place": [1] * 300_000}}),
        ("/api/search", {"query": "问", "filters": {"date": [[]] * 200_000}}),
        ("/api/ask", {"question": "问", "history": [1] * 300_000}),
        ("/v1/chat/completions", {"messages": [{}] * 200_000}),
        ("/v1/chat/completions", {"messages": [{"role": "user", "content": [1] * 300_000}]}),
    ],
)
def test_a_million_faults_are_told_as_one(client: TestClient, path: str, body: object) -> None:
    reply = client.post(path, json=body)
    assert reply.status_code == 422
    assert len(reply.content) < 1000


@pytest.mark.parametrize("path", ["/chat/ask", "/verify", "/basket/write", "/measures/themes"])
def test_a_form_has_a_limit(client: TestClient, path: str) -> None:
    form = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
    assert client.post(path, content=b"a=%E4" * 70_000, headers=form).status_code == 413
    assert client.post(path, content=b"&" * 200_000 + b"a=1", headers=form).status_code < 500


def test_who_waits_too_long_or_behind_too_many_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    end = threading.Event()
    monkeypatch.setattr(queue, "_PATIENCE", 0.01)
    monkeypatch.setattr(queue, "_MOST_WAITING", 2)
    for _ in range(6):
        with pytest.raises(Overloaded, match="no answer within"):
            ANSWERS.in_turn(end.wait)
    with ThreadPoolExecutor(1) as other, pytest.raises(Overloaded):
        other.submit(ANSWERS.in_turn, end.wait).result()  # four work, and nobody waits any more
    end.set()
    monkeypatch.setattr(queue, "_PATIENCE", 60)
    while True:
        try:
            assert ANSWERS.in_turn(lambda: 7) == 7
        except Overloaded:  # the places are given back by the threads that had them
            continue
        break
    monkeypatch.setattr(ANSWERS, "held", {Future(): None for _ in range(6)})
    with pytest.raises(Overloaded, match="too many questions wait"):
        ANSWERS.in_turn(lambda: 7)


def test_a_search_waits_for_no_answer(assistant: Assistant) -> None:
    end = threading.Event()
    with ThreadPoolExecutor(5) as others:
        for _ in range(5):
            others.submit(ANSWERS.in_turn, end.wait)
        while not ANSWERS.waiting:
            threading.Event().wait(0.01)
        try:
            assert assistant.search("怎么引进人才", 3)[0].rank == 1
            assert ANSWERS.waiting == 1
        finally:
            end.set()


def test_fewer_passages_are_read_while_others_wait(
    assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = OnnxReader.read
    windows = list[int]()

    def counted(reader: OnnxReader, question: str, seen: Sequence[Window]) -> list[Reading]:
        windows.append(len(seen))
        return read(reader, question, seen)

    monkeypatch.setattr(OnnxReader, "read", counted)
    assistant.ask("怎么引进人才")
    for most, others in ((windows[0] // 2, 12), (windows[0] // 4, 40)):
        monkeypatch.setattr(ANSWERS, "held", {Future(): None for _ in range(others)})
        answer = assistant.ask("怎么引进人才")
        assert windows[-1] <= most and not answer.abstained


def test_earlier_questions_have_a_sum() -> None:
    kept = limits.earlier(["问" * 2000] * 39 + ["末"], 2000)
    assert kept == ["问" * 2000] * 9 + ["末"]


@pytest.mark.parametrize("filters", [Filters(place=("x",) * 101), Filters(author=("x" * 301,))])
def test_filters_have_limits(filters: Filters) -> None:
    with pytest.raises(BadInput, match="at most 100 of at most 300"):
        limits.filters(filters)


@settings(max_examples=30, suppress_health_check=list(HealthCheck))
@given(st.text(st.characters(), max_size=50))
@pytest.mark.parametrize("format", ["csv", "xlsx", "json", "text"])
def test_whatever_is_stored_can_be_exported(format: str, cell: str) -> None:
    assert as_bytes(RecordTable(("一",), ((cell,),)), format)


@given(st.text(st.characters()))
def test_what_is_spelt_out_or_cleaned_fits(text: str) -> None:
    for made in (cleaned(text), escaped(text)):
        assert not unfit(made) and made.encode() is not None
    assert "\n" not in escaped(text)
    if not unfit(text):
        assert cleaned(text) == text


@pytest.mark.parametrize("family", QUESTIONS, ids=lambda family: family.name)
def test_questions_take_time_as_their_length(site: Site, family: Family) -> None:
    index, longer = site.assistant.store.index, replace(site.settings, max_question=10_000)
    assistant = Assistant.open(index, longer)

    def asked(text: str) -> None:
        assistant.ask(text)
        assistant.search(text)

    assert_linear(asked, family, 400)


def test_logins_take_time_as_their_length_and_have_limits(client: TestClient) -> None:
    def log_in(text: str) -> int:
        form = {"name": text, "password": text}
        return client.post("/login", data=form).status_code

    marks = next(each for each in QUESTIONS if each.name == "combining marks")
    assert_linear(lambda text: log_in(text) == 401 or pytest.fail(text), marks, 100)
    assert log_in(marks.of(1000)) == 413


def test_conversations_take_time_as_their_length_and_have_limits(client: TestClient) -> None:
    def sent(turns: int, text: str = "太湖县有哪些措施？") -> int:
        body = {"messages": [{"role": "user", "content": text}] * turns}
        return client.post("/v1/chat/completions", json=body).status_code

    def talk(turns: int) -> None:
        assert sent(turns) == 200

    assert_linear(talk, SimpleNamespace(name="turns", of=int), 50)
    assert sent(401) == sent(201, "a" * 2000) == sent(1, "问" * 2001) == 400
