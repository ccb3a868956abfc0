"""Questions with and without their passage, over five passages, held against hand-made figures."""

import gzip
import json
from pathlib import Path

import pytest

from rag.encoding import load_encoder
from rag.errors import BadInput
from rag.evaluation.answers import evaluate, read_known
from rag.evaluation.beir import Beir, BeirDocument
from rag.evaluation.gold import Gold
from rag.settings import Settings

PASSAGES = {
    "p0": "青岛山是十大山头公园之一，海拔高度128.5米。1984年辟为开放公园。",
    "p1": "夜来香是萝藦科植物。别名夜香花。种子宽卵形。",
    "p2": "广茂铁路全长364.6公里。由三茂铁路股份有限公司管理运营。",
    "p3": "杨清是起义军首领。他与其子被捕处决。",
    "p4": "赛里木湖古称净海。湖面海拔2071.9米。",
}
COLLECTION = Beir("five", {key: BeirDocument("", text) for key, text in PASSAGES.items()}, {}, {})


def known(question: str, passage: str, *answers: str) -> Gold:
    return Gold(question, "known", any=answers, documents=(passage,))


KNOWN = [
    known("广茂铁路全长多少公里？", "p2", "364.6公里", "364.6 公里"),
    known("夜来香的别名是什么？", "p1", "夜香花"),
    known("赛里木湖古称什么？", "p4", "不在文中的答案"),
]


def test_every_question_is_asked_with_its_passage_and_without() -> None:
    steps = []
    report = evaluate(
        KNOWN, COLLECTION, load_encoder(Settings()), Settings(), lambda *step: steps.append(step)
    )
    assert steps[-1] == ("questions", 3, 3)
    assert report.questions == 6
    assert (report.answered, report.outside) == (1, 0)
    assert report.cited == report.by_kind["known"] == pytest.approx(2 / 3)
    assert report.recalled == pytest.approx(2 / 3)
    assert (report.refused, report.auroc, report.refused_at_kept) == (1, 1, 1)
    assert len(report.passed) == 6
    assert 0 < report.p50 <= report.p95


def test_an_unknown_passage_is_said_before_anything_is_built() -> None:
    with pytest.raises(BadInput, match="no document p9"):
        evaluate([known("问", "p9", "答")], COLLECTION, load_encoder(Settings()), Settings())


def test_files_are_read_packed_and_plain(tmp_path: Path) -> None:
    row = {"id": 1, "question": "问", "passage": "p1", "answers": ["答", "案"]}
    line = json.dumps(row, ensure_ascii=False)
    (tmp_path / "a.jsonl").write_text(line + "\n", encoding="utf-8")
    with gzip.open(tmp_path / "a.jsonl.gz", "wt", encoding="utf-8") as file:
        file.write(line)
    wanted = [known("问", "p1", "答", "案")]
    assert read_known(tmp_path / "a.jsonl") == read_known(tmp_path / "a.jsonl.gz") == wanted


@pytest.mark.parametrize("text", ["{", "[]", '{"question": "问", "passage": "p"}', "\n{}"])
def test_bad_files(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match="line"):
        read_known(path)
    path.write_text("", encoding="utf-8")
    with pytest.raises(BadInput, match="holds no question"):
        read_known(path)
    with pytest.raises(BadInput, match="cannot read"):
        read_known(tmp_path / "none.jsonl")
