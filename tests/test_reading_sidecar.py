"""Sidecars and front matter: what people put beside a text is believed before the text."""

from dataclasses import replace
from pathlib import Path

import pytest

from rag.errors import UnreadableFile
from rag.outline import outline
from rag.pipeline import build
from rag.reading import read, read_sidecar, write_sidecar
from rag.settings import Settings
from rag.types import Essay

TEXT = "加强人才工作\n\n太湖县委组织部部长 左小斌\n\n建立机制，落实责任。设立人才专窗，限时办结。\n"


def essay(folder: Path, text: str, name: str = "a.txt") -> Essay:
    (folder / name).write_text(text, encoding="utf-8")
    (made,) = outline(read(folder / name, name)).essays
    return made


def test_front_matter_overrides_the_text(tmp_path: Path) -> None:
    front = "---\ntitle: 另一个标题\n日期: 2022-10\n作者: [张三, 李四]\ntags: [a]\n---\n"
    made = essay(tmp_path, front + TEXT)
    assert (made.title, made.date, made.author) == ("另一个标题", "2022-10", "张三、李四")
    assert (made.office, made.place) == ("太湖县委组织部部长", "太湖县")  # the text's own stay
    assert [(fact.value, fact.source, fact.confidence) for fact in made.known
            if fact.name == "title"] == [("另一个标题", "front matter", 1.0),
                                         ("加强人才工作", "title", 0.9)]  # fmt: skip


def test_front_matter_keeps_the_numbers_of_lines(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("---\ntitle: 标题\n---\n正文。\n", encoding="utf-8")
    lines = read(tmp_path / "a.md", "a.md").lines
    assert [(line.number, line.text) for line in lines if line.text] == [(4, "正文。")]


def test_a_rule_of_dashes_is_no_front_matter(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("---\n要求：加强领导。\n\n---\n正文。\n", encoding="utf-8")
    texts = [line.text for line in read(tmp_path / "a.md", "a.md").lines]
    assert "正文。" in texts


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("title: [", "is not YAML"),
        ("- 甲\n- 乙", "is not a YAML mapping"),
        ("titel: 甲", "has an unknown name 'titel'"),
        ("title: {a: b}", "gives title a value that is no text"),
        ("date: 去年", "gives the date '去年'"),
        ("title: !!python/object/apply:os.system [ls]", "gives title a value that is no text"),
        ("a: &a [*a, *a]", "is not YAML"),
        ("b: &b [甲]\nauthor: [*b, *b]", "has an unknown name"),
        ("author: [[甲], [乙]]", "gives author a value that is no text"),
    ],
)
def test_a_sidecar_with_an_error_is_not_used(tmp_path: Path, content: str, told: str) -> None:
    path = tmp_path / "a.meta.yaml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(UnreadableFile, match=told):
        read_sidecar(path)


def test_a_build_uses_sidecars_and_names_broken_ones(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for name in ("好", "坏"):
        (corpus / f"{name}.txt").write_text(TEXT, encoding="utf-8")
    (corpus / "好.txt.meta.yaml").write_text("document_number: 皖发〔2022〕5号", encoding="utf-8")
    (corpus / "坏.meta.yaml").write_text("title: [", encoding="utf-8")
    report = build([corpus], tmp_path / "index", Settings())
    states = {file.path: file.state for file in report.files}
    assert states == {"坏.meta.yaml": "skipped", "坏.txt": "read", "好.txt": "read"}
    (facts,) = next(file.facts for file in report.files if file.path == "好.txt")
    assert ("document_number", "皖发〔2022〕5号") in [(f.name, f.value) for f in facts.known]
    assert "document_number" not in facts.missing


def test_a_sidecar_takes_back_lines_that_are_left_out(tmp_path: Path) -> None:
    pages = "\n\f".join(
        f"第{n}页\n建立机制，落实责任{name}。" for n, name in enumerate("甲乙丙", 1)
    )
    (tmp_path / "a.txt").write_text(pages, encoding="utf-8")
    made = read(tmp_path / "a.txt", "a.txt")
    assert [line.text for line in outline(made).dropped] == ["第1页", "第2页", "第3页"]
    (tmp_path / "a.txt.meta.yaml").write_text("保留: [第2页]", encoding="utf-8")
    told = outline(replace(made, stated=read_sidecar(tmp_path / "a.txt.meta.yaml")))
    assert [line.text for line in told.dropped] == ["第1页", "第3页"]
    assert "第2页" in [paragraph.text for paragraph in told.paragraphs]


def test_a_sidecar_is_written_with_the_lines_to_keep(tmp_path: Path) -> None:
    write_sidecar(tmp_path / "a.txt", {"document_type": "通知"}, ["—  3 —", "是"])
    found = [(fact.name, fact.value) for fact in read_sidecar(tmp_path / "a.txt.meta.yaml")]
    assert found == [("document_type", "通知"), ("keep", "— 3 —"), ("keep", "是")]
    write_sidecar(tmp_path / "a.txt", {})
    assert not (tmp_path / "a.txt.meta.yaml").exists()


def test_the_type_of_a_document_is_that_of_its_title_or_sidecar(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(
        "关于加强人才工作的通知\n\n建立机制，落实责任。", encoding="utf-8"
    )
    made = read(tmp_path / "a.txt", "a.txt")
    assert outline(made).essays[0].document_type == "通知"
    (tmp_path / "a.meta.yaml").write_text("文种: 通报", encoding="utf-8")
    told = outline(replace(made, stated=read_sidecar(tmp_path / "a.meta.yaml")))
    assert told.essays[0].document_type == "通报"
