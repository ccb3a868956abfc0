"""Accounts and logins: what is kept, what is refused, what ends when."""

import hashlib
import os
import sqlite3
import stat
from collections.abc import Iterator
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


def test_a_name_locks_out_after_five_failures_in_a_row(logins: Logins, clock: Clock) -> None:
    for _ in range(4):
        assert logins.check("wang", "wrong") is None
    assert logins.check("wang", PASSWORD)  # begins the count anew
    for _ in range(5):
        assert logins.check("wang", "wrong") is None
    assert logins.locked("wang")
    assert logins.check("wang", PASSWORD) is None
    clock.now += 15 * MINUTE - 1
    assert logins.check("wang", PASSWORD) is None
    clock.now += 1
    assert logins.check("wang", PASSWORD) == User("wang", "reader")


def test_a_name_that_nobody_has_locks_out_alike(logins: Logins) -> None:
    for _ in range(5):
        logins.check("ghost", "wrong")
    assert logins.locked("ghost")
    assert not logins.locked("wang")


def test_a_lock_outlives_the_server_and_ends_with_a_new_password(
    logins: Logins, accounts: Accounts, tmp_path: Path, clock: Clock
) -> None:
    for _ in range(5):
        logins.check("wang", "wrong")
    again = Logins(tmp_path, Settings(), lambda: clock.now)
    assert again.check("wang", PASSWORD) is None
    accounts.set_password("wang", "another 密码 2026")
    assert again.check("wang", "another 密码 2026")
    again.close()


def test_never_locked_out_where_the_settings_say_so(accounts: Accounts, tmp_path: Path) -> None:
    logins = Logins(tmp_path, Settings(login_failures=0))
    for _ in range(7):
        assert logins.check("wang", "wrong") is None
    assert logins.check("wang", PASSWORD)


def test_a_session_ends_after_twelve_hours_however_used(logins: Logins, clock: Clock) -> None:
    session = logins.begin(User("wang", "reader"))
    for _ in range(11):
        clock.now += HOUR
        assert logins.session(session) == User("wang", "reader")
    clock.now += HOUR
    assert logins.session(session) is None
    clock.now -= HOUR
    assert logins.session(session) is None  # it is gone, not only hidden


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
        content = file.read_bytes()
        assert not any(s.encode() in content for s in (PASSWORD, session, token)), file
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
    assert kept(tmp_path, "SELECT token FROM users") == [
        (hashlib.sha256(token.encode()).hexdigest(),)
    ]


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
