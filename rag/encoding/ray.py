"""A transformer whose passages are embedded on a Ray cluster, a batch a task, in parallel.

Adds to `transformer` where the work is done, and nothing else: name, fingerprint, questions and
vectors are those of the model on this machine, whose files every worker is given. An index made
so opens without Ray.

Ray ends its own process, not only its work, when the head of the cluster is gone. So it runs in
a child process of ours: what happens to the cluster is one error here, and the build says so.
"""

import importlib.util
import math
import os
import socket
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from functools import cached_property
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from rag.encoding.vectors import Vectors
from rag.errors import BadEncoder, BadInput, RagError
from rag.settings import Settings

if TYPE_CHECKING:  # the child process, which imports this file, has no use for torch
    from rag.encoding.transformer import TransformerEncoder

AUTO = "auto"  # the cluster that this machine is a node of
_RETRIES = 5  # of one batch, after a worker or a node was lost
_LOOK = 5.0  # seconds between two looks at a cluster that gives nothing
_IDLE = 60.0  # seconds that a cluster may be without a single processor


class RayEncoder:
    """Embeds questions here and passages on the cluster that `settings.ray` names."""

    def __init__(self, local: "TransformerEncoder", settings: Settings) -> None:
        """Check the address; the cluster is met when there are passages to embed.

        Raises:
            BadInput: the package is not installed, or the address is none.
        """
        if importlib.util.find_spec("ray") is None:
            raise BadInput("--ray needs the package ray: pip install 'youju[ray]'")
        self.name = local.name
        self.dim = local.dim
        self.fingerprint = local.fingerprint
        self._local = local
        self._settings = settings
        self._endpoint = _endpoint(settings.ray)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Return one unit row a question, shape (n, d), made here."""
        return self._local.encode_queries(texts)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Return one unit row a passage in the order of `texts`, shape (n, d), made there.

        Raises:
            BadInput: there is no cluster at the address.
            BadEncoder: the cluster is gone, or its workers cannot embed.
            BadVectors: the model gave a vector that is not finite.
        """
        if not texts:
            return self._local.encode_passages(texts)
        try:
            vectors = self._child.submit(_embed, self._task, list(texts)).result()
        except BrokenProcessPool:
            raise BadEncoder(self._gone("its head is gone")) from None
        except OSError as error:
            raise BadInput(self._gone(str(error))) from None
        if vectors.shape != (len(texts), self.dim):
            raise BadEncoder(self._gone(f"{len(texts)} texts gave the shape {vectors.shape}"))
        return vectors

    @cached_property
    def _child(self) -> ProcessPoolExecutor:
        if self._endpoint:
            with socket.create_connection(self._endpoint, timeout=5):
                pass  # Ray itself would try for two minutes
        return ProcessPoolExecutor(1, mp_context=get_context("spawn"))

    @cached_property
    def _task(self) -> "_Task":
        folder = Path(self.name)
        if not folder.is_dir():  # a name that was fetched before, or `local` could not be
            from huggingface_hub import snapshot_download

            folder = Path(snapshot_download(self.name, local_files_only=True))
        s = self._settings
        sent = Settings(
            ray=s.ray, passage_prompt=s.passage_prompt, batch_size=s.batch_size, device=s.device
        )
        return _Task(sent, str(folder), self.fingerprint)

    def _gone(self, reason: str) -> str:
        where = self._settings.ray
        return f"no vectors from the Ray cluster {where} ({reason}): check it, or leave out --ray"


@dataclass(frozen=True, slots=True)
class _Task:
    """What the child process needs to know."""

    settings: Settings  # those of an encoder alone: keys and secrets stay here
    folder: str
    fingerprint: str


def _endpoint(address: str) -> tuple[str, int] | None:
    """Return host and port of "host:port", None for "auto".

    >>> _endpoint("10.0.0.5:6379")
    ('10.0.0.5', 6379)
    """
    host, _, port = address.rpartition(":")
    if address == AUTO:
        return None
    if not host or "/" in host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise BadInput(f"the Ray address {address!r} must be HOST:PORT of the cluster, or {AUTO}")
    return host, int(port)


