"""Searched by words alone, for now or because the endpoint failed: everybody is told, and answered.

Also what `rag serve` does where there is nothing to serve yet, or something of an older format.
"""

import json
import queue
import re
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import Response
from fastapi.testclient import TestClient

from rag.cli import main
from rag.encoding import Vectors
from rag.errors import EncoderFailed
from rag.index import FolderStore
from rag.pipeline import Assistant, build
from rag.settings import Settings
from tests.conftest import Run
from tests.embeddings import EmbeddingServer, closed_port, serving
from tests.killing import served
from tests.letters import LetterEncoder
from tests.test_pipeline import FIRST, SECOND, write
from ui import render
from ui.app import plain_app
from ui.conversation import Thread
from ui.site import Site
from ui.strings import EN, ZH

ASKED = "人才专窗怎么设立？"
HELD = "设立人才专窗，限时办结"
NOTE = "编码服务没有应答，这个回答只按字词检索得出。"
BUSY = Response("busy", 503)


@pytest.fixture(autouse=True)
def without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tries follow each other at once."""
    monkeypatch.setattr("rag.index.build._WAITS", (0, 0, 0, 0))


@pytest.fixture
def server() -> Iterator[EmbeddingServer]:
    with serving(LetterEncoder().encode_queries) as made:
        yield made


@pytest.fixture
def settings(server: EmbeddingServer, tmp_path: Path) -> Settings:
    """Settings that name that endpoint, and folders of the test's own."""
    more = {f"{n}": f"第{n}号\n\n加强作风建设。{n}个支部开展谈话提醒。\n" for n in range(4)}
    write(tmp_path / "corpus", 甲=FIRST, 乙=SECOND, **more)
    names = {name: str(tmp_path / name) for name in ("index", "corpus", "data")}
    return replace(server.settings(), **names)


def built(settings: Settings) -> Assistant:
    build([Path(settings.corpus)], Path(settings.index), settings)
    return Assistant.open(Path(settings.index), settings)


@pytest.fixture
def site(settings: Settings) -> Iterator[Site]:
    made = Site.open(built(settings), settings)
    yield made
    made.history.close()


def test_a_failing_endpoint_is_said_with_every_answer(server: EmbeddingServer, site: Site) -> None:
    assistant = site.assistant
    assert (assistant.ask(ASKED).note, assistant.searching) == (None, "words and meaning")
    server.always = BUSY
    for question in ("干部到哪里跟班学习？", "哪个县提出了垃圾分类？"):
        server.requests.clear()
        answer = assistant.ask(question)
        assert answer.note == NOTE
        assert len(server.requests) == 1  # waited for once, though it is searched for twice
        for s in (ZH, EN):
            assert s.by_words_only in render.turn(answer, {}, s)
    assert assistant.searching == "words: the endpoint failed"
    assert assistant.ask(ASKED).note is None  # whose vector is known
    with TestClient(plain_app(site), base_url="http://localhost") as client:
        assert client.get("/ready").json() == {
            "status": "ok", "generation": "000001", "searching": "words: the endpoint failed",
        }  # fmt: skip
        assert client.get("/ready").json()["searching"] == "words: the endpoint failed"
        asked = client.post("/api/ask", json={"question": "什么是跟班学习？"}).json()
        assert asked["note"] == NOTE
        said = {"messages": [{"role": "user", "content": "什么是人才专窗？"}]}
        (choice,) = client.post("/v1/chat/completions", json=said).json()["choices"]
        assert f"（{NOTE}）" in choice["message"]["content"]
        assert ZH.endpoint_failed in client.get("/admin/system").text
        assert EN.endpoint_failed in client.get("/admin/system?lang=en").text
    assert ZH.endpoint_failed in Thread(site).told("", "", ZH)["html"]


def test_an_endpoint_that_is_back_is_asked_again(server: EmbeddingServer, site: Site) -> None:
    """Nothing that was found by words alone is kept for the next who asks."""
    server.always = BUSY
    asked = "哪个县提出了垃圾分类？"
    assert [site.assistant.ask(asked).note for _ in range(2)] == [NOTE] * 2
    server.always = None
    assert site.assistant.ask(asked).note is None
    assert site.assistant.searching == "words and meaning"
    assert ZH.endpoint_failed not in Thread(site).told("", "", ZH)["html"]


def test_only_the_questions_that_met_the_failure_say_so(
    server: EmbeddingServer, site: Site
) -> None:
    """Of many at a time, those whose vectors are known are searched by meaning all the while."""
    known = [f"第{n}个专窗怎么设立？" for n in range(6)]
    for question in known:
        site.assistant.ask(question)
    server.always = BUSY
    new = [f"第{n}个干部到哪里跟班学习？" for n in range(6)]
    with ThreadPoolExecutor(12) as pool:
        answers = pool.map(
            site.assistant.ask, [q for pair in zip(known, new, strict=True) for q in pair]
        )
    assert [answer.note for answer in answers] == [None, NOTE] * 6


