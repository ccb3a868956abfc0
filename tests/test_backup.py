"""A backup holds what was there at one moment, whoever writes; a restore loses nothing."""

import json
import shutil
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from rag.backup import backup, backups, restore
from rag.errors import BackupFailed, BadInput
from rag.history import History
from rag.pipeline import Assistant, build
from rag.settings import Settings
from rag.types import Answer, Filters
from rag.users import Accounts, Logins, store
from tests.conftest import Run
from tests.keeping import keep
from tests.test_pipeline import FIRST, write

PASSWORD = "言必有据, 2026!"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Hash with the least work, and work in a folder of its own."""
    monkeypatch.setattr(store, "HASHER", PasswordHasher(1, 8, 1))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    """A data folder with an account and a history, both open, and a corpus."""
    write(tmp_path / "corpus", 甲=FIRST)
    made = Settings(
        data=str(tmp_path / "data"), corpus=str(tmp_path / "corpus"), encoder="none",
        index=str(tmp_path / "index"), reader="none",
    )  # fmt: skip
    accounts, history = Accounts(Path(made.data)), History(Path(made.data))
    accounts.add("wang", PASSWORD)
    ask(history, "第一问")
    (tmp_path / "data" / "themes.txt").write_text("党建：党建\n", encoding="utf-8")
    yield made
    accounts.close()
    history.close()


def ask(history: History, question: str) -> None:
    answer = Answer(
        question=question, kind="fact", text="答", citations=(), abstained=False, reason=""
    )
    keep(history, "wang", None, answer, Filters())


def asked(settings: Settings) -> list[str]:
    history = History(Path(settings.data))
    found = [each.title for each in history.conversations("wang")]
    history.close()
    return found


def test_ten_days_of_backups_and_each_is_whole(settings: Settings, tmp_path: Path) -> None:
    history = History(Path(settings.data))
    for day in range(10):
        ask(history, f"第{day}日")
        made = backup(tmp_path / "backups", settings, keep=4)
        assert stat.S_IMODE(made.stat().st_mode) == 0o700
        files = [path for path in made.rglob("*") if path.is_file()]
        assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
        assert not {"session.key"} & {path.name for path in files}
    history.close()
    kept = backups(tmp_path / "backups")
    assert kept == sorted((tmp_path / "backups").iterdir()) and len(kept) == 4
    for day, each in enumerate(kept, 6):
        elsewhere = replace(settings, data=str(tmp_path / f"restored {day}"))
        restore(each, elsewhere)
        assert asked(elsewhere)[0] == f"第{day}日" and len(asked(elsewhere)) == day + 2


def test_what_is_there_is_moved_aside_and_sessions_end(tmp_path: Path, settings: Settings) -> None:
    logins = Logins(Path(settings.data), settings)
    session = logins.begin(store.User("wang", "reader"))
    logins.close()
    made = backup(tmp_path / "backups", settings)
    with pytest.raises(BadInput, match=r"sqlite is in use: stop the server first"):
        restore(tmp_path / "backups", settings)
    elsewhere = replace(settings, data=str(tmp_path / "other"))
    shutil.copytree(made / "data", elsewhere.data)
    later = History(Path(elsewhere.data))
    ask(later, "后来")
    later.close()
    done = restore(tmp_path / "backups", elsewhere)
    assert (done.backup, done.missing, done.generation) == (made, (), None)
    assert done.files == ("history.sqlite", "themes.txt", "users.sqlite")
    assert asked(elsewhere) == ["第一问"]
    assert done.before is not None
    assert asked(replace(settings, data=str(done.before))) == ["后来", "第一问"]
    logins = Logins(Path(elsewhere.data), elsewhere)
    assert logins.check("wang", PASSWORD) and logins.session(session) is None
    logins.close()
    assert backup(tmp_path / "backups", elsewhere)  # what was moved aside is no part of it


def test_a_damaged_backup_is_refused_and_changes_nothing(
    settings: Settings, tmp_path: Path
) -> None:
    made = backup(tmp_path / "backups", settings)
    elsewhere = replace(settings, data=str(tmp_path / "other"))
    for path in sorted(path for path in made.rglob("*") if path.is_file()):
        whole = path.read_bytes()
        for harm in (whole[:-1], whole[:-1] + bytes([whole[-1] ^ 1]), None):
            path.unlink() if harm is None else path.write_bytes(harm)
            with pytest.raises((BackupFailed, BadInput)):
                restore(made, elsewhere)
        path.write_bytes(whole)
    assert not (tmp_path / "other").exists()
    restore(made, elsewhere)


def test_the_index_comes_back_and_what_the_corpus_lacks_is_said(
    settings: Settings, tmp_path: Path
) -> None:
    corpus, index = Path(settings.corpus), Path(settings.index)
    built = build([corpus], index, settings)
    made = backup(tmp_path / "backups", settings, with_index=True)
    shutil.rmtree(index)
    (corpus / "甲.txt").unlink()
    done = restore(made, replace(settings, data=str(tmp_path / "other")))
    assert done.missing == ("甲.txt",)
    assert done.generation == built.generation
    assert Assistant.open(index, settings).records.essays()
    assert restore(made, replace(settings, data=str(tmp_path / "more"))).generation == "000002"


def test_a_backup_that_fails_leaves_the_earlier_ones(settings: Settings, tmp_path: Path) -> None:
    first = backup(tmp_path / "backups", settings, keep=1)
    (tmp_path / "data" / "broken.sqlite").write_bytes(b"no database at all" * 100)
    (tmp_path / "backups" / "youju-19990101T000000Z.part").mkdir()
    with pytest.raises(BackupFailed, match="not a database"):
        backup(tmp_path / "backups", settings, keep=1)
    assert list((tmp_path / "backups").iterdir()) == [first]


def test_the_command_line(rag: Run, tmp_path: Path) -> None:
    assert "no data folder data" in rag("backup", "b").stderr
    added = rag("user", "add", "wang", stdin=PASSWORD)
    assert str(tmp_path / "data") in added.stderr
    write(tmp_path / "corpus", 甲=FIRST)
    (tmp_path / "youju.toml").write_text("rate = 7\n", encoding="utf-8")
    done = rag("backup", "b")
    assert (done.returncode, done.stderr) == (0, "")
    shutil.rmtree(tmp_path / "data")
    (tmp_path / "youju.toml").unlink()
    done = rag("restore", "b")
    assert done.returncode == 0
    assert "youju.toml is restored" in done.stdout and "run `rag build`" in done.stdout
    assert rag("user", "list").stdout.startswith("wang  reader")
    assert json.loads(next((tmp_path / "b").glob("*/corpus.json")).read_text())["甲.txt"]
    assert "no backup in c" in rag("restore", "c").stderr
    assert rag("backup", "b", "--keep", "0").returncode == 2
