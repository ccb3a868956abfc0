"""The server: taken ports are refused in one line, and no page asks another host for anything."""

import re
import socket
from pathlib import Path

import pytest

from rag.errors import BadInput, IndexMissing
from rag.settings import Settings
from ui.app import serve


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def test_a_taken_port_is_refused_before_the_index_is_opened(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(BadInput, match=rf"127\.0\.0\.1:{port} .* RAG_PORT") as refused:
            serve(tmp_path / "no index", Settings(port=port))
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("host", "port"), [("127.0.0.1", 70000), ("no.such.host.invalid", 7860), ("203.0.113.1", 7860)]
)
def test_an_address_that_is_none_of_this_machine_is_refused(
    tmp_path: Path, host: str, port: int
) -> None:
    with pytest.raises(BadInput, match=re.escape(f"{host}:{port}")):
        serve(tmp_path, Settings(host=host, port=port))


def test_a_missing_index_is_said_and_the_port_is_free_again(tmp_path: Path) -> None:
    port = free_port()
    with pytest.raises(IndexMissing, match="rag build"):
        serve(tmp_path / "index", Settings(port=port))
    socket.create_server(("127.0.0.1", port)).close()