def test_the_command_line_says_it_on_stderr(
    rag: Run, server: EmbeddingServer, settings: Settings
) -> None:
    built(settings)
    named = {"RAG_ENCODER": server.url, "RAG_ENCODER_MODEL": "letters"}
    assert rag("ask", ASKED, **named).stderr == ""
    server.always = BUSY
    told = re.escape("rag: questions are searched by words alone: the embeddings endpoint")
    for command in (("ask", ASKED), ("search", ASKED)):
        ran = rag(*command, **named)
        assert (ran.returncode, HELD in ran.stdout.replace("*", "")) == (0, True)
        assert re.fullmatch(f"{told} .* answers 503.*\n", ran.stderr)
    ran = rag("ask", ASKED, "--format", "json", **named)
    assert json.loads(ran.stdout)["note"] == NOTE


def test_what_has_no_vectors_yet_is_said_until_they_are_there(
    rag: Run, server: EmbeddingServer, settings: Settings
) -> None:
    server.always = BUSY
    with pytest.raises(EncoderFailed):
        built(settings)
    site = Site.open(Assistant.open(Path(settings.index), settings), settings)
    answer = site.assistant.ask(ASKED)
    assert answer.note is None
    assert [c for c in (*answer.citations, *answer.nearest) if HELD in c.quote]
    with TestClient(plain_app(site), base_url="http://localhost") as client:
        assert client.get("/ready").json()["searching"] == "words for now"
        assert client.get("/ready").json()["searching"] == "words for now"
        assert ZH.words_for_now in client.get("/admin/system").text
        assert ZH.words_for_now in Thread(site).told("", "", ZH)["html"]
        assert EN.words_for_now in Thread(site).told("", "", EN)["html"]
        named = {"RAG_ENCODER": server.url, "RAG_ENCODER_MODEL": "letters"}
        assert "  by words, vectors not there yet" in rag("index", "list", **named).stdout
        server.always = None
        built(settings)
        assert client.get("/ready").json()["searching"] == "words and meaning"
        assert ZH.words_for_now not in client.get("/admin/system").text
        assert 'class="state"' not in Thread(site).told("", "", ZH)["html"]
        *_, last = rag("index", "list", **named).stdout.splitlines()
        assert last.startswith("* 000002") and last.endswith(f"encoder {server.url}")
    site.history.close()


def test_words_alone_by_choice_are_nothing_to_tell(settings: Settings) -> None:
    by_choice = replace(settings, encoder="none")
    site = Site.open(built(by_choice), by_choice)
    assert (site.assistant.searching, site.assistant.ask(ASKED).note) == ("words", None)
    assert 'class="state"' not in Thread(site).told("", "", ZH)["html"]
    with TestClient(plain_app(site), base_url="http://localhost") as client:
        page = client.get("/admin/system").text
        assert f"<dd>{ZH.no_encoder}</dd>" in page
        assert f"<dd>{ZH.healthy}</dd>" in page
    site.history.close()


