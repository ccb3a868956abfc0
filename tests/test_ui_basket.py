"""The page of the basket: what is put in from any page, ordered, written between, carried away."""

from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from docx import Document
from fastapi.testclient import TestClient
from openpyxl import load_workbook

from rag.basket import MOST, quoted
from rag.pipeline import Assistant
from rag.settings import Settings
from rag.types import Citation, Filters
from rag.users import LOCAL_NAME
from tests.keeping import keep
from tests.test_basket import ASKED, citation, words
from ui.app import plain_app
from ui.site import Site

ELSEWHERE = {"origin": "http://evil.example"}
SCRIPT = {"accept": "application/json"}


@pytest.fixture(scope="module")
def site(assistant: Assistant, index: Path, tmp_path_factory: pytest.TempPathFactory) -> Site:
    data = str(tmp_path_factory.mktemp("data"))
    return Site.open(assistant, Settings(data=data, index=str(index)))


@pytest.fixture
def client(site: Site) -> Iterator[TestClient]:
    with TestClient(plain_app(site), base_url="http://localhost", follow_redirects=False) as client:
        yield client
    site.basket.remove(LOCAL_NAME)


def passage(assistant: Assistant, holding: str) -> str:
    """Return the name of the passage that is a whole paragraph."""
    (row, *_) = assistant.records.holding(holding)
    (found,) = assistant.records.passages([row])
    paragraph = assistant.records.paragraph(found.paragraph_id)
    return f"{paragraph.paragraph_id}:0-{len(paragraph.text)}"


def test_a_quote_and_an_answer_are_put_in_and_carried_away(
    client: TestClient, site: Site, assistant: Assistant
) -> None:
    quote = {"quote": passage(assistant, "人才驿站")}
    kept = keep(site.history, LOCAL_NAME, None, assistant.ask(ASKED), Filters()).answer_id
    put = client.post("/basket/put", data=quote, headers=SCRIPT)
    assert (put.status_code, put.json()) == (200, {"told": "已放入素材篮：1 条"})
    again = client.post("/basket/put", data=quote, headers=SCRIPT)
    assert again.json() == {"told": "素材篮里已有，没有重复放入。"}
    assert client.post("/basket/put", data={"answer": kept}).headers["location"] == "/basket"
    client.post("/basket/put", data={"answer": f"{kept}/0"})
    client.post("/basket/title", data={"title": "人才工作"})
    word = client.get("/basket/download.docx")
    assert "%E4%BA%BA%E6%89%8D%E5%B7%A5%E4%BD%9C.docx" in word.headers["content-disposition"]
    paragraphs = Document(BytesIO(word.content)).paragraphs
    assert paragraphs[0].text == "人才工作"
    assert "人才驿站" in paragraphs[1].text
    assert "# 人才工作\n" in client.get("/basket/download.md").text
    book = load_workbook(BytesIO(client.get("/basket/download.xlsx").content))
    assert "人才驿站" in str(book["正文"]["B2"].value)
    assert "《读懂党的二十大报告精神" in str(book["正文"]["C2"].value)
    entry = site.basket.entries(LOCAL_NAME)[0].entry_id
    assert client.get(f"/basket/{entry}").headers["location"].startswith("/library/essay?id=")


@pytest.mark.parametrize(
    "sent",
    [
        {}, {"quote": "x"}, {"quote": "甲#1.2:0-5"}, {"quote": ":0-5"}, {"answer": "none"},
        {"quote": "{}:5-5"}, {"quote": "{}:-1-5"}, {"quote": "{}:0-99999"}, {"quote": "{}:٣-x"},
        {"answer": "{kept}/99"}, {"answer": "{kept}/-99"}, {"answer": "{kept}/x"},
    ],
)  # fmt: skip
def test_what_is_not_there_is_not_put_in(
    client: TestClient, site: Site, assistant: Assistant, sent: dict[str, str]
) -> None:
    kept = keep(site.history, LOCAL_NAME, None, assistant.ask(ASKED), Filters()).answer_id
    named = passage(assistant, "人才驿站").rpartition(":")[0]
    data = {
        name: value.replace("{kept}", kept).replace("{}", named) for name, value in sent.items()
    }
    refused = client.post("/basket/put", data=data, headers=SCRIPT)
    assert refused.status_code == 404
    assert refused.json()["told"].startswith("没有放入：")
    assert "没有放入：" in client.post("/basket/put", data=data).text
    assert site.basket.entries(LOCAL_NAME) == ()


HOSTILE = (
    "<script>alert(1)</script>\n=cmd|' /C calc'!A0 **[x](javascript:y)** \u202e\u05e9\u05dc\u2066"
)


