"""Servers that the tests of the guard ask."""

from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher

from rag.pipeline import Assistant
from rag.settings import Settings
from rag.users import Accounts, store
from tests.guard.server import PASSWORD, Server, serving


@pytest.fixture(scope="module", autouse=True)
def quick() -> Iterator[None]:
    """Hash with the least work."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "HASHER", PasswordHasher(1, 8, 1))
        yield


@pytest.fixture(scope="module")
def server(assistant: Assistant, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with the readers wang and zhao and the administrator boss."""
    data = tmp_path_factory.mktemp("data")
    accounts = Accounts(data)
    for name, role in (("wang", "reader"), ("zhao", "reader"), ("boss", "admin")):
        accounts.add(name, PASSWORD, role)
    accounts.close()
    with serving(assistant, Settings(data=str(data), max_request_bytes=20_000, login_rate=0)) as it:
        yield it


@pytest.fixture(scope="module")
def token(server: Server) -> str:
    """A token of wang's."""
    accounts = Accounts(server.data)
    made = accounts.new_token("wang")
    accounts.close()
    return made


@pytest.fixture(scope="module")
def open_server(assistant: Assistant, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of this machine only, without accounts."""
    with serving(assistant, Settings(data=str(tmp_path_factory.mktemp("data")))) as running:
        yield running
