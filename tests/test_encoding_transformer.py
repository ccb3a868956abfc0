"""Real loading code on a tiny BERT that the test makes: random weights, 16 dimensions.

The libraries are imported where they are used: every worker imports this file, one of them runs it.
"""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from rag.encoding import Encoder, Vectors, load_encoder
from rag.errors import BadEncoder, EncoderFailed, IndexMismatch
from rag.pipeline import Assistant, build
from rag.settings import Settings

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

TEXTS = ["干部人才", "人才", "干部" * 200, ""]
CONFIG = {
    "vocab_size": 12, "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2,
    "intermediate_size": 16, "max_position_embeddings": 64,
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sentence-transformers folder with a prompt of its own for questions."""
    return make_encoder(tmp_path_factory)


def make_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer

    base, out = tmp_path_factory.mktemp("bert"), tmp_path_factory.mktemp("encoder")
    save_bert(base)
    transformer = Transformer(str(base), max_seq_length=32)
    pooling = Pooling(transformer.get_embedding_dimension())
    model = SentenceTransformer(
        modules=[transformer, pooling], device="cpu", prompts={"query": "问", "document": ""}
    )
    model.save(str(out))
    return out


@pytest.fixture(scope="module")
def reference(folder: Path) -> "SentenceTransformer":
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(folder), device="cpu", local_files_only=True)


def settings(folder: Path, **other: str | int) -> Settings:
    return Settings(encoder=str(folder), device="cpu", **other)  # type: ignore[arg-type]


def loaded(settings: Settings) -> Encoder:
    encoder = load_encoder(settings)
    assert encoder is not None
    return encoder


def unit(rows: Sequence[Sequence[float]]) -> Vectors:
    made: Vectors = np.asarray(rows, dtype=np.float32)
    made /= np.linalg.norm(made, axis=1, keepdims=True)
    return made


def test_gives_the_librarys_vectors_at_length_1(
    folder: Path, reference: "SentenceTransformer"
) -> None:
    encoder = loaded(settings(folder, batch_size=2))
    got = encoder.encode_passages(TEXTS)
    np.testing.assert_allclose(got, unit(reference.encode(TEXTS)), atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(got, axis=1), 1, atol=1e-5)


def test_uses_the_models_prompt_or_the_operators(
    folder: Path, reference: "SentenceTransformer"
) -> None:
    own = loaded(settings(folder)).encode_queries(TEXTS)
    np.testing.assert_allclose(own, unit(reference.encode(TEXTS, prompt="问")), atol=1e-5)
    ours = loaded(settings(folder, query_prompt="题", passage_prompt="文"))
    np.testing.assert_allclose(
        ours.encode_queries(TEXTS), unit(reference.encode(TEXTS, prompt="题")), atol=1e-5
    )
    np.testing.assert_allclose(
        ours.encode_passages(TEXTS), unit(reference.encode(TEXTS, prompt="文")), atol=1e-5
    )
    assert not np.allclose(ours.encode_queries(TEXTS), own, atol=1e-3)


def test_batch_size_does_not_change_vectors(folder: Path) -> None:
    one = loaded(settings(folder, batch_size=1)).encode_passages(TEXTS * 8)
    many = loaded(settings(folder, batch_size=64)).encode_passages(TEXTS * 8)
    np.testing.assert_allclose(one, many, atol=1e-5)


def test_fingerprint_follows_the_folder_and_the_prompts(
    folder: Path, tmp_path: Path, reference: "SentenceTransformer"
) -> None:
    changed = tmp_path / "changed"
    save_changed(folder, changed, scale=2.0)
    marks = [
        loaded(each).fingerprint
        for each in (
            settings(folder),
            settings(folder, query_prompt="题"),
            settings(folder, passage_prompt="文"),
            settings(changed),
        )
    ]
    assert len(set(marks)) == 4
    moved = shutil.copytree(folder, tmp_path / "moved")
    (moved / "README.md").write_text("什么也不改变。", encoding="utf-8")
    assert loaded(settings(moved, batch_size=3)).fingerprint == marks[0]


def test_prompts_are_known(folder: Path) -> None:
    """They stand in the manifest of an index."""
    encoder = loaded(settings(folder, passage_prompt="文"))
    assert (encoder.name, encoder.query_prompt, encoder.passage_prompt) == (str(folder), "问", "文")


def test_an_index_is_built_and_asked_with_it(folder: Path, tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "甲.txt").write_text("干部人才。\n\n问题。\n\n人才人才。\n", encoding="utf-8")
    build([corpus], tmp_path / "index", settings(folder))
    assistant = Assistant.open(tmp_path / "index", settings(folder))
    hits = assistant.search("人才")
    assert sorted(hit.dense_rank for hit in hits if hit.dense_rank) == list(range(1, len(hits) + 1))
    with pytest.raises(IndexMismatch, match=f"with the encoder {folder} .* now it is default"):
        Assistant.open(tmp_path / "index", Settings())


def test_refuses_vectors_that_are_not_finite(
    folder: Path, tmp_path: Path, reference: "SentenceTransformer"
) -> None:
    save_changed(folder, tmp_path, scale=float("nan"))
    with pytest.raises(EncoderFailed, match="not finite"):
        loaded(settings(tmp_path)).encode_queries(["人"])


def test_a_missing_folder_is_named_without_asking_the_network(tmp_path: Path) -> None:
    with pytest.raises(BadEncoder, match=r"no folder .*nowhere"):
        load_encoder(settings(tmp_path / "nowhere"))


def test_an_empty_folder_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(BadEncoder, match="cannot load the encoder") as caught:
        loaded(settings(tmp_path))
    assert "\n" not in str(caught.value)


def test_a_name_that_is_not_on_this_machine_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """And asks no network."""
    asked: list[object] = []

    def refuse(*where: object, **_: object) -> None:
        asked.append(where)
        raise OSError("no network")

    monkeypatch.setattr("socket.socket.connect", refuse)
    monkeypatch.setattr("socket.getaddrinfo", refuse)
    said = "cannot load the encoder 'nobody/nothing': .* `hf download` fetched"
    with pytest.raises(BadEncoder, match=said) as caught:
        load_encoder(Settings(encoder="nobody/nothing"))
    assert "\n" not in str(caught.value)
    assert asked == []


def save_bert(folder: Path) -> None:
    """Save a BERT of random weights that knows a few characters."""
    import torch
    from transformers import BertConfig, BertModel, BertTokenizerFast

    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"干部人才问题文"]
    (folder / "vocab.txt").write_text("\n".join(tokens), encoding="utf-8")
    torch.manual_seed(0)
    model = BertModel(BertConfig(**CONFIG))
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.5)
    model.save_pretrained(folder)
    BertTokenizerFast(vocab=str(folder / "vocab.txt")).save_pretrained(folder)


def save_changed(source: Path, out: Path, *, scale: float) -> None:
    """Save the model of `source` with its word vectors multiplied."""
    import torch
    from sentence_transformers import SentenceTransformer

    changed = SentenceTransformer(str(source), device="cpu", local_files_only=True)
    with torch.no_grad():
        changed[0].auto_model.embeddings.word_embeddings.weight *= scale
    changed.save(str(out))
