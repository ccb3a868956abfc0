"""The interface for programs, over a real socket and with the clients that others write."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fastapi.testclient import TestClient
from openai import BadRequestError, OpenAI

from rag.api import create_api
from rag.contract import answer_json
from rag.pipeline import Assistant
from tests.listening import listening
from tests.llm_server import Step, serving

ASKED = "太湖县在人才方面有哪些措施？"
NOT_HELD = "哪些地方提到垃圾分类？"


@pytest.fixture(scope="module")
def address(assistant: Assistant) -> Iterator[str]:
    with listening(create_api(assistant)) as url:
        yield url


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
        "/api/ask", "/api/search", "/api/essays", "/api/measures", "/api/verify", "/v1/models",
        "/v1/chat/completions",
    }  # fmt: skip
    assert "AnswerJson" in described.json()["components"]["schemas"]
    assert "http" not in described.text.replace("httpx", "").replace("HTTPValidationError", "")


def test_a_draft_is_held_against_the_essays(address: str) -> None:
    text = "大力实施“领先”计划，每年开展城市社区十大品牌创建活动。\n健全人才保障投入机制。"
    told = httpx.post(f"{address}/api/verify", json={"text": text}).json()
    assert [s["verdict"] for s in told["sentences"]] == ["changed", "verbatim"]
    assert told["sentences"][0]["changes"][0]["source"] == "领航"


def test_tools_are_ignored_with_a_warning_and_a_long_history_is_refused(address: str) -> None:
    asked: dict[str, object] = {"role": "user", "content": ASKED}
    url = f"{address}/v1/chat/completions"
    said = httpx.post(url, json={"messages": [asked], "tools": [{"type": "function"}]})
    assert said.status_code == 200
    assert "tools" in said.headers["warning"]
    long = httpx.post(url, json={"messages": [asked] * 401})
    assert long.status_code == 400
    assert "too long" in long.json()["error"]["message"]


def test_what_a_model_adds_is_streamed_after_the_answer(index: Path) -> None:
    script = ["池州市按照不低于上年度地方财政收入1%的比例设立人才发展专项资金。", Step.DONE]
    asked = {"role": "user", "content": "池州市的人才发展专项资金按什么比例设立？"}
    with serving(script) as server:
        worded = Assistant.open(index, server.settings())
        client = TestClient(create_api(worded))
        sent = client.post("/v1/chat/completions", json={"messages": [asked], "stream": True})
        plain = next(worded.asking(asked["content"]))
    events = [json.loads(line[6:]) for line in sent.text.splitlines() if line[6:7] == "{"]
    deltas = [event["choices"][0]["delta"] for event in events]
    text = "".join(delta.get("content", "") for delta in deltas)
    assert text.startswith(plain.text)
    lead = "由语言模型概括，已逐句核对：池州市按照不低于上年度地方财政收入1%的比例"
    assert text.index(lead) > len(plain.text)
    notes = deltas[-1]["annotations"]
    assert all(
        text[n["url_citation"]["start_index"] : n["url_citation"]["end_index"]][0] == "["
        for n in notes
    )
    assert len(notes) > len(plain.citations)


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
