"""核稿 in a browser's forms: what is taken in, refused in one line, shown and given back."""

import time
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import docx
import pytest
from fastapi.testclient import TestClient

from rag.pipeline import Assistant
from rag.settings import Settings
from rag.verify import LABELS, verify
from tests import samples
from ui.app import plain_app
from ui.site import Site

RATE = "按照不低于上年度地方财政收入1%设立人才发展专项资金，健全人才保障投入机制"
DRAFT = f"{RATE}。\n{RATE.replace('1%', '2%')}。\n去年新建跨海大桥三座，实施<b>“碧海”</b>行动。"


@pytest.fixture(scope="module")
def client(
    assistant: Assistant, index: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TestClient]:
    data = str(tmp_path_factory.mktemp("data"))
    site = Site.open(assistant, Settings(data=data, index=str(index), max_draft_bytes=300_000))
    with TestClient(plain_app(site), base_url="http://localhost", follow_redirects=False) as client:
        yield client
    site.history.close()


def judged(client: TestClient, **sent: object) -> tuple[str, str]:
    """Send a draft; return its address and its page, once it is done."""
    answer = client.post("/verify", **sent)  # type: ignore[arg-type]
    assert answer.status_code == 303, answer.text
    address = answer.headers["location"]
    while 'http-equiv="refresh"' in (page := client.get(address).text):
        time.sleep(0.05)
    return address, page


def word(*paragraphs: str) -> bytes:
    document = docx.Document()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    return samples.saved(document)


def test_each_sentence_has_its_verdict_source_and_differing_words(
    client: TestClient, assistant: Assistant
) -> None:
    _, page = judged(client, data={"text": DRAFT})
    for sentence in verify(DRAFT.splitlines(), assistant.steady()):
        assert f'<span class="verdict {sentence.verdict.replace(" ", "-")}">' in page
        assert LABELS[sentence.verdict] in page
    assert "<mark>2%</mark>" in page
    assert "<mark>1%</mark>" in page
    assert "数字或单位：稿中“2%”，原文“1%”" in page
    assert "&lt;b&gt;" in page
    assert "<b>" not in page
    look = page[page.index('class="look"') : page.index('class="checked"')]
    assert look.index("#s2") < look.index("#s3")
    assert "#s1" not in look


def test_the_word_file_comes_back_with_comments(client: TestClient) -> None:
    upload = {"file": ("稿子.docx", word(*DRAFT.splitlines()))}
    address, page = judged(client, files=upload)
    assert "稿子" in page
    made = client.get(f"{address}.docx")
    assert "%E6%A0%B8%E7%A8%BF" in made.headers["content-disposition"]
    document = docx.Document(BytesIO(made.content))
    assert [p.text for p in document.paragraphs] == DRAFT.splitlines()
    said = [comment.text.splitlines()[0] for comment in document.comments]
    assert said == ["原文一致", "有改动", "未见出处"]


@pytest.mark.parametrize("name", ["稿.txt", "稿.MD"])
def test_text_files_are_read_in_their_encoding(client: TestClient, name: str) -> None:
    _, page = judged(client, files={"file": (name, f"{RATE}。\n".encode("gb18030"))})
    assert "原文一致 1" in page


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"data": {"text": " \n"}}, "稿子里没有可核对的文字"),
        ({"data": {"text": "长" * 20_001}}, "稿子有 20001 字，最多 20000 字"),
        ({"files": {"file": ("a.pdf", samples.pdf())}}, "只能核对 docx、txt、md 文件"),
        ({"files": {"file": ("a.docx", b"PK\x03\x04 no archive")}}, "这个文件打不开"),
        ({"files": {"file": ("a.docx", samples.zipped({"a": b"b"}))}}, "这个文件打不开"),
        ({"files": {"file": ("a.txt", bytes(range(256)) * 9)}}, "这个文件打不开"),
        ({"files": {"file": ("a.txt", b" ")}, "data": {"text": "甲"}}, "只能选一样"),
        ({"files": {"file": ("a.txt", b"x" * 300_001)}}, "超过 0 MB"),
    ],
)
def test_what_cannot_be_judged_is_said_in_one_line(
    client: TestClient, sent: dict[str, object], said: str
) -> None:
    answer = client.post("/verify", **sent)  # type: ignore[arg-type]
    assert answer.status_code == 422
    assert said in answer.text
    assert answer.text.count('role="alert"') == 1


def test_a_broken_part_of_a_word_file_is_no_fault_of_ours(client: TestClient) -> None:
    broken = samples.zipped({
        "[Content_Types].xml": b"<Types", "word/document.xml": b"<w:document",
    })  # fmt: skip
    answer = client.post("/verify", files={"file": ("a.docx", broken)})
    assert (answer.status_code, "这个文件打不开" in answer.text) == (422, True)


def test_what_is_far_too_large_is_not_taken_in(client: TestClient) -> None:
    answer = client.post("/verify", files={"file": ("a.txt", b"x" * 1_000_000)})
    assert answer.status_code == 413


def test_a_long_draft_is_shown_by_pages_and_only_the_last_drafts_are_kept(
    client: TestClient,
) -> None:
    first, page = judged(client, data={"text": "甲乙。" * 150})
    assert 'rel="next"' in page
    assert page.count('class="said"') == 100
    assert client.get(first, params={"page": 2}).text.count('class="said"') == 50
    for _ in range(3):
        judged(client, data={"text": RATE})
    assert client.get(first).status_code == 404


def test_a_draft_that_is_not_there_has_no_page(client: TestClient) -> None:
    assert client.get("/verify/none").status_code == 404
    assert client.get("/verify/none.docx").status_code == 404
