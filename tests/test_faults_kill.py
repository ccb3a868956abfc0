"""SIGKILL in the middle of builds and of writing: nothing acknowledged is lost."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from rag.errors import IndexMissing
from rag.history import History
from rag.index import FolderStore
from rag.pipeline import Assistant, build
from rag.settings import Settings
from tests.conftest import ROOT
from tests.killing import (
    ASKED,
    WORDS_FIRST,
    asking,
    built_until,
    cached,
    kill_builds,
    names,
    served,
    unfinished,
    write_corpus,
    write_many,
)

WRITER = """
import sys
from pathlib import Path
from rag.history import History
from rag.types import Answer, Filters
from tests.keeping import keep
history, conversation = History(Path(sys.argv[1])), None
for number in range(100_000):
    answer = Answer(f"第{number}问", "fact", "答" * 2000, (), True, "没有")
    turn = keep(history, "wang", conversation, answer, Filters())
    print("answer", turn.answer_id, flush=True)
    history.judge("wang", turn.answer_id, "bad", f"第{number}条")
    print("feedback", turn.answer_id, flush=True)
    conversation = turn.conversation_id if number % 5 else None
"""


def test_builds_that_are_killed_while_clients_ask_lose_nothing(tmp_path: Path) -> None:
    write_corpus(tmp_path / "corpus", 1)
    build([tmp_path / "corpus"], tmp_path / "index", Settings())
    with served(tmp_path, RAG_READER="none") as url, asking(url, 3) as seen:
        killed = kill_builds(tmp_path, 4, seed=2026)
    assert killed.lost == []
    assert (seen.failures, seen.mixed) == ([], [])
    assert {len(shares) for shares in seen.shares.values()} == {1}
    assert seen.answers >= 8
    write_corpus(tmp_path / "corpus", 99)
    new = build([tmp_path / "corpus"], tmp_path / "index", Settings()).generation
    assert unfinished(tmp_path / "index") == []
    answer = Assistant.open(tmp_path / "index", Settings()).ask(ASKED)
    assert (answer.generation, answer.abstained) == (new, False)
    assert all("99%" in citation.quote for citation in answer.citations)


ASKED_OF_MANY = "第3批第7项工作选派多少名干部驻点？"


@pytest.mark.parametrize("serving", [False, True])
def test_a_build_that_is_killed_at_every_step_leaves_no_half_index_and_is_gone_on_with(
    tmp_path: Path, serving: bool
) -> None:
    """While it reads, while it embeds, and after: with an index before at every other moment."""
    start, old = tmp_path / "start", tmp_path / "old"
    start.mkdir()
    write_many(start / "corpus")
    if serving:
        write_corpus(old, 1)
        build([old], start / "index", Settings())
    whole = Path(shutil.copytree(start, tmp_path / "whole"))
    everything = set(built_until(whole, 0))
    first, last, end = map(int, (whole / "steps").read_text(encoding="utf-8").split())
    assert len(everything) > WORDS_FIRST
    left = list[int]()
    moments = (*_spread(1, first - 1, 3), *_spread(first, last, 4), *_spread(last + 1, end, 3))
    for moment in moments[serving::2]:
        folder = Path(shutil.copytree(start, tmp_path / f"{moment}"))
        index = folder / "index"
        embedded = set(built_until(folder, moment))
        assert not (folder / "steps").exists()
        _check_whole(index, "000001" if serving else None)
        kept = cached(index)
        assert everything >= embedded >= (kept & everything)
        left.append(len(kept & everything))
        rest = built_until(folder, 0)
        assert len(rest) == len(set(rest))
        assert kept.isdisjoint(rest)  # what is in the cache is not embedded again
        assert cached(index) == everything == (kept & everything) | set(rest)
        assert unfinished(index) == []
        assistant = Assistant.open(index, Settings())
        assert (assistant.warning, assistant.searching) == (None, "words and meaning")
        assert "46名" in assistant.search(ASKED_OF_MANY, 1)[0].passage.text
    assert [each == 0 for each in left] == ([True] * 4 + [False] * 6)[serving::2]
    assert [each == len(everything) for each in left] == ([False] * 7 + [True] * 3)[serving::2]


def _spread(first: int, last: int, count: int) -> list[int]:
    """`count` numbers at equal distances, the first and the last among them."""
    return [first + (last - first) * n // (count - 1) for n in range(count)]


def _check_whole(index: Path, before: str | None) -> None:
    """What serves is what served before or what the killed build let serve, all of it whole."""
    store = FolderStore(index)
    assert [name for name in names(index) if store.verify(name)] == []
    try:
        current = store.current()
    except IndexMissing:
        assert before is None
        return
    assert before in names(index) | {None}
    assistant = Assistant.open(index, Settings())
    assert (assistant.generation, assistant.warning) == (current, None)
    asked = ASKED if current == before else ASKED_OF_MANY
    assert assistant.search(asked, 1)


def test_history_and_feedback_that_were_acknowledged_survive(tmp_path: Path) -> None:
    acknowledged: list[tuple[str, str]] = []
    for lines in (1, 2, 23):  # after which it is killed, in the middle of the next write
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        ) as process:  # fmt: skip
            assert process.stdout is not None
            told = [process.stdout.readline() for _ in range(lines)]
            os.kill(process.pid, signal.SIGKILL)
            told += process.stdout.readlines()  # what it said before it died
        acknowledged += [(kind, which) for kind, which in map(str.split, told)]
    history = History(tmp_path)
    judged = {kept.answer_id for kept in history.log() if kept.verdict}
    for kind, which in acknowledged:
        assert history.turn("wang", which).whole.text == "答" * 2000
        assert which in judged or kind != "feedback"
    for conversation in history.conversations("wang"):
        assert history.turns("wang", conversation.conversation_id)
    history.close()