def test_the_administration_names_the_steps_of_a_build(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A build that waits at every step until somebody has looked how far it is."""
    real, steps, looked = build, queue.SimpleQueue[str](), threading.Semaphore(0)

    def slow(*given: Any, **more: Any) -> Any:  # noqa: ANN401
        *others, progress = given

        def waits(step: str, done: int, total: int) -> None:
            progress(step, done, total)
            steps.put(step)
            looked.acquire()

        made = real(*others, waits, **more)
        steps.put("")
        return made

    monkeypatch.setattr("ui.rebuild.build", slow)
    names = {"files": ("读取文件", "reading files"), "vectors": ("生成向量", "making vectors")}
    with TestClient(plain_app(site), base_url="http://localhost") as client:
        assert f"<dd>{site.settings.encoder}</dd>" in client.get("/admin/system").text
        client.post("/admin/rebuild", headers={"origin": "http://localhost"})
        told = set()
        while step := steps.get(timeout=60):
            said = [client.get(f"/admin/progress?lang={each}").json() for each in ("zh", "en")]
            assert tuple(each["step"] for each in said) == names[step]
            told.add(step)
            looked.release()
    assert told == set(names)


# ---- rag serve where there is nothing to serve yet ----


def test_an_empty_folder_is_served_and_every_answer_is_a_refusal(rag: Run, tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    with served(tmp_path) as url, httpx.Client(base_url=url, timeout=60) as client:
        assert client.get("/ready").json() == {
            "status": "ok", "generation": "000001", "searching": "words",
        }  # fmt: skip
        for question in (ASKED, "各地分别怎么做？", "总结一下"):
            answer = client.post("/api/ask", json={"question": question}).json()
            assert (answer["abstained"], answer["reason"]) == (True, "还没有收录任何材料")
        assert client.post("/api/ask", json={"question": "你好"}).json()["kind"] == "help"
        assert client.post("/api/search", json={"query": "人才"}).json() == []
        paths = ("/", "/library", "/library?q=人才", "/measures", "/measures/map", "/chat/page")
        for path in (
            *paths,
            "/admin",
            "/admin/system",
            "/api",
            "/metrics",
            "/measures/download.xlsx",
        ):
            assert client.get(path).status_code == 200, path
        other = Settings(index=str(tmp_path / "index"), data=str(tmp_path / "other"))
        site = Site.open(Assistant.open(tmp_path / "index", Settings()), other)
        assert ZH.welcome in Thread(site).told("", "", ZH)["html"]
        site.history.close()
        write(tmp_path / "corpus", 乙=SECOND)  # and what comes later is answered from
        assert rag("build").returncode == 0
        assert not client.post("/api/ask", json={"question": ASKED}).json()["abstained"]


def test_an_empty_index_is_asked_on_the_command_line(rag: Run, tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    made = rag("build")
    assert (made.returncode, made.stderr) == (0, "")
    assert re.search(r" 0 passages, .*[^;]; 0 of 0 files skipped$", made.stdout.strip())
    asked = rag("ask", ASKED)
    assert (asked.returncode, asked.stderr) == (0, "")
    assert asked.stdout.startswith("还没有收录任何材料。")
    assert rag("search", ASKED).stdout == ""
    assert rag("index", "verify").stdout.endswith("whole\n")


def test_serve_opens_by_words_while_vectors_are_made(tmp_path: Path) -> None:
    """The page is there as soon as files are read, and changes over when meaning is there."""
    write(tmp_path / "corpus", 甲=FIRST, 乙=SECOND)
    go_on = threading.Event()

    def embed(texts: Sequence[str]) -> Vectors:
        go_on.wait()
        return LetterEncoder().encode_queries(texts)

    with serving(embed) as server:
        named = {"RAG_ENCODER": server.url, "RAG_ENCODER_MODEL": "letters", "RAG_WORDS_FIRST": "0"}
        with served(tmp_path, **named, RAG_ENCODER_TIMEOUT="600") as url:
            try:
                ready = httpx.get(f"{url}/ready", timeout=60).json()
                assert (ready["generation"], ready["searching"]) == ("000001", "words for now")
            finally:
                go_on.set()
            while ready["searching"] != "words and meaning":
                ready = httpx.get(f"{url}/ready", timeout=60).json()
            assert ready["generation"] == "000002"


def outdated(folder: Path) -> Path:
    """An index of an older format that says it serves."""
    index = folder / "index"
    build([write(folder / "corpus", 乙=SECOND)], index, Settings(encoder="none"))
    path = FolderStore(index).folder("000001") / "manifest.json"
    made = json.loads(path.read_text(encoding="utf-8")) | {"format": 7}
    path.write_text(json.dumps(made), encoding="utf-8")
    return index


def test_an_index_of_an_older_format_is_built_again_by_serve(rag: Run, tmp_path: Path) -> None:
    outdated(tmp_path)
    for command in (("ask", ASKED), ("search", ASKED), ("list", "essays")):
        ran = rag(*command)
        assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (1, "", 1)
        assert "has index format 7" in ran.stderr and "run `rag build`" in ran.stderr
    assert rag("index", "list").stdout == "* 000001  of another format: run `rag build`\n"
    with served(tmp_path) as url:
        assert httpx.get(f"{url}/ready", timeout=60).json()["generation"] == "000002"
        asked = httpx.post(f"{url}/api/ask", json={"question": ASKED}, timeout=60).json()
    assert HELD in json.dumps(asked, ensure_ascii=False)


def test_serve_says_in_one_line_that_it_builds_an_older_index_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    index, seen = outdated(tmp_path), list[Path]()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RAG_ENCODER", "none")
    monkeypatch.setattr("ui.app.serve", lambda index, _settings: seen.append(index))
    for _ in range(2):  # the second time there is nothing to do
        with pytest.raises(SystemExit) as ended:
            main(["serve"])
        assert ended.value.code == 0
    assert capsys.readouterr().err == (
        "rag: index is of another format: it is built again from corpus\n"
    )
    assert (seen, FolderStore(index).current()) == ([Path("index")] * 2, "000002")


def test_an_older_index_whose_corpus_is_gone_is_one_line(rag: Run, tmp_path: Path) -> None:
    index = outdated(tmp_path)
    (tmp_path / "corpus" / "乙.txt").unlink()
    emptied = rag("serve")  # a drive that is not mounted must not empty the index
    assert (emptied.returncode, emptied.stderr.count("\n")) == (1, 2)
    assert "there are no files under corpus: the index stays as it is" in emptied.stderr
    (tmp_path / "corpus").rmdir()
    ran = rag("serve")
    assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (1, "", 1)
    assert "has index format 7" in ran.stderr and "run `rag build`" in ran.stderr
    assert FolderStore(index).current() == "000001"


def test_serve_without_its_endpoint_builds_and_serves_by_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path / "corpus", 乙=SECOND)
    seen: list[str] = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RAG_ENCODER", closed_port())
    monkeypatch.setattr(
        "ui.app.serve",
        lambda index, settings: seen.append(Assistant.open(index, settings).searching),
    )
    with pytest.raises(SystemExit) as ended:
        main(["serve"])
    assert (ended.value.code, seen) == (0, ["words for now"])
    err = capsys.readouterr().err
    assert err.startswith("rag: the embeddings endpoint ") and err.count("\n") == 1
