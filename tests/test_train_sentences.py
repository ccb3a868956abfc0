"""Both files of weights learned from eight small passages, with marks made for them."""

import json
from pathlib import Path

import pytest

from rag.answering import refusal, sentence_ranker
from rag.answering.clues import NAMES
from rag.errors import BadInput
from train.marks import MARKS, digest, read_marks
from train.pairs import Pair
from train.sentences import train_sentences

SHIPS = {
    "石狩": ("北海道", "重油"),
    "夕张": ("青森", "柴油"),
    "筑后": ("长崎", "煤炭"),
    "天龙": ("吴港", "核能"),
    "白根": ("横滨", "天然气"),
    "榛名": ("神户", "蒸汽"),
    "村雨": ("舞鹤", "电池"),
    "秋月": ("佐世保", "风力"),
}


def pairs() -> list[Pair]:
    made = []
    for ship, (place, fuel) in SHIPS.items():
        passage = f"{ship}号是一艘护卫舰。它在{place}建成。全舰以{fuel}为燃料。"
        made.append(Pair(f"{ship}号在哪里建成？", passage, "ships"))
        made.append(Pair(f"{ship}号以什么为燃料？", passage, "ships"))
    return made


def write(folder: Path, made: list[Pair], marked: int) -> tuple[Path, Path]:
    rows = ({"q": pair.query, "p": pair.passage, "source": pair.source} for pair in made)
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    (folder / "pairs.jsonl").write_text("\n".join(lines), encoding="utf-8")
    marks = []
    for pair in made[:marked]:
        start = pair.passage.index("它在" if "建成" in pair.query else "全舰")
        marks.append(f"{digest(pair)}\t{start}")
    (folder / "marks.tsv").write_text("\n".join(marks), encoding="utf-8")
    return folder / "pairs.jsonl", folder / "marks.tsv"


def test_both_are_learned(tmp_path: Path) -> None:
    given, marks = write(tmp_path, pairs(), 10)
    learned = train_sentences(given, tmp_path / "out", marks)
    assert (learned.questions, learned.reached) == (10, 1.0)
    assert learned.first >= 0.8
    assert learned.first > learned.first_before or learned.first == 1
    assert learned.auroc == 1
    weights = json.loads((tmp_path / "out" / sentence_ranker.WEIGHTS.name).read_text("utf-8"))
    assert set(weights) <= set(NAMES)
    model = json.loads((tmp_path / "out" / refusal.WEIGHTS.name).read_text("utf-8"))
    assert tuple(model["weights"]) == refusal.FEATURES
    assert 0 < model["enough"] < 1


def test_pairs_without_a_mark_teach_nothing(tmp_path: Path) -> None:
    given, marks = write(tmp_path, pairs(), 0)
    with pytest.raises(BadInput, match="no question of it is marked"):
        train_sentences(given, tmp_path / "out", marks)


def test_the_marks_that_ship_can_be_read() -> None:
    marks = read_marks(MARKS)
    assert len(marks) == 558
    assert all(starts and min(starts) >= 0 for starts in marks.values())


@pytest.mark.parametrize("line", ["0123", "0123\tx", "\t"])
def test_bad_marks(tmp_path: Path, line: str) -> None:
    path = tmp_path / "marks.tsv"
    path.write_text(line, encoding="utf-8")
    with pytest.raises(BadInput, match=r"marks\.tsv, line 1"):
        read_marks(path)
    with pytest.raises(BadInput, match="cannot read"):
        read_marks(tmp_path / "none.tsv")
