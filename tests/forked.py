"""Processes of tests that begin where everything is imported: each test worker imports once.

They are forked by a process that does nothing else, and that starts before any test: a build would
start it with what it needs itself. What `rag` imports when it starts, and when, is tested where a
test gives a PYTHONPATH of its own, or runs Python itself.
"""

import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from multiprocessing import forkserver
from multiprocessing.process import BaseProcess
from pathlib import Path

from rag.cli import main

FORKED = multiprocessing.get_context("forkserver")
_STREAMS = (os.O_RDONLY, os.O_WRONLY | os.O_CREAT, os.O_WRONLY | os.O_CREAT)
_PATIENCE = 120  # seconds


def import_once() -> None:
    """Start the process that the others are forked by."""
    FORKED.set_forkserver_preload(["tests.imported"])
    forkserver.ensure_running()


def start_rag(
    arguments: Sequence[str],
    folder: Path,
    environment: dict[str, str],
    streams: Sequence[str | Path] = (os.devnull,) * 3,
) -> BaseProcess:
    """Start `rag` as a process of its own, in `folder` and with this environment alone.

    `streams` are the files that it reads, writes, and writes its errors to.
    """
    process = FORKED.Process(target=_run, args=(streams, arguments, folder, environment))
    process.start()
    return process


def run_rag(
    arguments: Sequence[str], folder: Path, environment: dict[str, str], stdin: str
) -> subprocess.CompletedProcess[str]:
    """Run it to its end."""
    with tempfile.TemporaryDirectory() as place:
        streams = [Path(place) / name for name in ("in", "out", "err")]
        streams[0].write_text(stdin, encoding="utf-8")
        process = start_rag(arguments, folder, environment, streams)
        process.join(_PATIENCE)
        process.kill()  # has it not ended, it fails its test
        process.join()
        out, err = (each.read_bytes().decode("utf-8") for each in streams[1:])
        return subprocess.CompletedProcess(arguments, process.exitcode or 0, out, err)


def _run(
    streams: Sequence[str | Path],
    arguments: Sequence[str],
    folder: Path,
    environment: dict[str, str],
) -> None:
    """Be `rag`."""
    for number, (path, flags) in enumerate(zip(streams, _STREAMS, strict=True)):
        os.dup2(os.open(path, flags), number)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    main(arguments)
