"""A full disk, and two who write at once, in what users make: nothing is lost, all is told."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher

from rag import themes
from rag.corpus_files import CorpusFiles
from rag.database import Database
from rag.errors import BadInput, DataNotWritten
from rag.pipeline import Assistant
from rag.settings import Settings
from rag.types import Filters
from rag.users import Accounts, store
from tests.keeping import keep
from ui.site import Site

PASSWORD = "言必有据, 2026!"
ASKED = "太湖县在人才方面有哪些措施？"


def fill(file: Database) -> None:
    """Let SQLite find no room from now on, as on a full disk."""
    ((pages,),) = file.rows("PRAGMA page_count")
    file.rows(f"PRAGMA max_page_count = {pages}")


@pytest.fixture
def site(assistant: Assistant, tmp_path: Path) -> Iterator[Site]:
    made = Site.open(assistant, Settings(data=str(tmp_path / "data")))
    yield made
    made.history.close()
    made.logins.close()


def test_a_history_that_is_full_says_so_and_goes_on_afterwards(site: Site) -> None:
    answer = site.assistant.ask(ASKED)
    fill(site.history._file)
    with pytest.raises(DataNotWritten, match=r"history .*history.sqlite: database or disk is full"):
        keep(site.history, "local", None, answer, Filters())
    before = site.history.size  # the question may have found room
    site.history._file.rows("PRAGMA max_page_count = 100000")
    keep(site.history, "local", None, answer, Filters())
    assert site.history.size == before + 1


@pytest.mark.parametrize("more", range(10))
def test_accounts_on_a_disk_that_fills_at_any_page(
    tmp_path: Path, more: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "HASHER", PasswordHasher(1, 8, 1))
    accounts = Accounts(tmp_path)
    ((pages,),) = accounts._store.rows("PRAGMA page_count")
    accounts._store.rows(f"PRAGMA max_page_count = {pages + more // 3}")
    made = []
    with pytest.raises(DataNotWritten, match=r"accounts .*users.sqlite: database or disk is full"):
        for number in range(1000):
            accounts.add(f"n{number}", PASSWORD)
            made.append(f"n{number}")
    accounts.close()
    again = Accounts(tmp_path)
    assert [each.name for each in again.all()] == sorted(made)
    again.close()


def test_themes_that_cannot_be_written_leave_the_old_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    themes.save(tmp_path, "党建：党建 支部")
    before = themes.load(tmp_path)

    def full(path: Path, text: str, **_: Any) -> None:  # noqa: ANN401
        with path.open("w", encoding="utf-8") as file:
            file.write(text[:2])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(BadInput, match="No space left"):
        themes.save(tmp_path, "人才：人才")
    assert themes.load(tmp_path) == before


def test_two_uploads_of_one_name_do_not_mix(tmp_path: Path) -> None:
    files = CorpusFiles(Settings(corpus=str(tmp_path / "corpus"), data=str(tmp_path / "data")))

    def send(sign: bytes) -> None:
        ((_, error),) = files.add(BytesIO(sign * 5_000_000), "甲.txt", replace=True)
        assert error is None

    with ThreadPoolExecutor() as pool:
        list(pool.map(send, (b"a", b"b")))
    both = [*(tmp_path / "corpus").iterdir(), *(tmp_path / "data/trash").rglob("甲.txt")]
    assert [path.name for path in both] == ["甲.txt"] * 2
    assert {path.read_bytes() for path in both} == {b"a" * 5_000_000, b"b" * 5_000_000}


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("甲.txt", True), ("甲.meta.yaml", True), ("甲.yml", False), ("甲.json", False),
        ("../甲.txt", False), (".甲.txt", False), ("a\x01.txt", False), ("长" * 83 + ".txt", True),
        ("长" * 90 + ".txt", False), ("甲.exe", False),
    ],
)  # fmt: skip
def test_what_is_kept_of_an_upload_is_read(tmp_path: Path, name: str, kept: bool) -> None:
    settings = Settings(corpus=str(tmp_path), data=str(tmp_path / "data"), max_file_bytes=3)
    files = CorpusFiles(settings)
    assert [error is None for _, error in files.add(BytesIO(b"abc"), name, replace=False)] == [kept]
    ((_, error),) = files.add(BytesIO(b"abcd"), "大.txt", replace=False)
    assert error is not None
    assert len(list(tmp_path.iterdir())) == kept


@pytest.mark.parametrize("values", [{"kind": "old"}, {"kind": 7, "citations": [{"v": 9}]}])
def test_an_answer_that_another_version_kept_is_shown(
    site: Site, values: dict[str, object]
) -> None:
    answer = site.assistant.ask(ASKED)
    kept = keep(site.history, "local", None, answer, Filters())
    ((old,),) = site.history._file.rows("SELECT answer FROM answers")
    made = json.dumps({**json.loads(old), **values, "blocks": answer.blocks and [{"type": "new"}]})
    site.history._file.run(("UPDATE answers SET answer = ?", made))
    turn = site.history.turn("local", kept.answer_id)
    assert turn.answer.question == ASKED and turn.answer.text == answer.text
    assert turn.answer.blocks
    values.pop("citations", None)
    made = json.dumps({**json.loads(old), **values})
    site.history._file.run(("UPDATE answers SET answer = ?", made))
    turn = site.history.turn("local", kept.answer_id)
    assert turn.answer.citations == answer.citations
