"""A draft held against the corpus: what is as it was, what was changed and where, what is new."""

import json
import zipfile
from io import BytesIO
from pathlib import Path

import docx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.errors import BadInput
from rag.pipeline import Assistant
from rag.render.comments import Comment, commented, paragraphs
from rag.verify import Judged, as_json, as_text, verify, with_comments
from tests.conftest import Run

RATE = "按照不低于上年度地方财政收入1%设立人才发展专项资金，健全人才保障投入机制"
PLAN = "大力实施“领航”计划，每年开展城市社区十大品牌创建活动"


def judged(assistant: Assistant, *draft: str) -> list[Judged]:
    made = list(verify(draft, assistant.steady()))
    for sentence in made:
        paragraph = draft[sentence.paragraph]
        assert paragraph[sentence.start : sentence.end] == sentence.text
        for part in (*sentence.items, *sentence.changes):
            said = part.text if hasattr(part, "text") else part.draft
            assert paragraph[part.start : part.end] == said
        for citation in sentence.sources:
            assert citation.paragraph.text[citation.start : citation.end] == citation.quote
    return made


def test_words_of_the_corpus_are_verbatim_with_their_source(assistant: Assistant) -> None:
    (sentence,) = judged(assistant, f"{RATE}。")
    assert sentence.verdict == "verbatim"
    assert [citation.essay.place for citation in sentence.sources] == ["池州市"]
    assert all(item.found for item in sentence.items)


@pytest.mark.parametrize(
    ("text", "old", "new", "kind"),
    [
        (RATE, "1%", "2%", "figure"),
        (RATE, "不低于", "不高于", "limit"),
        (RATE, "上年度", "本年度", None),
        (PLAN, "领航", "领先", "quotation"),
        (PLAN, "城市社区", "乡村社区", None),
        ("安庆经开区讲清“下”的病灶症结、阐明“上”的措施途径", "“下”的", "“上”的", "quotation"),
    ],
)
def test_a_change_is_found_where_it_is(
    assistant: Assistant, text: str, old: str, new: str, kind: str | None
) -> None:
    draft = f"{text.replace(old, new, 1)}。"
    (sentence,) = judged(assistant, draft)
    assert sentence.verdict == "changed"
    start = draft.index(new)
    assert any(c.start <= start + len(new) and start <= c.end for c in sentence.changes)
    assert kind is None or kind in {change.kind for change in sentence.changes}


@pytest.mark.parametrize(
    "draft",
    [f"{head}{RATE}。" for head in ("一是", "（二）", "3.", "第四，", "- ", "> ", "## （一）", "①")]
    + [f"**{RATE}。**", f"{RATE}[1]。", f"- **一是{RATE[:9]}**{RATE[9:]}[1][2]。"],
)
def test_a_drafts_own_numbers_and_marks_are_no_words_of_it(
    assistant: Assistant, draft: str
) -> None:
    (sentence,) = judged(assistant, draft)
    assert sentence.verdict == "verbatim"
    assert sentence.start == draft.index(RATE[:9])


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("低于上年度地方财政收入1%设立人才发展专项资金。", "按照不"),
        ("上年度地方财政收入1%设立人才发展专项资金。", "按照不低于"),
    ],
)
def test_what_limits_a_clause_is_not_left_out_unseen(
    assistant: Assistant, text: str, source: str
) -> None:
    (sentence,) = judged(assistant, text)
    assert sentence.verdict == "changed"
    assert [(c.kind, c.draft, c.source) for c in sentence.changes] == [("limit", "", source)]


def test_a_cut_figure_is_another_figure(assistant: Assistant) -> None:
    (sentence,) = judged(assistant, "按照不低于上年度地方财政收入1。")
    assert sentence.verdict != "verbatim"


def test_a_whole_sentence_in_quotation_marks_is_not_accused(assistant: Assistant) -> None:
    assert [s.verdict for s in judged(assistant, f"“{RATE}。”")] == ["supported"]


def test_shortened_words_are_supported(assistant: Assistant) -> None:
    (sentence,) = judged(assistant, "池州市实施“领航”计划，每年开展城市社区十大品牌创建活动。")
    assert sentence.verdict == "supported"
    assert sentence.sources[0].essay.place == "池州市"


def test_what_the_corpus_does_not_hold_is_not_found(assistant: Assistant) -> None:
    (sentence,) = judged(assistant, "去年新建跨海大桥三座，总投资9876万元，实施“碧海”行动。")
    assert sentence.verdict == "not found"
    assert {item.text: item.found for item in sentence.items}["“碧海”"] is False


def test_what_stands_behind_a_time_of_day_or_a_thousand_is_where_it_is(
    assistant: Assistant,
) -> None:
    (sentence,) = judged(assistant, "晚23：30，投入1,200 万元的物资从“碧海”仓库运往中阳县。")
    assert {"1,200 万元", "“碧海”", "中阳县"} <= {item.text for item in sentence.items}


