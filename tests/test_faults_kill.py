"""SIGKILL in the middle of builds and of writing: nothing acknowledged is lost."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from rag.history import History
from rag.index.layout import Layout
from rag.pipeline import Assistant, build
from rag.settings import Settings
from tests.conftest import ROOT
from tests.killing import ASKED, asking, kill_builds, served, write_corpus

WRITER = """
import sys
from dataclasses import replace
from pathlib import Path
from rag.history import History
from rag.types import Answer, Filters
history, conversation = History(Path(sys.argv[1])), None
for number in range(100_000):
    answer = Answer(f"第{number}问", "fact", "答" * 2000, (), True, "没有")
    turn = history.add("wang", conversation, answer, Filters())
    print("answer", turn.answer_id, flush=True)
    history.judge("wang", turn.answer_id, "bad", f"第{number}条")
    print("feedback", turn.answer_id, flush=True)
    if number % 3 == 0:
        history.replace("wang", turn.answer_id, replace(answer, text="改"))
        print("replaced", turn.answer_id, flush=True)
    conversation = turn.conversation_id if number % 5 else None
"""


def test_builds_that_are_killed_while_clients_ask_lose_nothing(tmp_path: Path) -> None:
    write_corpus(tmp_path / "corpus", 1)
    build([tmp_path / "corpus"], tmp_path / "index", Settings())
    with served(tmp_path) as url, asking(url) as seen:
        killed = kill_builds(tmp_path, 5, seed=2026)
    assert killed.lost == []
    assert (seen.failures, seen.mixed) == ([], [])
    assert {len(shares) for shares in seen.shares.values()} == {1}
    assert seen.answers >= 8
    write_corpus(tmp_path / "corpus", 99)
    new = build([tmp_path / "corpus"], tmp_path / "index", Settings()).generation
    assert Layout(tmp_path / "index").parts() == ()
    answer = Assistant.open(tmp_path / "index", Settings()).ask(ASKED)
    assert (answer.generation, answer.abstained) == (new, False)
    assert all("99%" in citation.quote for citation in answer.citations)


def test_history_and_feedback_that_were_acknowledged_survive(tmp_path: Path) -> None:
    acknowledged: list[tuple[str, str]] = []
    for lines in (1, 2, 7, 23, 60):  # after which it is killed, in the middle of the next write
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
    judged = {kept.answer_id for kept in history.feedback()}
    for kind, which in acknowledged:
        text = history.turn("wang", which).answer.text
        assert text == "改" or kind != "replaced"
        assert which in judged or text == "改" or kind != "feedback"
    for conversation in history.conversations("wang"):
        assert conversation.answers > 0
    history.close()
