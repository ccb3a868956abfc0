"""What several test files need: the corpus built once, and a way to run `rag` as a process."""

import gc
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from rag.pipeline import Assistant, build
from rag.settings import Settings
from tests.forked import import_once, run_rag
from tests.milvus import MilvusServer

settings.register_profile(  # speed is measured in bench/, not here; no run differs from another
    "untimed",
    deadline=None,
    derandomize=True,
    max_examples=50,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("untimed")

ROOT = Path(__file__).parent.parent
CORPUS = ROOT / "corpus"

Run = Callable[..., subprocess.CompletedProcess[str]]


def pytest_collection() -> None:
    """Look for no garbage in what is imported, which stays: that is a sixth of the work."""
    gc.disable()


def pytest_collection_finish() -> None:
    """Look for garbage from now on, in what the tests make."""
    gc.freeze()
    gc.enable()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say in one line what was skipped, and why."""
    skipped = terminalreporter.stats.get("skipped", [])
    reasons = Counter(report.longrepr[2].removeprefix("Skipped: ") for report in skipped)
    if reasons:
        told = "; ".join(f"{count} ({reason})" for reason, count in reasons.most_common())
        terminalreporter.write_line(f"skipped: {told}")


@pytest.fixture(scope="session", autouse=True)
def _imported() -> None:
    """Processes of tests have everything imported, whatever test comes first."""
    import_once()


@pytest.fixture(scope="session")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The index of the essays in corpus/."""
    folder = tmp_path_factory.mktemp("index")
    build([CORPUS], folder, Settings())
    return folder


@pytest.fixture(scope="session")
def assistant(index: Path) -> Assistant:
    return Assistant.open(index, Settings())


@pytest.fixture
def in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are read in this process, where a test can watch it."""

    def ordered(
        make: Callable[[], Callable[[object], object]], tasks: list[object], *_: object
    ) -> Iterator[object]:
        yield from map(make(), tasks)

    monkeypatch.setattr("rag.corpus.ordered", ordered)


@pytest.fixture
def rag(tmp_path: Path) -> Run:
    """Run `rag` as a user does: its own process, in an empty folder.

    It has imported everything before, unless a test sets PYTHONPATH.
    """

    def run(
        *arguments: str, stdin: str = "", **environment: str
    ) -> subprocess.CompletedProcess[str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("RAG_")}
        given = {**kept, "PYTHONPATH": str(ROOT), **environment}
        if "PYTHONPATH" not in environment:
            return run_rag(arguments, tmp_path, given, stdin)
        return subprocess.run(
            [sys.executable, "-m", "rag.cli", *arguments], capture_output=True, text=True,
            encoding="utf-8", timeout=120, check=False, input=stdin, cwd=tmp_path, env=given,
        )  # fmt: skip

    return run


@pytest.fixture(scope="module")
def milvus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MilvusServer]:
    """A Milvus Lite server of a test file's own."""
    made = MilvusServer(tmp_path_factory.mktemp("milvus"))
    yield made
    made.kill()


@pytest.fixture(scope="module")
def milvus_settings(milvus: MilvusServer) -> Settings:
    """Settings that keep generations on that server."""
    return replace(Settings(), store="milvus", uri=milvus.uri)