def test_hostile_words_are_shown_and_exported_as_they_are(client: TestClient, site: Site) -> None:
    client.post("/basket/write", data={"text": HOSTILE, "level": "0"})
    client.post("/basket/write", data={"text": HOSTILE[:60], "level": "1"})
    client.post("/basket/title", data={"title": HOSTILE[:60]})
    page = client.get("/basket").text
    assert "<script>alert" not in page
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 4
    assert "\u202e" not in page
    markdown = client.get("/basket/download.md").text
    assert "<script>" not in markdown.replace("\\<", "")
    assert "](" not in markdown.replace("\\]", "")
    book = load_workbook(BytesIO(client.get("/basket/download.xlsx").content))
    assert "f" not in {cell.data_type for row in book["正文"] for cell in row}
    said = [
        p.text for p in Document(BytesIO(client.get("/basket/download.docx").content)).paragraphs
    ]
    assert said[1].startswith("<script>alert(1)</script>\n=cmd|' /C calc'!A0 **[x]")


def test_words_that_are_refused_are_named_in_one_line(client: TestClient) -> None:
    for text_, level in (("", "0"), (" \x01 ", "1"), ("长" * 101, "1"), ("长" * 2001, "0")):
        refused = client.post("/basket/write", data={"text": text_, "level": level})
        assert refused.status_code == 422
        assert refused.text.count("没有存下：文字不能为空") == 1
    assert client.post("/basket/write", data={"text": "甲", "level": "9"}).status_code == 422
    for move in ("x", "1-", "1-2-3", "9" * 16 + "-0", "٣-0"):
        assert client.post("/basket/change", data={"move": move}).status_code == 422
    for change in ({"move": "77-0"}, {"remove": "77"}):
        assert client.post("/basket/change", data=change).status_code == 404
    for path in ("put", "write", "change", "title"):
        assert client.post(f"/basket/{path}", headers=ELSEWHERE).status_code == 403


def test_the_page_works_without_a_script(client: TestClient, site: Site) -> None:
    for each in "甲乙丙":
        client.post("/basket/write", data={"text": each})
    first, second, third = (each.entry_id for each in site.basket.entries(LOCAL_NAME))
    page = client.get("/basket").text
    for value in (f"{second}-{first}", f"{first}-{third}", f"{second}-0", f"{third}-{second}"):
        assert f'name="move" value="{value}"' in page
    client.post("/basket/change", data={"move": f"{third}-{first}"})
    client.post("/basket/change", data={"remove": str(first)})
    assert words(site.basket.entries(LOCAL_NAME)) == ["丙", "乙"]
    client.post("/basket/change", data={"restore": "1"})
    assert words(site.basket.entries(LOCAL_NAME)) == ["丙", "甲", "乙"]
    client.post("/basket/change", data={"clear": "1"})
    assert site.basket.entries(LOCAL_NAME) == ()
    assert "还没有素材。" in client.get("/basket").text


def test_an_entry_whose_essay_is_gone_or_changed_is_kept_and_marked(
    client: TestClient, site: Site, assistant: Assistant
) -> None:
    client.post("/basket/put", data={"quote": passage(assistant, "人才驿站")})
    assert "文库已没有这段原文" not in client.get("/basket").text
    there = site.basket.entries(LOCAL_NAME)[0].citations[0]
    changed = replace(
        there, paragraph=replace(there.paragraph, text="旧文。"), quote="旧文。", end=3
    )
    site.basket.put(LOCAL_NAME, [quoted(citation("无篇之句。")), quoted(changed)])
    page = client.get("/basket").text
    assert page.count("文库已没有这段原文") == 2
    assert "无篇之句。" in page
    markdown = client.get("/basket/download.md").text
    assert "无篇之句。[^2]" in markdown


def test_500_long_entries_are_a_page_of_less_than_500_kb(
    client: TestClient, site: Site, assistant: Assistant
) -> None:
    records = assistant.records
    (essay,) = (each for each in records.essays() if each.author == "左小斌")
    long = records.paragraphs(essay.essay_id)[8]
    quotes = [Citation(1, long, essay, f"第{n}条。" + "<&长文" * 500, 0, 3) for n in range(MOST)]
    site.basket.put(LOCAL_NAME, [quoted(each) for each in quotes])
    page = client.get("/basket")
    assert page.text.count('<li id="e') == MOST
    assert len(page.content) <= 500_000
    word = Document(BytesIO(client.get("/basket/download.docx").content))
    assert sum(quotes[7].quote in each.text for each in word.paragraphs) == 1, "whole in the file"
