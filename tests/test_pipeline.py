"""Building and changing over: what a running assistant sees of a new or a broken index."""

import shutil
from pathlib import Path

import pytest

from rag.errors import BadInput, EmptyCorpus, IndexMissing
from rag.pipeline import Assistant, build
from rag.settings import Settings

FIRST = "第一篇\n\n加强队伍建设。选派干部到园区跟班学习。\n"
SECOND = "第二篇\n\n优化服务环境。设立人才专窗，限时办结。\n"


def write(folder: Path, **texts: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name, text in texts.items():
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    return folder


def test_a_running_assistant_changes_over(tmp_path: Path) -> None:
    corpus, index = write(tmp_path / "corpus", 甲=FIRST), tmp_path / "index"
    first = build([corpus], index, Settings()).generation
    assistant = Assistant.open(index, Settings())
    before = assistant.ask("人才专窗怎么设立？")
    assert not [c for c in (*before.citations, *before.nearest) if "人才专窗" in c.quote]
    write(corpus, 乙=SECOND)
    second = build([corpus], index, Settings()).generation
    answer = assistant.ask("人才专窗怎么设立？")
    assert [c.quote for c in answer.citations if "人才专窗" in c.quote]
    assert (assistant.generation, answer.generation) == (second, second)
    assert first != second


def test_a_broken_generation_leaves_the_old_one_answering(tmp_path: Path) -> None:
    corpus, index = write(tmp_path / "corpus", 甲=FIRST), tmp_path / "index"
    first = build([corpus], index, Settings()).generation
    assistant = Assistant.open(index, Settings())
    broken = build([write(corpus, 乙=SECOND)], index, Settings()).generation
    (index / "generations" / broken / "records.sqlite").unlink()
    answer = assistant.ask("选派干部到哪里跟班学习？")
    assert (answer.abstained, answer.generation) == (False, first)
    assert assistant.warning is not None
    assert "the old one answers" in assistant.warning


def test_a_lost_index_leaves_the_open_one_answering(tmp_path: Path) -> None:
    corpus, index = write(tmp_path / "corpus", 甲=FIRST), tmp_path / "index"
    build([corpus], index, Settings())
    assistant = Assistant.open(index, Settings())
    (index / "CURRENT").unlink()
    assert not assistant.ask("选派干部到哪里跟班学习？").abstained
    shutil.rmtree(index)
    with pytest.raises(IndexMissing, match="rag build"):
        Assistant.open(index, Settings())


def test_paths_are_named_from_what_they_share(tmp_path: Path) -> None:
    write(tmp_path / "a", 同名=FIRST)
    write(tmp_path / "b", 同名=SECOND)
    report = build([tmp_path / "a", tmp_path / "b"], tmp_path / "index", Settings())
    assert [file.path for file in report.files] == ["a/同名.txt", "b/同名.txt"]
    single = build([tmp_path / "a" / "同名.txt"], tmp_path / "index", Settings())
    assert [file.path for file in single.files] == ["同名.txt"]


def test_what_a_corpus_says_of_itself_is_no_essay(tmp_path: Path) -> None:
    corpus = write(tmp_path / "corpus", 甲=FIRST)
    (corpus / "SOURCES.md").write_text("# 来源\n\n甲.txt 来自某处。", encoding="utf-8")
    (corpus / ".hidden.txt").write_text("隐藏。", encoding="utf-8")
    (corpus / "~$甲.txt").write_text("锁。", encoding="utf-8")
    report = build([corpus], tmp_path / "index", Settings())
    assert [file.path for file in report.files] == ["甲.txt"]


def test_the_same_text_under_two_names_is_citable_in_both(tmp_path: Path) -> None:
    corpus = write(tmp_path / "corpus", 甲=FIRST, 乙=FIRST)
    build([corpus], tmp_path / "index", Settings())
    hits = Assistant.open(tmp_path / "index", Settings()).search("跟班学习", 10)
    assert {hit.passage.essay_id.split("#")[0] for hit in hits} == {"甲.txt", "乙.txt"}


def test_mistakes(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no file or folder"):
        build([tmp_path / "none"], tmp_path / "index", Settings())
    assert not (tmp_path / "index" / "CURRENT").exists()


def test_nothing_is_an_index_that_serves_but_never_takes_the_place_of_something(
    tmp_path: Path,
) -> None:
    corpus, index = tmp_path / "corpus", tmp_path / "index"
    corpus.mkdir()
    assert build([corpus], index, Settings()).passages == 0
    assistant = Assistant.open(index, Settings())
    refused = assistant.ask("人才专窗怎么设立？")
    assert (refused.abstained, refused.reason) == (True, "还没有收录任何材料")
    assert (assistant.searching, assistant.search("人才")) == ("words", ())
    build([corpus], index, Settings())
    build([write(corpus, 甲=FIRST)], index, Settings())
    assert not assistant.ask("选派干部到哪里跟班学习？").abstained
    (corpus / "甲.txt").unlink()
    with pytest.raises(EmptyCorpus, match=r"no files under .* stays as it is.*--anew"):
        build([corpus], index, Settings())
    assert not assistant.ask("选派干部到哪里跟班学习？").abstained
    build([corpus], index, Settings(), anew=True)
    assert assistant.ask("选派干部到哪里跟班学习？").abstained


@pytest.mark.parametrize("k", [0, -1])
def test_k_must_be_positive(assistant: Assistant, k: int) -> None:
    with pytest.raises(BadInput, match="at least 1"):
        assistant.search("人才", k)


def test_k_over_the_corpus_is_clamped(assistant: Assistant) -> None:
    hits = assistant.search("人才", 10_000)
    assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))
    assert len({hit.passage.passage_id for hit in hits}) == len(hits)


def test_every_step_is_told_to_its_end(tmp_path: Path) -> None:
    told: dict[str, list[tuple[int, int]]] = {}
    corpus = write(tmp_path / "corpus", 甲=FIRST, 乙=SECOND)
    build(
        [corpus], tmp_path / "index", Settings(),
        lambda step, done, total: told.setdefault(step, []).append((done, total)),
    )  # fmt: skip
    assert list(told) == ["files", "vectors"]
    for steps in told.values():
        assert steps == sorted(steps)
        assert steps[-1][0] == steps[-1][1] > 0
