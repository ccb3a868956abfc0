"""The command line as a user meets it: real processes, exit codes, one clear line for a mistake."""

import csv
import io
import json
import shutil
from pathlib import Path

import pytest
from openpyxl import load_workbook

from tests.conftest import CORPUS, Run

QUESTION = "池州市的人才发展专项资金按什么比例设立？"


@pytest.fixture
def trap(tmp_path: Path) -> str:
    """A path of imports on which those end the process that asking and building must do without."""
    for name in ("torch", "transformers", "sentence_transformers", "gradio"):
        (tmp_path / "trap" / name).mkdir(parents=True)
        module = tmp_path / "trap" / name / "__init__.py"
        module.write_text("raise SystemExit('imported')", encoding="utf-8")
    return f"{tmp_path / 'trap'}:{CORPUS.parent}"


def test_build_ask_search_list(rag: Run, trap: str, tmp_path: Path) -> None:
    built = rag("build", str(CORPUS), PYTHONPATH=trap)
    assert built.returncode == 0, built.stderr
    assert "7 essays" in built.stdout.splitlines()[-1]
    assert built.stdout.splitlines()[-1].endswith("0 of 2 files skipped")

    asked = rag("ask", QUESTION, PYTHONPATH=trap)
    assert asked.returncode == 0, asked.stderr
    assert "收入1%设立" in asked.stdout
    assert "[1] 池州市抓党建促长三角一体化发展.txt:" in asked.stdout

    searched = rag("search", "四进四考", "-k", "1", "--format", "json", PYTHONPATH=trap)
    assert searched.returncode == 0, searched.stderr
    found = json.loads(searched.stdout)
    assert [(hit["rank"], hit["place"]) for hit in found] == [(1, "望江县")]
    assert "“四进四考”" in found[0]["text"]

    rows = list(csv.DictReader(io.StringIO(rag("list", "essays", "--format", "csv").stdout)))
    assert [row["author"] for row in rows if row["place"] == "望江县"] == ["高炬"]

    assert rag("list", "measures", "--format", "xlsx", "--out", "m.xlsx").returncode == 0
    sheet = load_workbook(tmp_path / "m.xlsx").active
    assert sheet is not None
    leads = {str(row[4].value) for row in sheet.iter_rows()}
    assert {"措施", "强化专业训练。", "筑巢安家“引”才。"} <= leads

    for more, told in (((), "--out FILE.xlsx"), (("--out", "no/m.xlsx"), "cannot write")):
        wrong = rag("list", "measures", "--format", "xlsx", *more)
        assert (wrong.returncode, told in wrong.stderr) == (2, True)

    listed = rag("index", "list").stdout
    assert listed.startswith("* ") and "encoder default" in listed
    assert rag("index", "verify").stdout.split()[-1] == "whole"


def test_json_of_an_answer_is_the_contract(rag: Run, index: Path) -> None:
    answer = json.loads(rag("ask", QUESTION, "--format", "json", "--index", str(index)).stdout)
    assert set(answer) == {
        "id", "question", "understood", "kind", "answer", "abstained", "reason", "citations",
        "nearest", "coverage", "generation", "seconds", "note", "blocks",
    }  # fmt: skip
    (citation,) = answer["citations"]
    assert set(citation) == {
        "number", "quote", "text", "start", "end", "document", "title", "author", "office", "place",
        "publication", "issue", "date", "trail", "paragraph", "lines", "pages", "document_number",
    }  # fmt: skip
    assert citation["text"][citation["start"] : citation["end"]] == citation["quote"]
    lines = (CORPUS / citation["document"]).read_text(encoding="utf-8").splitlines()
    first, last = citation["lines"]
    joined = "".join(line.strip() for line in lines[first - 1 : last])
    assert citation["quote"] in joined


def test_batch_keeps_order_and_ids(rag: Run, index: Path, tmp_path: Path) -> None:
    batch = tmp_path / "questions.jsonl"
    lines = [
        {"id": "b", "question": "那留才呢？", "history": ["太湖县怎么引才？"]},
        {"id": "a", "question": "宿松县委组织部部长是谁？"},
    ]
    batch.write_text("\n".join(json.dumps(line) for line in lines) + "\n\n", encoding="utf-8")
    ran = rag("ask", "--batch", str(batch), "--format", "jsonl", "--index", str(index))
    answers = [json.loads(line) for line in ran.stdout.splitlines()]
    assert [(a["id"], a["abstained"]) for a in answers] == [("b", False), ("a", True)]
    assert {citation["place"] for citation in answers[0]["citations"]} == {"太湖县"}
    assert "太湖县" in answers[0]["understood"]


