"""What the chat says while it searches by words alone: above the conversation, under the answer."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi import Response
from playwright.sync_api import Browser, expect

from rag.pipeline import build
from tests.browser.driver import Watched, served
from tests.conftest import CORPUS
from tests.embeddings import EmbeddingServer, serving
from tests.letters import LetterEncoder

ASKED = "哪个县提出了垃圾分类？"


@pytest.fixture
def server() -> Iterator[EmbeddingServer]:
    with serving(LetterEncoder().encode_queries) as made:
        yield made


def test_a_failing_endpoint_is_told_in_the_chat(
    chromium: Browser, server: EmbeddingServer, tmp_path: Path
) -> None:
    settings = replace(server.settings(), corpus=str(CORPUS))
    build([CORPUS], tmp_path / "index", settings)
    named = {"RAG_ENCODER": server.url, "RAG_ENCODER_MODEL": "letters"}
    with served(tmp_path / "index", RAG_DATA=str(tmp_path / "data"), **named) as address:
        # each asks what was not asked before: a vector that is known does not reach the endpoint
        for width, other in ((1440, "哪个县提出了垃圾焚烧？"), (375, "哪个县提出了污水处理？")):
            server.always = Response("busy", 503)
            page = chromium.new_page(viewport={"width": width, "height": 900})
            chat = Watched(page, address)
            chat.open()
            chat.ask(ASKED)
            expect(page.locator(".turn .state")).to_have_text(
                "编码服务没有应答，这个回答只按字词检索得出。"
            )
            above = page.locator("#thread .state").first
            expect(above).to_have_text("编码服务没有应答，暂时只按字词检索。")
            server.always = None
            chat.ask(other)
            expect(page.locator("#thread .state")).to_have_count(1)  # under the first answer alone
            expect(page.locator(".turn").nth(1).locator(".asked")).to_be_in_viewport()
            chat.check()
            page.close()
