"""A build that meets a limit on its memory says so in one line; the index stays as it was."""

import os
import subprocess
import sys
from pathlib import Path

from rag.pipeline import Assistant, build
from rag.settings import Settings
from tests.conftest import ROOT

ROOM = 16 << 20  # bytes that the build may take beyond what is loaded
LIMITED = f"""
import resource, sys
import rag.cli.reporting, rag.pipeline
from rag.words import plain
plain()
with open("/proc/self/statm", encoding="ascii") as file:
    limit = int(file.read().split()[0]) * resource.getpagesize() + {ROOM}
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
rag.cli.main(sys.argv[1:])
"""


def test_too_little_memory_is_one_clear_line(tmp_path: Path) -> None:
    corpus, index = tmp_path / "corpus", tmp_path / "index"
    corpus.mkdir()
    (corpus / "甲.txt").write_text("加强人才工作\n\n建立人才库，每年培训两次。", encoding="utf-8")
    by_words = Settings(encoder="none")
    first = build([corpus], index, by_words).generation
    signs = "党建人才工作培训乡村振兴组织部门县委办公室建立健全机制服务群众资金项目"
    paragraphs = (signs[n % 31 :] + signs * 100 for n in range(300))
    (corpus / "乙.txt").write_text("\n\n".join(paragraphs), encoding="utf-8")
    environment = os.environ | {
        "PYTHONPATH": str(ROOT), "RAG_INDEX": str(index), "RAG_WINDOW": "4000",
        "RAG_WORKERS": "1", "RAG_ENCODER": "none",
    }  # fmt: skip
    ended = subprocess.run(
        [sys.executable, "-c", LIMITED, "build", str(corpus), "--anew"],
        env=environment, capture_output=True, text=True, encoding="utf-8", timeout=120,
        check=False,
    )  # fmt: skip
    assert ended.returncode == 1, ended.stderr
    assert ended.stderr == (
        "rag: the build needs more memory than there is: give it more, or set fewer `workers`;"
        " the index is as it was\n"
    )
    assistant = Assistant.open(index, by_words)
    assert assistant.generation == first
    assert assistant.warning is None
    assert "每年培训两次" in assistant.ask("人才库每年培训几次？").text.replace("*", "")
    assert [path.name for path in (index / "generations").iterdir()] == [first]
