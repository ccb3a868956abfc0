"""Accounts and logins: what is kept, what is refused, what ends when."""

import hashlib
import os
import sqlite3
import stat
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from argon2 import PasswordHasher, extract_parameters
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rag.errors import BadInput
from rag.settings import Settings
from rag.users import FILE_NAME, Accounts, Logins, User, store
from tests.conftest import Run

PASSWORD = "言必有据, 2026!"
HOUR, MINUTE = 3600, 60
HASHER = store.HASHER  # as it is outside of tests


class Clock:
    """A clock that the test sets, in seconds."""

    now = 1_790_000_000.0


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash with the least work."""
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(store, "HASHER", cheap)


@pytest.fixture
def accounts(tmp_path: Path) -> Iterator[Accounts]:
    opened = Accounts(tmp_path)
    opened.add("wang", PASSWORD)
    yield opened
    opened.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def logins(accounts: Accounts, tmp_path: Path, clock: Clock) -> Iterator[Logins]:
    opened = Logins(tmp_path, Settings(), lambda: clock.now)
    yield opened
    opened.close()


def kept(folder: Path, query: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(folder / FILE_NAME) as connection:
        return connection.execute(query).fetchall()


def test_no_account_is_there_at_first(tmp_path: Path) -> None:
    assert Accounts(tmp_path).all() == ()
    assert not Logins(tmp_path, Settings()).any()


def test_the_right_password_lets_in(logins: Logins) -> None:
    assert logins.any()
    assert logins.check("wang", PASSWORD) == User("wang", "reader")


@pytest.mark.parametrize("name", ["wang", "WANG", " \uff57ang\t"])
def test_case_and_width_of_a_name_do_not_matter(logins: Logins, name: str) -> None:
    assert logins.check(name, PASSWORD) == User("wang", "reader")


def test_composed_and_decomposed_passwords_are_one(tmp_path: Path) -> None:
    Accounts(tmp_path).add("li", "cafe\u0301 \uff12026 nuit")
    assert Logins(tmp_path, Settings()).check("li", "caf\u00e9 2026 nuit") == User("li", "reader")


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("wang", PASSWORD + " "),
        ("wang", ""),
        ("wang", PASSWORD * 100),
        ("wang", "\ud800"),
        ("nobody", PASSWORD),
        ("", PASSWORD),
        ("\ud800", PASSWORD),
        ("wang' OR '1'='1", PASSWORD),
        ("wang\0", PASSWORD),
    ],
)
def test_anything_else_does_not(logins: Logins, name: str, password: str) -> None:
    assert logins.check(name, password) is None


def test_a_new_password_and_a_name_given_out_again_end_every_session(
    accounts: Accounts, logins: Logins
) -> None:
    before = logins.begin(User("wang", "reader"))
    accounts.set_password("wang", "another 密码 2026")
    assert logins.session(before) is None
    after = logins.begin(User("wang", "reader"))
    accounts.remove("wang")
    accounts.add("wang", PASSWORD, again=True)
    assert logins.session(after) is None


def test_a_session_goes_on_where_it_is_used(logins: Logins, clock: Clock) -> None:
    session = logins.begin(User("wang", "reader"))
    for _ in range(11):
        clock.now += HOUR
        assert logins.session(session) == User("wang", "reader")
        logins.end(logins.begin(User("wang", "reader")))  # another's end changes nothing
    logins.end(session)
    assert logins.session(session) is None


def test_a_session_outlives_the_server(logins: Logins, tmp_path: Path, clock: Clock) -> None:
    session = logins.begin(User("wang", "reader"))
    again = Logins(tmp_path, Settings(), lambda: clock.now)
    assert again.session(session)
    again.close()


@given(st.integers(0, 400), st.integers(1, 255))
def test_no_sign_of_a_session_can_be_changed(at: int, by: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        Accounts(Path(folder)).add("wang", PASSWORD)
        logins = Logins(Path(folder), Settings())
        session = logins.begin(User("wang", "reader"))
        at %= len(session)
        other = session[:at] + chr(ord(session[at]) ^ by) + session[at + 1 :]
        assert logins.session(other) is None
        logins.close()


def test_a_session_ends_after_twelve_hours_however_used(logins: Logins, clock: Clock) -> None:
    session = logins.begin(User("wang", "reader"))
    for _ in range(11):
        clock.now += HOUR
        assert logins.session(session) == User("wang", "reader")
    clock.now += HOUR
    assert logins.session(session) is None


def test_a_session_ends_when_it_is_not_used(logins: Logins, clock: Clock) -> None:
    session = logins.begin(User("wang", "reader"))
    clock.now += 120 * MINUTE
    assert logins.session(session) is None


def test_a_session_from_the_future_is_none(logins: Logins, clock: Clock) -> None:
    session = logins.begin(User("wang", "reader"))
    clock.now -= 30  # what a time server corrects
    assert logins.session(session)
    clock.now -= 24 * HOUR
    assert logins.session(session) is None


def test_ending_one_session_leaves_the_other(logins: Logins) -> None:
    one, other = logins.begin(User("wang", "reader")), logins.begin(User("wang", "reader"))
    logins.end(one)
    assert logins.session(one) is None
    assert logins.session(other)


def test_removing_an_account_ends_what_it_has(accounts: Accounts, logins: Logins) -> None:
    session, token = logins.begin(User("wang", "reader")), accounts.new_token("wang")
    assert logins.session(session) and logins.by_token(token)
    accounts.remove("wang")
    assert logins.session(session) is None
    assert logins.by_token(token) is None
    assert logins.check("wang", PASSWORD) is None
    assert not logins.any()


def test_a_removed_name_is_given_out_again_only_on_purpose(accounts: Accounts) -> None:
    accounts.remove("wang")
    with pytest.raises(BadInput, match=r"was removed on .* --again"):
        accounts.add("Wang", PASSWORD)
    accounts.add("wang", PASSWORD, "admin", again=True)
    assert [(each.name, each.role) for each in accounts.all()] == [("wang", "admin")]


def test_a_new_token_replaces_the_old_one(accounts: Accounts, logins: Logins) -> None:
    old, new = accounts.new_token("wang"), accounts.new_token("wang")
    assert logins.by_token(old) is None
    assert logins.by_token(new) == User("wang", "reader")
    accounts.drop_token("wang")
    assert logins.by_token(new) is None
    assert logins.by_token("") is None


def test_the_file_holds_no_secret_and_is_the_owners(
    accounts: Accounts, logins: Logins, tmp_path: Path
) -> None:
    session, token = logins.begin(User("wang", "reader")), accounts.new_token("wang")
    for file in tmp_path.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
        content = file.read_bytes()
        assert not any(s.encode() in content for s in (PASSWORD, session, token)), file
    assert kept(tmp_path, "SELECT token FROM users") == [
        (hashlib.sha256(token.encode()).hexdigest(),)
    ]


OLD = """
CREATE TABLE users (
    name TEXT PRIMARY KEY, role TEXT NOT NULL, password TEXT NOT NULL, token TEXT UNIQUE,
    created TEXT NOT NULL, removed TEXT);
