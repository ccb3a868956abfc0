"""Words of a corpus are cut as one in its index and in its questions, and nowhere else."""

from pathlib import Path

import pytest

from rag.encoding import load_default
from rag.errors import BadInput, IndexDamaged
from rag.evaluation.beir import Beir, Text
from rag.index import Generation, read_dictionary, swap, write_generation
from rag.index.dictionary import dictionary, load_dictionary, write_dictionary
from rag.settings import Settings
from rag.types import Document, Essay, Outline, Paragraph, Piece


def outline(text: str, author: str | None = None, place: str | None = None) -> Outline:
    essay = Essay("甲#0", "甲", author=author, place=place)
    paragraph = Paragraph("甲#0.1", "甲#0", 1, "body", text, (Piece(0, 1),))
    return Outline(Document("甲", "", "txt", ()), (essay,), (paragraph,), ())


def test_quoted_terms_names_and_given_words() -> None:
    made = outline(
        "推行“四进四考”和“5G”，“人才是第一资源，要用好”，用“好”“民情账本”。",
        "高炬、李明",
        "太湖县",
    )
    assert dictionary([made], ["躺平"]) == sorted(
        ["四进四考", "民情账本", "高炬", "李明", "太湖县", "躺平"]
    )
    assert dictionary([outline("没有引号。")]) == []


def built(index: Path, text: str, *given: str) -> Generation:
    collection = Beir("x", {"甲": Text("", text), "乙": Text("", "天气晴朗。")}, {}, {})
    encoder, cut = load_default(), collection.passages(420)
    outlines = collection.outlines()
    swap(index, write_generation(index, outlines, cut, encoder, Settings(), given=given))
    return Generation.open(index, encoder)


def test_two_generations_have_each_their_own_words(tmp_path: Path) -> None:
    coined = built(tmp_path / "1", "推行“四进四考”模式。")
    other = built(tmp_path / "2", "推行四进四考模式，不要躺平躺赢。", "躺平躺赢")
    assert "四进四考" in coined.tokenizer.tokens("四进四考是什么")
    assert "四进四考" not in other.tokenizer.tokens("四进四考是什么")
    assert "躺平躺赢" in other.tokenizer.tokens("躺平躺赢是什么")
    found = coined.sparse.search(["四进四考"], 5).rows.tolist()
    assert found == other.sparse.search(["躺平躺赢"], 5).rows.tolist() == [0]
    for generation in (coined, other):
        generation.records.close()


def test_round_trip(tmp_path: Path) -> None:
    words = ["四进四考", "𠀀𠀁"]
    write_dictionary(tmp_path / "d.txt", words)
    assert load_dictionary(tmp_path / "d.txt") == words
    with pytest.raises(IndexDamaged, match="run `rag build` again"):
        load_dictionary(tmp_path / "lost.txt")


def test_bad_lines_are_named_and_the_others_used(tmp_path: Path) -> None:
    path = tmp_path / "own.txt"
    lines = ["\ufeff四进四考 5 n", "# 注", "", "5G基站", "好", "民情账本", "A，B"]
    path.write_text("\n".join(lines), encoding="utf-8")
    words, complaints = read_dictionary(path)
    assert words == ["四进四考", "民情账本"]
    assert [complaint.split("'")[1] for complaint in complaints] == ["5G基站", "好", "A，B"]
    assert complaints[0].startswith(f"{path} line 4: ")
    assert all("\n" not in complaint for complaint in complaints)


@pytest.mark.parametrize("content", [None, b"\xff\xfe\xb0"])
def test_a_dictionary_that_is_no_text(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "own.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadInput, match=r"cannot read the dictionary .*own\.txt"):
        read_dictionary(path)
