"""A build in a process of its own, so that questions meanwhile are answered at their usual speed.

A build in a thread of the server holds Python's one lock for most of its time. The process has a
lower priority, and ends when the one that started it does: the next build goes on where it was.
"""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from rag import pipeline
from rag.errors import RagError, WorkerLost
from rag.index import Progress
from rag.messages import Bilingual, said
from rag.settings import Settings

_NICE = 10  # a ninth of the processor time of whoever has none, where there is not enough for both


def build(
    corpus: Sequence[Path], index: Path, settings: Settings, progress: Progress, anew: bool = False
) -> str:
    """Do what `pipeline.build` does, in another process; return the generation that it made.

    Raises:
        RagError: with the line that the build ended with.
        WorkerLost: the process ended before its work.
    """
    task = {
        "corpus": [str(path) for path in corpus], "index": str(index), "anew": anew,
        "settings": asdict(settings),
    }  # fmt: skip
    command = [sys.executable, "-P", "-m", __name__]  # -P: nothing is imported from where one is
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
    ) as process:
        assert process.stdin
        assert process.stdout
        # with keys in it, so not on the command line; left open, as its end ends the process
        process.stdin.write(json.dumps(task) + "\n")
        process.stdin.flush()
        for line in process.stdout:
            told = json.loads(line)
            if "step" in told:
                progress(*told["step"])
            elif "failed" in told:
                raise RagError(Bilingual(*told["failed"]))
            else:
                return str(told["made"])
    raise WorkerLost(
        "the process of the build ended before its work ({how}), perhaps for want of memory: build"
        " again; the index is as it was",
        how=process.returncode,
    )


def main() -> None:
    """Build what stdin says, and tell of it in lines of JSON; ends with whoever holds stdin."""
    os.nice(_NICE)
    task = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_the_other, daemon=True).start()
    corpus, index = [Path(path) for path in task["corpus"]], Path(task["index"])
    settings = Settings(**task["settings"])
    try:
        made = pipeline.build(corpus, index, settings, _tell, anew=task["anew"])
    except RagError as error:
        _say({"failed": [error.message, said(error.message, "zh")]})
    else:
        _say({"made": made.generation})


def _tell(step: str, done: int, total: int) -> None:
    _say({"step": [step, done, total]})


def _say(told: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


def _end_with_the_other() -> None:
    os.read(sys.stdin.fileno(), 1)  # past Python's buffer, whose lock would outlive the build
    os._exit(1)  # nobody waits for this any more


if __name__ == "__main__":
    main()
