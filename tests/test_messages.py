"""What the program says stands in both languages, in the table, the terminal and the browser."""

import ast
import json
import pickle
import tomllib
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from string import Formatter
from unicodedata import name

import pytest
from fastapi.testclient import TestClient
from pydantic import TypeAdapter

import rag.errors
from rag.api import create_api
from rag.cli.reporting import states
from rag.errors import BadInput, RagError, UnreadableFile
from rag.messages import Text, accepted, both, changed, joined, of_system, said
from rag.pipeline import Assistant
from rag.report import BuildReport, FileReport, keep_files, kept_files
from tests.conftest import ROOT, Run

TABLE = tomllib.loads((ROOT / "rag" / "messages.toml").read_text(encoding="utf-8"))
SAYING = {
    *(each.__name__ for each in vars(rag.errors).values() if isinstance(each, type)),
    "both",
    "failing_as",
    "limited",
    "_unread",
}
ENGLISH = ("rag/evaluation/", "ui/verify.py", "rag/errors.py", "rag/messages.py")
"""Where developers are told, the interface's own table is used, or a text is handed on."""


def blanks(text: str) -> set[tuple[str, str | None, str | None]]:
    return {(n, spec, how) for _, n, spec, how in Formatter().parse(text) if n}


def first_arguments() -> Iterator[tuple[str, ast.expr]]:
    """Every text that is handed to an error or to `both`, with the place where that is."""
    for path in sorted([*ROOT.glob("rag/**/*.py"), *ROOT.glob("ui/*.py")]):
        place = path.relative_to(ROOT).as_posix()
        if place.startswith(ENGLISH):
            continue
        nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
        named = [
            (getattr(target, "id", ""), node.value)
            for node in nodes if isinstance(node, ast.Assign) for target in node.targets
        ]  # fmt: skip
        for node in nodes:
            if isinstance(node, ast.Call) and node.args and getattr(node.func, "id", "") in SAYING:
                text = node.args[getattr(node.func, "id", "") == "failing_as"]
                texts = [made for name, made in named if name == getattr(text, "id", None)]
                yield from ((f"{place}:{node.lineno}", each) for each in texts or [text])


@pytest.mark.parametrize("english", TABLE)
def test_both_languages_say_it_with_the_same_blanks(english: str) -> None:
    chinese = TABLE[english]
    assert blanks(english) == blanks(chinese)
    words = "".join(text for text, *_ in Formatter().parse(english))
    is_han = any("CJK UNIFIED" in name(sign, "") for sign in chinese)
    assert is_han or chinese == "PDF" or not any(map(str.isalpha, words.removeprefix("rag: ")))


def test_whatever_is_said_stands_in_the_table() -> None:
    texts = [
        (place, text.value) for place, text in first_arguments() if isinstance(text, ast.Constant)
    ]
    assert len(texts) > 250
    assert [(place, text) for place, text in texts if text not in TABLE] == []


def test_no_message_is_put_together_where_the_table_cannot_see_it() -> None:
    made = (ast.JoinedStr, ast.BinOp)
    assert [place for place, text in first_arguments() if isinstance(text, made)] == []


def test_a_message_is_its_english_and_knows_its_chinese() -> None:
    error = UnreadableFile("{name}: {why}", name="a.txt", why=both("the file is empty"))
    assert str(error) == f"{error}" == "a.txt: the file is empty"
    assert error.zh == "a.txt：文件是空的：请检查后重新放入"
    assert said(error, "zh-CN") == error.zh
    assert said(error, "en") == said(error, None) == "a.txt: the file is empty"
    assert said("其他", "en") == "其他"
    assert both("nobody translated {this}").zh == "nobody translated {this}"


def test_what_a_message_names_is_not_looked_up_or_filled_in() -> None:
    made = both("{name}: {why}", name="read", why="{name} none")
    assert (made, made.zh) == ("read: {name} none", "read：{name} none")


