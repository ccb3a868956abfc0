"""A Milvus Lite server as a process of its own, asked over gRPC, that tests may kill."""

import socket
import subprocess
import sys
import time
from pathlib import Path


class MilvusServer:
    """One server over one folder; its port stays the same when it is started again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self.start()

    @property
    def uri(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it, over what is in the folder; return when it listens."""
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "milvus_lite", "server", "--data-dir", str(self.folder)),
                *("--host", "127.0.0.1", "--port", str(self.port)),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until = time.monotonic() + 60
        while self.process.poll() is None and time.monotonic() < until:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                time.sleep(0.1)
            else:
                return
        raise RuntimeError("Milvus Lite did not start")

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        self.process.wait()