# In the child process, the only one here that imports ray.

_files: dict[str, Any] = {}  # fingerprint → reference of the model's files in the object store


def _embed(task: _Task, texts: list[str]) -> Vectors:
    """Embed `texts` on the cluster, in order.

    Raises:
        OSError: no such cluster.
        RagError: what the workers say.
    """
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    import ray

    if not ray.is_initialized():
        _connect(task.settings.ray)
    if task.fingerprint not in _files:
        _files[task.fingerprint] = ray.put(_read(Path(task.folder)))
    has = ray.cluster_resources()
    kind = "GPU" if has.get("GPU", 0) >= 1 and task.settings.device != "cpu" else "CPU"
    workers = max(1, int(has.get(kind, 1)))
    size = max(1, min(task.settings.batch_size, math.ceil(len(texts) / workers)))
    remote = ray.remote(_embed_there).options(max_retries=_RETRIES, num_gpus=int(kind == "GPU"))
    given = (_files[task.fingerprint], task.fingerprint, task.settings)
    batches = [texts[start : start + size] for start in range(0, len(texts), size)]
    pending = [remote.remote(*given, batch) for batch in batches]
    try:
        _wait(pending)
        return np.concatenate(ray.get(pending))
    except ray.exceptions.RayTaskError as error:
        if isinstance(error.cause, RagError):
            raise error.cause from None
        raise BadEncoder(_line("a worker cannot embed", error.cause)) from None
    except ray.exceptions.RayError as error:
        raise BadEncoder(_line("the Ray cluster gave up a batch", error)) from None


def _connect(address: str) -> None:
    """Join the cluster quietly.

    Raises:
        OSError: there is none, or not one that this Python and Ray fit.
    """
    import ray

    log = os.open(os.devnull, os.O_WRONLY)
    os.dup2(log, 2)  # Ray writes its own logs to stderr, pages of them when the head is gone
    try:
        ray.init(address=address, log_to_driver=False, configure_logging=False)
    except BaseException as error:  # it raises SystemExit, too
        raise OSError(_line("cannot join it", error)) from None


def _read(folder: Path) -> dict[str, Any]:
    """Return the bytes of every file of the model, by its place in the folder."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): np.fromfile(path, np.uint8) for path in files}


def _wait(pending: Sequence[Any]) -> None:
    """Wait for all results, unless nobody is left to make them.

    Raises:
        BadEncoder: the cluster has had no processor for `_IDLE` seconds.
    """
    import ray

    idle = 0.0
    while pending and idle < _IDLE:
        done, pending = ray.wait(pending, num_returns=len(pending), timeout=_LOOK)
        idle = 0.0 if done or ray.cluster_resources().get("CPU") else idle + _LOOK
    if pending:
        raise BadEncoder(f"the Ray cluster has had no worker for {_IDLE:.0f} s: start nodes")


def _line(what: str, error: BaseException) -> str:
    """Return one line that names the error."""
    text = " ".join(str(error).split())[:200] or type(error).__name__
    return f"{what}: {text}"


# In a worker of the cluster.

_loaded: dict[str, "TransformerEncoder"] = {}


def _embed_there(
    files: dict[str, Any], fingerprint: str, settings: Settings, texts: list[str]
) -> Vectors:
    """Embed one batch; the model is loaded once in a worker's life."""
    from rag.encoding.transformer import TransformerEncoder

    if fingerprint not in _loaded:
        device = "cpu" if settings.device == "cpu" else ""  # a worker sees only its own GPU
        with tempfile.TemporaryDirectory() as folder:
            for name, content in files.items():
                path = Path(folder, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                content.tofile(path)
            _loaded.clear()
            _loaded[fingerprint] = TransformerEncoder(
                replace(settings, encoder=folder, device=device)
            )
    return _loaded[fingerprint].encode_passages(texts)
