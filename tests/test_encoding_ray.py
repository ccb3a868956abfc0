"""A real Ray cluster of two nodes on this machine; one dies while it embeds, then the other."""

import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ray._private.node import Node
from ray.cluster_utils import Cluster

from rag.encoding import load_encoder
from rag.encoding.ray import RayEncoder
from rag.encoding.transformer import TransformerEncoder
from rag.errors import BadEncoder, BadInput
from rag.index import list_generations
from rag.pipeline import Assistant, build
from rag.settings import Settings
from tests.conftest import ROOT, Run
from tests.test_encoding_transformer import make_encoder

TEXTS = [f"干部{'人才' * (number % 9)}文{'问' * (number % 5)}" for number in range(150)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny transformer."""
    return make_encoder(tmp_path_factory)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A head of two processors and a node of one; what is left of them ends with the tests."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("RAY_USAGE_STATS_ENABLED", "0")
        environment.setenv("RAY_gcs_rpc_server_reconnect_timeout_s", "1")
        environment.setenv("PYTHONPATH", str(ROOT))
        head = {"num_cpus": 2, "include_dashboard": False}
        started = Cluster(initialize_head=True, head_node_args=head)
        try:
            started.add_node(num_cpus=1)
            yield started
        finally:
            started.shutdown()


def settings(folder: Path, **other: str | int) -> Settings:
    return Settings(encoder=str(folder), device="cpu", batch_size=2, **other)  # type: ignore[arg-type]


def test_same_vectors_and_nothing_lost_when_a_node_is_killed(
    cluster: Cluster, folder: Path
) -> None:
    local = load_encoder(settings(folder))
    there = load_encoder(settings(folder, ray=cluster.address))
    assert isinstance(there, RayEncoder)
    assert (there.name, there.dim, there.fingerprint) == (local.name, 16, local.fingerprint)
    with ThreadPoolExecutor(1) as pool:
        embedding = pool.submit(there.encode_passages, TEXTS)
        kill_while_it_embeds(cluster, cluster.worker_nodes.copy().pop(), embedding)
        got = embedding.result(timeout=300)
    want = local.encode_passages(TEXTS)
    assert len(np.unique(want.round(4), axis=0)) > 40  # a wrong order would show
    np.testing.assert_allclose(got, want, atol=1e-5)
    np.testing.assert_array_equal(there.encode_queries(TEXTS[:3]), local.encode_queries(TEXTS[:3]))
    assert there.encode_passages([]).shape == (0, 16)


def test_when_the_head_is_gone_the_old_generation_answers(
    cluster: Cluster, folder: Path, tmp_path: Path
) -> None:
    corpus, index = tmp_path / "corpus", tmp_path / "index"
    corpus.mkdir()
    (corpus / "a.txt").write_text("# 干部\n\n干部和人才的问题。", encoding="utf-8")
    first = build([corpus], index, settings(folder)).generation
    (corpus / "b.txt").write_text("。\n\n".join(TEXTS), encoding="utf-8")
    with ThreadPoolExecutor(1) as pool:
        building = pool.submit(build, [corpus], index, settings(folder, ray=cluster.address))
        kill_while_it_embeds(cluster, cluster.head_node, building)
        with pytest.raises(BadEncoder, match=r"its head is gone.*leave out --ray") as caught:
            building.result(timeout=300)
    assert "\n" not in str(caught.value)
    assert [name for name, _, _ in list_generations(index)] == [first]
    answering = Assistant.open(index, settings(folder))
    assert answering.generation == first
    assert answering.search("人才", 1)[0].passage.text == "干部和人才的问题。"


def test_no_cluster_at_the_address_is_one_line(folder: Path) -> None:
    for address in ("127.0.0.1:9", "nowhere.invalid:6379"):
        with pytest.raises(BadInput, match=f"no vectors from the Ray cluster {address} ") as caught:
            load_encoder(settings(folder, ray=address)).encode_passages(["人才"])
        assert "\n" not in str(caught.value)


def test_the_command_line_says_that_a_static_encoder_needs_no_cluster(rag: Run) -> None:
    told = rag("build", "--ray", "auto")
    assert told.returncode == 2
    assert told.stderr.startswith("rag: --ray is for transformers")


@pytest.mark.parametrize("address", ["head", "head:", ":6379", "head:0", "head:70000", "ray://h:1"])
def test_an_address_is_host_and_port(folder: Path, address: str) -> None:
    with pytest.raises(BadInput, match="must be HOST:PORT of the cluster, or auto"):
        load_encoder(settings(folder, ray=address))


def test_the_package_that_is_missing_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(BadInput, match=r"pip install 'youju\[ray\]'"):
        RayEncoder(TransformerEncoder(settings(folder)), settings(folder, ray="auto"))


def kill_while_it_embeds(cluster: Cluster, node: Node, work: Future[Any]) -> None:
    """Kill all processes of a node as soon as one of its workers embeds."""
    until = time.monotonic() + 300
    while not embeds(node.all_processes["raylet"][0].process.pid):
        assert not work.done() and time.monotonic() < until, "no batch came to that node"
        time.sleep(0.01)
    cluster.remove_node(node, allow_graceful=False)


def embeds(raylet: int) -> bool:
    """Tell whether a worker that this node started is at a batch: Ray renames it so."""
    for place in Path("/proc").glob("[0-9]*"):
        try:
            parent = (place / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()[1]
            title = (place / "cmdline").read_bytes()
        except OSError:
            continue
        if int(parent) == raylet and title.startswith(b"ray::_embed_there"):
            return True
    return False
