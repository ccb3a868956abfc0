"""The administration without a browser: a server over a real corpus of two documents."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from httpx import Response
from lxml import html

from rag.pipeline import Assistant, build
from rag.settings import Settings
from ui.app import plain_app
from ui.site import Site

ONE = """青山县的人才工作

青山县委组织部部长　王小明

一、强化资金保障。按照上年度财政收入的1%设立人才专项资金，专款专用。

二、优化服务环境。设立人才专窗，限时办结，跟踪问效。
"""
TWO = ONE.replace("青山县", "白水县").replace("王小明", "李建国").replace("人才专窗", "网格驿站")


@dataclass(frozen=True, slots=True)
class Desk:
    """A server over a corpus of its own, as an administrator has it."""

    client: TestClient
    settings: Settings
    site: Site

    @property
    def corpus(self) -> Path:
        """The folder of the corpus."""
        return Path(self.settings.corpus)

    def files(self) -> dict[str, bytes]:
        """All files of the corpus, hidden ones too."""
        found = (path for path in self.corpus.rglob("*") if path.is_file())
        return {path.relative_to(self.corpus).as_posix(): path.read_bytes() for path in found}

    def upload(self, *files: tuple[str, bytes], replace: bool = False) -> list[tuple[bool, str]]:
        """Send files, and return what is told of each."""
        reply = self.client.post(
            "/admin/upload", files=[("files", each) for each in files],
            data={"replace": "true"} if replace else {}, headers={"accept": "application/json"},
        )  # fmt: skip
        return [(line["kept"], line["text"]) for line in reply.json()]

    def do(self, what: str, path: str, **more: str) -> Response:
        """Change one document."""
        return self.client.post(f"/admin/document/{what}", data={"path": path, **more})

    def states(self) -> dict[str, str]:
        """What the page says of each document."""
        page = html.fromstring(self.client.get("/admin").text)
        rows = page.xpath('//section[@id="files"]//tbody/tr')
        return {row.xpath("string(th)"): row.xpath("string(td[1])") for row in rows}

    def rebuild(self) -> None:
        """Rebuild, and wait until that is done."""
        self.client.post("/admin/rebuild")
        while (now := self.client.get("/admin/progress").json())["state"] == "building":
            time.sleep(0.05)
        assert now["state"] == "built", now


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Two documents that are read and indexed."""
    names = {name: str(tmp_path / name) for name in ("index", "corpus", "data")}
    settings = Settings(encoder="none", reader="none", trash_days=30, **names)
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "甲.txt").write_text(ONE, encoding="utf-8")
    (corpus / "乙.txt").write_text(TWO, encoding="utf-8")
    build([corpus], tmp_path / "index", settings)
    yield from opened(settings)


def opened(settings: Settings) -> Iterator[Desk]:
    site = Site.open(Assistant.open(Path(settings.index), settings), settings)
    with TestClient(plain_app(site), base_url="http://localhost") as client:
        yield Desk(client, settings, site)
    site.history.close()
    site.logins.close()