CREATE TABLE sessions (id TEXT PRIMARY KEY, user TEXT NOT NULL, began REAL NOT NULL, seen REAL);
CREATE TABLE failures (name TEXT PRIMARY KEY, count INTEGER NOT NULL, last REAL NOT NULL);
"""


def test_a_file_of_an_earlier_version_is_copied_and_brought_up(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / FILE_NAME)) as old, old:
        old.executescript(OLD)
        made = ("wang", "admin", store.HASHER.hash(PASSWORD), "2025-01-01")
        old.execute("INSERT INTO users VALUES (?, ?, ?, NULL, ?, NULL)", made)
    for _ in range(2):  # the second time there is nothing to do
        logins = Logins(tmp_path, Settings())
        assert logins.check("wang", PASSWORD) == User("wang", "admin")
        assert logins.session(logins.begin(User("wang", "admin")))
        logins.close()
    copies = [path for path in tmp_path.iterdir() if ".v" in path.name]
    assert [copy.name for copy in copies] == ["users.sqlite.v0"]
    assert stat.S_IMODE(copies[0].stat().st_mode) == 0o600
    with closing(sqlite3.connect(copies[0])) as kept:
        assert kept.execute("SELECT name, role FROM users").fetchall() == [("wang", "admin")]


def test_a_file_of_a_later_version_is_left_alone(accounts: Accounts, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / FILE_NAME)) as file, file:
        file.execute("PRAGMA user_version = 99")
    with pytest.raises(BadInput, match="a later version of this program: update it"):
        Accounts(tmp_path)


def test_two_that_add_a_name_at_once_do_not_take_it_from_each_other(
    accounts: Accounts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Accounts(tmp_path)
    monkeypatch.setattr(other, "check_new", lambda *_: other)  # it looked a moment before
    with pytest.raises(BadInput, match="there is an account 'wang' already"):
        other.add("wang", "another 密码 2026", "admin")
    assert [(each.name, each.role) for each in accounts.all()] == [("wang", "reader")]
    other.close()


@pytest.mark.parametrize("sign", ["\u0301\u0316", "ﷺ", "a", "１"])
def test_names_and_passwords_cost_the_same_however_long(logins: Logins, sign: str) -> None:
    """To normalize a run of combining marks takes time as its square: 320 KB took 100 s."""
    for name, password in (("a" + sign * 500_000, PASSWORD), ("wang", sign * 500_000)):
        assert logins.account(name)[1] is None or name == "wang"
        assert logins.check(name, password) is None


def test_passwords_are_hashed_as_rfc_9106_recommends() -> None:
    found = extract_parameters(HASHER.hash(PASSWORD))
    assert (found.type.name, found.memory_cost, found.time_cost, found.parallelism) == (
        "ID",
        64 * 1024,  # KiB
        3,
        4,
    )


@pytest.mark.parametrize(
    ("name", "password", "role", "complaint"),
    [
        ("", PASSWORD, "reader", "cannot be used"),
        ("local", PASSWORD, "reader", "cannot be used"),
        ("Local", PASSWORD, "reader", "cannot be used"),
        ("a b", PASSWORD, "reader", "cannot be used"),
        ("../x", PASSWORD, "reader", "cannot be used"),
        ("x" * 65, PASSWORD, "reader", "cannot be used"),
        ("wang", PASSWORD, "reader", "already"),
        ("li", PASSWORD, "root", "reader or admin"),
        ("li", "123456789", "reader", "10 to 256"),
        ("li", "长" * 257, "reader", "10 to 256"),
        ("li", "aaaaaaaabbbb", "reader", "easily guessed"),
        ("zhang", "Zhang-2026-x", "reader", "easily guessed"),
    ],
)
def test_what_cannot_be_added(
    accounts: Accounts, name: str, password: str, role: str, complaint: str
) -> None:
    with pytest.raises(BadInput, match=complaint) as refused:
        accounts.add(name, password, role)  # type: ignore[arg-type]
    assert password not in str(refused.value)
    assert [each.name for each in accounts.all()] == ["wang"]


@given(secret=st.text(max_size=60))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_text_is_a_session_or_token(logins: Logins, secret: str) -> None:
    assert logins.session(secret) is None
    assert logins.by_token(secret) is None


def test_a_file_that_is_none_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text("not a database, " * 100, encoding="utf-8")
    with pytest.raises(BadInput, match="RAG_DATA") as refused:
        Accounts(tmp_path)
    assert "\n" not in str(refused.value)


def test_the_command_line(rag: Run, tmp_path: Path) -> None:
    def run(*arguments: str, typed: str = "") -> tuple[int, str, str]:
        done = rag("user", *arguments, stdin=typed, RAG_DATA=str(tmp_path / "data"))
        assert "Traceback" not in done.stderr
        return done.returncode, done.stdout.strip(), done.stderr.strip()

    code, out, _ = run("add", "wang", "--role", "admin", typed=PASSWORD + "\n")
    assert (code, out.split(";")[0]) == (0, "added wang (admin)")
    assert run("add", "wang", typed="x\n")[0] == 2
    assert run("add")[::2] == (2, "rag: `rag user add` needs a name")
    assert run("add", "li", typed="short\n")[::2] == (
        2,
        "rag: a password has 10 to 256 characters: choose another",
    )
    code, token, hint = run("token", "wang")
    logins = Logins(tmp_path / "data", Settings())
    assert (code, logins.by_token(token), token in hint) == (0, User("wang", "admin"), False)
    assert run("list")[1].split("  ")[::3] == ["wang", "token"]
    assert run("password", "wang", typed="another 密码 2026\n")[0] == 0
    assert logins.check("wang", "another 密码 2026") == User("wang", "admin")
    assert run("token", "wang", "--withdraw")[0] == 0
    assert run("remove", "wang")[0] == 0
    assert run("remove", "wang")[0] == 2
    assert run("list")[:2] == (0, "")
    logins.close()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(BadInput, match="cannot write the accounts"):
        Accounts(tmp_path / "data")