@pytest.mark.parametrize("copied", [deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_both_languages_reach_another_process(copied: type) -> None:
    made = both("decoded as {encoding}", encoding="gb18030")
    assert (copied(made), copied(made).zh) == (made, "按 gb18030 编码读取")
    error = copied(BadInput("the question has {count} characters: at most {most} are read",
                            count=9, most=5))  # fmt: skip
    assert (type(error), error.zh) == (BadInput, "问题有 9 字，最多 5 字：请删减后再问")


def test_both_languages_are_kept_in_json_and_english_alone_is_read() -> None:
    texts: TypeAdapter[tuple[Text, ...]] = TypeAdapter(tuple[Text, ...])
    kept = texts.dump_json((both("the file is empty"), "of a file"))
    again = texts.validate_json(kept)
    assert json.loads(kept) == [
        ["the file is empty", TABLE["the file is empty"]],
        ["of a file"] * 2,
    ]
    assert [said(text, "zh") for text in again] == [TABLE["the file is empty"], "of a file"]
    assert (
        said(texts.validate_json(b'["the file is empty"]')[0], "zh") == TABLE["the file is empty"]
    )


def test_several_messages_are_joined_and_changed_in_both() -> None:
    made = joined([both("serves"), "x"], ", ")
    assert (made, made.zh) == ("serves, x", "已启用、x")
    made = changed(made, str.upper)
    assert (made, made.zh) == ("SERVES, X", "已启用、X")


@pytest.mark.parametrize(
    ("environ", "language"),
    [
        ({}, "en"),
        ({"LANG": "C"}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C.UTF-8"}, "en"),
        ({"LANG": "en_GB", "LC_MESSAGES": "zh_CN"}, "zh"),
        ({"LANG": "zh_CN", "LC_ALL": ""}, "zh"),
    ],
)
def test_the_terminal_says_which_language(environ: dict[str, str], language: str) -> None:
    assert of_system(environ) == language


def test_the_browser_says_which_language() -> None:
    assert accepted("zh-CN,zh;q=0.9,en;q=0.8") == accepted("en;q=0.4, zh-TW;q=0.6") == "zh"
    assert accepted("de, en;q=0.1") == "en"
    assert accepted("") is accepted("*") is accepted("en;q=0") is accepted("fr;q=x") is None


def a_damaged_file(folder: Path) -> None:
    corpus = folder / "corpus"
    corpus.mkdir()
    essay = "# 选准干部\n\n太湖县 张三\n\n一、选准干部。严把标准，选好干部。\n"
    (corpus / "good.md").write_bytes(essay.encode("gb18030"))
    (corpus / "bad.docx").write_bytes(b"PK\x03\x04 cut off")


@pytest.mark.parametrize("chosen", [{"LANG": "zh_CN.UTF-8", "LC_ALL": ""}, {"LC_ALL": "C"}])
def test_a_build_tells_of_a_damaged_file_in_the_language_of_the_terminal(
    tmp_path: Path, rag: Run, chosen: dict[str, str]
) -> None:
    a_damaged_file(tmp_path)
    option = ["--lang", "zh"] if "LANG" not in chosen else []  # which goes before LC_ALL
    in_zh = rag("build", "--report", "r.json", *option, RAG_ENCODER="none", **chosen)
    in_en = rag("build", "--anew", RAG_ENCODER="none", LC_ALL="C", LANG="zh_CN.UTF-8")
    assert in_zh.returncode == in_en.returncode == 0
    for told in ("状态", "已跳过", "压缩包不完整或已损坏：请重新复制", "按 gb18030 编码读取",
                 "共 2 个文件，跳过 1 个", "文章 1 篇"):  # fmt: skip
        assert told in in_zh.stdout
    for told in ("skipped", "the ZIP archive is cut off or damaged: copy the file again",
                 "decoded as gb18030", "1 of 2 files skipped"):  # fmt: skip
        assert told in in_en.stdout
        assert told not in in_zh.stdout
    files = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))["files"]
    bad = next(file for file in files if file["path"].endswith("bad.docx"))
    assert bad["reason"].endswith("copy the file again")
    assert bad["reason_zh"].endswith("请重新复制")


def test_a_second_build_tells_of_what_it_took_over_in_chinese(tmp_path: Path, rag: Run) -> None:
    a_damaged_file(tmp_path)
    for _ in range(2):
        told = rag("build", "--lang", "zh", RAG_ENCODER="none")
    assert "已修复、未变动" in told.stdout
    assert "按 gb18030 编码读取" in told.stdout


def test_wrong_use_is_told_in_chinese(rag: Run) -> None:
    chinese = {"LANG": "zh_CN.UTF-8", "LC_ALL": ""}
    told = rag("ask", "有哪些做法？", **chinese)
    assert (told.returncode, told.stderr) == (1, "rag：index 还没有索引：请先运行 rag build\n")
    told = rag("user", "remove", "王五", **chinese)
    assert (told.returncode, told.stderr) == (
        2, "rag：没有账号 '王五'：可用 rag user list 查看\n"
    )  # fmt: skip
    told = rag("ask", "有哪些做法？", LC_ALL="C")
    assert told.stderr == "rag: no index at index: run `rag build` first\n"


def test_a_kept_report_has_both_languages(tmp_path: Path) -> None:
    (tmp_path / "generations").mkdir()
    made = FileReport("a", "skipped", both("the file is empty"))
    keep_files(tmp_path, "g", [made])
    (again,) = kept_files(tmp_path, "g") or ()
    assert (again, said(again.reason, "zh")) == (made, TABLE["the file is empty"])


def test_the_states_are_counted_in_both() -> None:
    files = (FileReport("a", "read", "", unchanged=True), FileReport("b", "skipped", "x"))
    told = states(BuildReport("g", files, 0, 0, 0, {}))
    assert (told, told.zh) == ("1 read, 1 skipped, 1 unchanged", "已读 1、已跳过 1、未变动 1")


@pytest.mark.parametrize(
    ("language", "said_of_the_question", "said_of_the_request"),
    [
        ("zh-CN,zh;q=0.9", "没有输入问题：请输入后再问", "请求的内容不对：请检查 body.question"),
        (
            "en",
            "the question is empty: type one",
            "the request cannot be used: see to body.question",
        ),
        ("", "the question is empty: type one", "the request cannot be used: see to body.question"),
    ],
)
def test_the_api_tells_errors_in_the_language_that_is_accepted(
    assistant: Assistant, language: str, said_of_the_question: str, said_of_the_request: str
) -> None:
    client = TestClient(create_api(assistant), headers={"accept-language": language})
    empty, none = client.post("/api/ask", json={"question": " "}), client.post("/api/ask", json={})
    assert empty.json()["error"]["message"] == said_of_the_question
    assert none.json()["error"]["message"] == said_of_the_request
    assert none.json()["detail"][0]["loc"] == ["body", "question"]
    assert (empty.status_code, none.status_code) == (400, 422)
    assert empty.headers["vary"] == none.headers["vary"] == "Accept-Language"


def test_every_error_takes_a_template() -> None:
    for each in vars(rag.errors).values():
        if isinstance(each, type) and issubclass(each, RagError):
            assert each("cannot write {path}: {why}", path="a", why="b").zh.startswith("写不了 a")