def test_a_filter_without_a_match_is_a_refusal(rag: Run, index: Path) -> None:
    ran = rag("ask", QUESTION, "--place", "合肥市", "--format", "json", "--index", str(index))
    answer = json.loads(ran.stdout)
    assert (answer["abstained"], answer["citations"]) == (True, [])


@pytest.mark.parametrize(
    ("arguments", "code", "complaint"),
    [
        (("ask", "问题"), 1, "run `rag build`"),
        (("search", "问题"), 1, "run `rag build`"),
        (("build", "nowhere"), 2, "no file or folder nowhere"),
        (("ask",), 2, "one of the arguments question --batch is required"),
        (("ask", "--batch", "none.jsonl"), 2, "cannot read none.jsonl"),
        (("outline", "none.txt"), 1, "none.txt"),
        (("eval",), 2, "one of the arguments GOLD.jsonl --beir --requests"),
        (("fly",), 2, "invalid choice: 'fly'"),
    ],
)
def test_mistakes_are_one_line(
    rag: Run, arguments: tuple[str, ...], code: int, complaint: str
) -> None:
    ran = rag(*arguments)
    assert ran.returncode == code
    assert complaint in ran.stderr.splitlines()[-1]
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize(
    ("question", "complaint"),
    [("", "the question is empty"), (" \n ", "the question is empty"),
     ("问" * 10_000, "has 10000 characters")],
)  # fmt: skip
def test_questions_that_cannot_be_asked(
    rag: Run, index: Path, question: str, complaint: str
) -> None:
    ran = rag("ask", question, "--index", str(index))
    assert ran.returncode == 2
    assert complaint in ran.stderr
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize("line", ["{", "[]", '{"question": 1}', '{"question": "a", "history": 1}'])
def test_a_bad_line_of_a_batch_is_named(rag: Run, index: Path, tmp_path: Path, line: str) -> None:
    batch = tmp_path / "bad.jsonl"
    batch.write_text(f'{{"question": "好"}}\n{line}\n', encoding="utf-8")
    ran = rag("ask", "--batch", str(batch), "--index", str(index))
    assert (ran.returncode, "bad.jsonl, line 2" in ran.stderr) == (2, True)


def test_a_build_goes_on_past_bad_files(rag: Run, tmp_path: Path) -> None:
    corpus = tmp_path / "材料"
    corpus.mkdir()
    (corpus / "好.txt").write_text("加强队伍建设。坚持严管厚爱，选优配强班子。", encoding="utf-8")
    (corpus / "空.txt").write_bytes(b"")
    (corpus / "图.txt").write_bytes(bytes(range(256)) * 4)
    (corpus / "表.xyz").write_text("不认识的格式", encoding="utf-8")
    ran = rag("build", str(corpus))
    assert ran.returncode == 0, ran.stderr
    states = {line.split()[1]: line.split()[0] for line in ran.stdout.splitlines()[1:-1]}
    assert states == {"好.txt": "read", "空.txt": "skipped", "图.txt": "skipped",
                      "表.xyz": "skipped"}  # fmt: skip
    assert ran.stdout.splitlines()[-1].endswith("3 of 4 files skipped")


def test_an_empty_corpus_keeps_the_old_index(rag: Run, index: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    shutil.copytree(index, tmp_path / "index")
    for told in ("there are no files under", "nothing could be read under"):
        ran = rag("build", str(empty))
        assert (ran.returncode, ran.stderr.count("\n"), told in ran.stderr) == (1, 1, True)
        assert "收入1%设立" in rag("ask", QUESTION).stdout
        (empty / "空.txt").write_bytes(b"")


def test_every_command_has_help(rag: Run) -> None:
    listed = rag("--help").stdout
    for command in ("build", "ask", "search", "outline", "list", "index", "eval", "serve", "user"):
        assert command in listed
        assert "--index" in rag(command, "--help").stdout
