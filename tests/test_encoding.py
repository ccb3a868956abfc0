"""One setting decides which encoder is loaded."""

import subprocess
import sys
from pathlib import Path

import pytest

from rag.encoding import DEFAULT, load_encoder
from rag.encoding.endpoint import EndpointEncoder
from rag.encoding.onnx import OnnxEncoder
from rag.errors import BadEncoder, EncoderFailed
from rag.settings import Settings
from tests.conftest import ROOT


def test_the_default_encoder_needs_no_setting() -> None:
    encoder = load_encoder(Settings())
    assert isinstance(encoder, OnnxEncoder)
    assert encoder.name == "default"
    assert load_encoder(Settings()) == encoder  # read once in a process
    other = load_encoder(Settings(passage_prompt="文："))
    assert isinstance(other, OnnxEncoder)
    assert other.name == "default"
    assert other.fingerprint != encoder.fingerprint


def test_none_is_words_alone() -> None:
    assert load_encoder(Settings(encoder="none")) is None


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/v1", "https://嵌入.example/v1/"])
def test_an_address_is_an_endpoint_that_is_not_asked_yet(url: str) -> None:
    encoder = load_encoder(Settings(encoder=url))
    assert isinstance(encoder, EndpointEncoder)
    assert encoder.name == url


def test_a_password_in_an_address_is_not_shown() -> None:
    encoder = load_encoder(Settings(encoder="http://boss:geheim@127.0.0.1:1/v1"))
    assert encoder is not None
    assert encoder.name == "http://127.0.0.1:1/v1"
    with pytest.raises(EncoderFailed, match="/v1/embeddings does not answer") as caught:
        encoder.encode_queries(["问"])
    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize("url", ["http://", "https:///v1", "http://127.0.0.1:port/v1"])
def test_an_address_that_cannot_be_one_is_refused(url: str) -> None:
    with pytest.raises(BadEncoder, match="is no address of an embeddings endpoint") as caught:
        load_encoder(Settings(encoder=url))
    assert "\n" not in str(caught.value)


def test_the_default_encoder_fits_the_package() -> None:
    files = [path for path in DEFAULT.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= 32_000_000


def test_there_is_a_card_that_says_whose_weights_they_are() -> None:
    card = (DEFAULT / "README.md").read_text(encoding="utf-8")
    for word in ("multilingual-e5-small", "MIT"):
        assert word in card


@pytest.mark.parametrize(
    "name", ["", "./missing", "/missing/model", "~/missing", "a/b/c", "C:\\model"]
)
def test_a_path_that_is_no_folder_is_refused_before_any_request(name: str) -> None:
    with pytest.raises(
        BadEncoder, match=r"no folder .*: set `encoder` to default, none, "
    ) as caught:
        load_encoder(Settings(encoder=name))
    assert "\n" not in str(caught.value)


FRUGAL = """
import socket, sys
def refuse(*args, **more):
    raise AssertionError("the network was asked")
socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse
import rag.encoding
assert "onnxruntime" not in sys.modules
from rag.encoding import load_encoder
from rag.settings import Settings
encoder = load_encoder(Settings())
print(encoder.encode_queries(["太湖县有哪些人才措施？"]).tobytes().hex())
heavy = {"torch", "transformers", "sentence_transformers", "huggingface_hub", "httpx"}
print(sorted(heavy & set(sys.modules)))
"""


def test_a_question_needs_no_torch_and_no_network() -> None:
    """And has the same vector in another process."""
    ran = subprocess.run(
        [sys.executable, "-c", FRUGAL], cwd=ROOT, capture_output=True, text=True, check=True
    )
    encoder = load_encoder(Settings())
    assert encoder is not None
    vector = encoder.encode_queries(["太湖县有哪些人才措施？"])
    assert ran.stdout.splitlines() == [vector.tobytes().hex(), "[]"]


def test_an_answer_needs_no_torch(index: Path) -> None:
    said = (
        "import sys; from pathlib import Path; from rag.pipeline import Assistant;"
        "from rag.settings import Settings;"
        f"Assistant.open(Path({str(index)!r}), Settings()).ask('太湖县有哪些人才措施？');"
        "print(sorted({'torch', 'transformers', 'sentence_transformers'} & set(sys.modules)))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", said], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert ran.stdout == "[]\n"