def test_headings_and_blank_lines_are_not_accused(assistant: Assistant) -> None:
    assert [s.verdict for s in judged(assistant, "一、跨海交通", "", "  ", "。")] == ["heading"]
    assert judged(assistant) == []


def test_the_table_and_the_json_say_the_same(assistant: Assistant) -> None:
    made = judged(assistant, f"{RATE}。{PLAN.replace('领航', '领先')}。")
    shown = as_text(made)
    assert "原文一致" in shown
    assert "提法：稿中“领先”，原文“领航”" in shown
    told = json.loads(json.dumps(as_json(made, "g")))
    assert told["counts"]["changed"] == 1
    assert [s["label"] for s in told["sentences"]] == ["原文一致", "有改动"]
    assert told["sentences"][1]["changes"][0]["draft"] == "领先"
    assert told["sentences"][1]["sources"][0]["place"] == "池州市"


def comments(data: bytes) -> list[str]:
    return [comment.text for comment in docx.Document(BytesIO(data)).comments]


def test_a_word_file_comes_back_as_it_was_with_comments(assistant: Assistant) -> None:
    document = docx.Document()
    document.add_heading("一、引才", 1)
    paragraph = document.add_paragraph()
    paragraph.add_run(RATE[:7])
    paragraph.add_run(f"{RATE[7:]}。").bold = True
    cell = document.add_table(1, 1).rows[0].cells[0]
    cell.text = f"{PLAN.replace('领航', '领先')}。"
    sink = BytesIO()
    document.save(sink)
    draft = paragraphs(sink.getvalue())
    assert draft == ["一、引才", f"{RATE}。", cell.text]
    made = with_comments(sink.getvalue(), judged(assistant, *draft))
    assert paragraphs(made) == draft
    assert [text.splitlines()[0] for text in comments(made)] == ["原文一致", "有改动"]
    runs = docx.Document(BytesIO(made)).paragraphs[1].runs
    assert "".join(run.text for run in runs if run.bold) == f"{RATE[7:]}。"


@given(st.text("甲乙丙，。\n\t", max_size=30), st.data())
def test_a_comment_changes_no_character(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    plain = commented([text], [])
    made = commented(plain, [Comment(0, start, end, "甲")])
    assert paragraphs(made) == paragraphs(plain)
    assert comments(made) == (["甲"] if text[start:end] else [])


def test_comments_point_to_their_own_words() -> None:
    made = commented(["先选后育。"], [Comment(0, 0, 2, "一"), Comment(0, 2, 4, "二")])
    with zipfile.ZipFile(BytesIO(made)) as archive:
        xml = archive.read("word/document.xml").decode()
    assert xml.index("commentRangeStart") < xml.index("先选") < xml.index("commentRangeEnd")
    assert xml.rindex("commentRangeStart") < xml.index("后育") < xml.rindex("commentRangeEnd")


def test_a_file_that_is_no_word_file_is_refused() -> None:
    with pytest.raises(BadInput, match="Word"):
        paragraphs(b"PK\x03\x04nonsense")


def test_the_command_writes_a_table_json_and_a_word_file(
    rag: Run, index: Path, tmp_path: Path
) -> None:
    draft, out = tmp_path / "稿.txt", tmp_path / "稿.docx"
    draft.write_text(f"{RATE.replace('1%', '2%')}。\n", encoding="gb18030")
    given = ("verify", str(draft), "--index", str(index))
    assert "数字或单位：稿中“2%”，原文“1%”" in rag(*given).stdout
    told = json.loads(rag(*given, "--format", "json").stdout)
    assert told["sentences"][0]["verdict"] == "changed"
    rag(*given, "--format", "docx", "--out", str(out))
    assert comments(out.read_bytes())[0].startswith("有改动")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("nowhere.txt",), "cannot read"),
        (("{picture}",), "PNG"),
        (("{picture}", "--format", "docx"), "--out"),
        (("{damaged}",), "no Word file"),
    ],
)
def test_what_cannot_be_verified_is_told_in_one_line(
    rag: Run, index: Path, tmp_path: Path, arguments: tuple[str, ...], told: str
) -> None:
    picture = tmp_path / "picture.txt"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n1234567890")
    damaged = tmp_path / "damaged.docx"
    with (
        zipfile.ZipFile(BytesIO(commented([RATE], []))) as whole,
        zipfile.ZipFile(damaged, "w") as broken,
    ):
        for name in whole.namelist():
            broken.writestr(name, whole.read(name)[: -50 if name == "word/document.xml" else None])
    given = [each.format(picture=picture, damaged=damaged) for each in arguments]
    made = rag("verify", *given, "--index", str(index))
    assert made.returncode == 2
    assert told in made.stderr
    assert len(made.stderr.splitlines()) == 1
