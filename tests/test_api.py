"""The interface for programs, over a real socket and with the clients that others write."""

import threading
import time
from collections.abc import Iterator

import httpx
import pytest
import uvicorn
from openai import BadRequestError, OpenAI

from rag.api import create_api
from rag.contract import answer_json
from rag.pipeline import Assistant

ASKED = "太湖县在人才方面有哪些措施？"
NOT_HELD = "哪些地方提到垃圾分类？"


@pytest.fixture(scope="module")
def address(assistant: Assistant) -> Iterator[str]:
    config = uvicorn.Config(create_api(assistant), port=0, log_level="warning")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


@pytest.fixture(scope="module")
def openai(address: str) -> Iterator[OpenAI]:
    with OpenAI(base_url=f"{address}/v1", api_key="none", max_retries=0) as client:
        yield client


def test_an_answer_is_what_the_command_line_prints(address: str, assistant: Assistant) -> None:
    asked = {"question": "池州市呢？", "history": [ASKED], "id": "7"}
    given = httpx.post(f"{address}/api/ask", json=asked).json()
    made = dict(answer_json(assistant.ask("池州市呢？", [ASKED]), "7"))
    assert {**given, "seconds": 0} == {**made, "seconds": 0}
    assert given["understood"].startswith("池州市")


def test_filters_limit_and_never_fail_open(address: str) -> None:
    asked = {"question": "有哪些措施？", "filters": {"place": ["望江县"]}}
    given = httpx.post(f"{address}/api/ask", json=asked).json()
    assert {cited["place"] for cited in given["citations"]} == {"望江县"}
    nobody = {"question": "有哪些措施？", "filters": {"place": ["无此地"]}}
    assert httpx.post(f"{address}/api/ask", json=nobody).json()["abstained"] is True


def test_search_and_lists(address: str, assistant: Assistant) -> None:
    hits = httpx.post(f"{address}/api/search", json={"query": "人才驿站", "k": 3}).json()
    assert [hit["rank"] for hit in hits] == [1, 2, 3]
    assert "人才驿站" in hits[0]["text"]
    essays = httpx.get(f"{address}/api/essays").json()
    assert [essay["place"] for essay in essays][:2] == ["桐城市", "太湖县"]
    limited = {"place": "望江县"}
    measures = httpx.get(f"{address}/api/measures", params=limited).json()
    assert [measure["lead"] for measure in measures] == [
        "完善考核识别使用机制。", "健全能力素质培养机制。", "构建激励担当作为机制。",
    ]  # fmt: skip
    everything = httpx.get(f"{address}/api/measures").json()
    assert len(everything) == len(assistant.records.measures())
    one = httpx.get(f"{address}/api/measures", params={"essay": measures[0]["essay_id"]}).json()
    assert one == measures


def test_mistakes_are_one_clear_line(address: str) -> None:
    empty = httpx.post(f"{address}/api/ask", json={"question": " "})
    assert (empty.status_code, "\n" in empty.json()["error"]["message"]) == (400, False)
    assert httpx.post(f"{address}/api/search", json={"query": "甲", "k": 0}).status_code == 422


def test_the_description_names_every_path_and_no_other_host(address: str) -> None:
    described = httpx.get(f"{address}/api/openapi.json")
    assert set(described.json()["paths"]) == {
        "/api/ask", "/api/search", "/api/essays", "/api/measures", "/v1/models",
        "/v1/chat/completions",
    }  # fmt: skip
    assert "AnswerJson" in described.json()["components"]["schemas"]
    assert "http" not in described.text.replace("httpx", "").replace("HTTPValidationError", "")


def test_the_openai_client_gets_the_answer_with_annotations(
    openai: OpenAI, assistant: Assistant, address: str
) -> None:
    assert [model.id for model in openai.models.list()] == ["youju"]
    message = openai.chat.completions.create(
        model="youju", messages=[{"role": "user", "content": ASKED}]
    ).choices[0].message  # fmt: skip
    answer = assistant.ask(ASKED)
    text = message.content or ""
    assert text.startswith(answer.text)
    assert all(citation.quote in text for citation in answer.citations)
    assert message.annotations
    for note, citation in zip(message.annotations, answer.citations, strict=True):
        cited = note.url_citation
        assert text[cited.start_index : cited.end_index] == f"[{citation.number}]"
        assert cited.url.startswith(f"{address}/library/essay?id=")
        assert "左小斌" in cited.title


def test_the_openai_client_streams_the_same(openai: OpenAI) -> None:
    asked = [
        {"role": "system", "content": "你是助手"},
        {"role": "user", "content": ASKED},
        {"role": "assistant", "content": "……"},
        {"role": "user", "content": [{"type": "text", "text": "池州市呢？"}]},
    ]
    whole = openai.chat.completions.create(model="x", messages=asked)  # type: ignore[arg-type]
    chunks = list(
        openai.chat.completions.create(model="x", messages=asked, stream=True)  # type: ignore[call-overload]
    )
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    assert text == whole.choices[0].message.content
    assert "池州" in text
    last = chunks[-1].choices[0]
    assert last.finish_reason == "stop"
    assert len(last.delta.annotations) == len(whole.choices[0].message.annotations or ())


def test_a_refusal_says_so_and_has_no_annotation(openai: OpenAI) -> None:
    message = openai.chat.completions.create(
        model="youju", messages=[{"role": "user", "content": NOT_HELD}]
    ).choices[0].message  # fmt: skip
    assert "垃圾" in str(message.content)
    assert "最接近的内容（不是答案）" in str(message.content)
    assert message.annotations == []


@pytest.mark.parametrize("stream", [False, True])
def test_what_cannot_be_asked_is_an_error_of_the_client(openai: OpenAI, stream: bool) -> None:
    for messages in ([{"role": "user", "content": ""}], [{"role": "system", "content": "甲"}]):
        with pytest.raises(BadRequestError):
            openai.chat.completions.create(model="x", messages=messages, stream=stream)  # type: ignore[call-overload]
