"""The static encoder gives sentence-transformers' vectors, and says what is wrong with a folder."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import save_file
from sentence_transformers import SentenceTransformer
from tokenizers import Regex, Tokenizer, models, pre_tokenizers

from rag.encoding import DEFAULT
from rag.encoding.static import StaticEncoder, is_static
from rag.errors import BadEncoder, BadVectors

TEXTS = [
    "池州市的人才发展专项资金按什么比例设立？",
    "健全容错纠错机制，为敢于担当的干部“撑腰鼓劲”。" * 30,
    "ＡＢＣ full-width, ５０％ and half-width",  # noqa: RUF001
    "𠮷野家と㐀䶵龘",  # CJK Extension B and A, rare characters
    "好😀",
    "第\n一\t行\r\n第二行",
]
BLANK = ["", "😀", "，。！", " \n"]


@pytest.fixture(scope="module")
def default() -> StaticEncoder:
    return StaticEncoder.load(DEFAULT)


@pytest.fixture(scope="module")
def reference() -> SentenceTransformer:
    return SentenceTransformer(str(DEFAULT), device="cpu", local_files_only=True)


def test_equals_sentence_transformers(
    default: StaticEncoder, reference: SentenceTransformer
) -> None:
    want = reference.encode(TEXTS, normalize_embeddings=True)
    np.testing.assert_allclose(default.encode_passages(TEXTS), want, atol=1e-5)
    np.testing.assert_allclose(default.encode_queries(TEXTS), want, atol=1e-5)


@settings(deadline=None, max_examples=30)
@given(text=st.text(max_size=40))
def test_equals_sentence_transformers_on_any_text(
    default: StaticEncoder, reference: SentenceTransformer, text: str
) -> None:
    want = reference.encode([text], normalize_embeddings=True)
    got = default.encode_passages([text])
    if np.any(want):
        np.testing.assert_allclose(got, want, atol=1e-5)
    else:
        np.testing.assert_array_equal(got, default.encode_passages([""]))


def test_text_without_a_known_token_is_near_to_nothing(default: StaticEncoder) -> None:
    questions, passages = default.encode_queries(BLANK), default.encode_passages(BLANK)
    np.testing.assert_allclose(np.linalg.norm(questions, axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(questions @ passages.T, 0, atol=1e-5)
    np.testing.assert_allclose(questions @ default.encode_passages(TEXTS).T, 0, atol=1e-5)
    np.testing.assert_allclose(default.encode_queries(TEXTS) @ passages.T, 0, atol=1e-5)


def test_no_texts_give_no_rows(default: StaticEncoder) -> None:
    assert default.encode_passages([]).shape == (0, default.dim)


def test_more_texts_than_a_batch_keep_their_order(default: StaticEncoder) -> None:
    numbers = [f"第{n}条" for n in range(2500)]
    whole = default.encode_passages(numbers)
    np.testing.assert_allclose(whole[2400], default.encode_passages([numbers[2400]])[0], atol=1e-6)


def test_prompts_stand_before_the_text(default: StaticEncoder) -> None:
    prompted = StaticEncoder.load(DEFAULT, query_prompt="问题：", passage_prompt="段落：")
    np.testing.assert_array_equal(
        prompted.encode_queries(["干部"]), default.encode_queries(["问题：干部"])
    )
    np.testing.assert_array_equal(
        prompted.encode_passages(["干部"]), default.encode_passages(["段落：干部"])
    )


def test_an_unknown_word_is_made_of_its_pieces(tmp_path: Path) -> None:
    encoder = StaticEncoder.load(tiny(tmp_path))
    both, first, second = encoder.token_vectors(["人干部", "人", "干部"])
    np.testing.assert_allclose(first, [1, 0], atol=1e-6)
    np.testing.assert_allclose(second, [0, 1], atol=1e-6)
    np.testing.assert_allclose(both, np.array([1, 2]) / 5**0.5, atol=1e-6)


def test_reads_what_model2vec_writes(tmp_path: Path) -> None:
    folder = tiny(tmp_path)
    arrays = {
        "embeddings": np.array([[0, 0], [0.5, 0], [0, 1]], dtype=np.float16),
        "mapping": np.array([0, 2, 1]),
        "weights": np.array([1, 2, 3], dtype=np.float32),
    }
    save_file(arrays, folder / "model.safetensors")
    got = StaticEncoder.load(folder).encode_passages(["人干部"])  # (0, 1) * 2 + (0.5, 0) * 3
    np.testing.assert_allclose(got, np.array([[1.5, 2]]) / 2.5, atol=1e-6)
    reference = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
    want = reference.encode(["人干部"], normalize_embeddings=True)
    np.testing.assert_allclose(got, want.astype(np.float32), atol=1e-3)  # that runs in float16


def test_fingerprint_follows_the_weights_and_the_passage_prompt(tmp_path: Path) -> None:
    folder = tiny(tmp_path)
    before = StaticEncoder.load(folder).fingerprint
    assert StaticEncoder.load(folder, query_prompt="问：").fingerprint == before
    assert StaticEncoder.load(folder, passage_prompt="段：").fingerprint != before
    save_file({"embedding.weight": np.eye(3, 2, dtype=np.float32)}, folder / "model.safetensors")
    assert StaticEncoder.load(folder).fingerprint != before


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("tokenizer.json", b"{", "is not a tokenizer"),
        ("tokenizer.json", None, "tokenizer.json is missing"),
        ("model.safetensors", b"broken", "holds no table"),
        ("model.safetensors", None, "model.safetensors is missing"),
    ],
)
def test_a_broken_folder_is_one_line(
    tmp_path: Path, file: str, content: bytes | None, message: str
) -> None:
    path = tiny(tmp_path) / file
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadEncoder, match=message) as caught:
        StaticEncoder.load(tmp_path)
    assert "\n" not in str(caught.value)


def test_refuses_a_table_of_another_tokenizer(tmp_path: Path) -> None:
    folder = tiny(tmp_path)
    save_file({"embedding.weight": np.ones((2, 2), np.float32)}, folder / "model.safetensors")
    with pytest.raises(BadEncoder, match="3 tokens, the table 2 rows"):
        StaticEncoder.load(folder)


def test_refuses_a_table_that_is_none(tmp_path: Path) -> None:
    folder = tiny(tmp_path)
    save_file({"embedding.weight": np.ones(3, np.float32)}, folder / "model.safetensors")
    with pytest.raises(BadEncoder, match=r"got shape \(3,\)"):
        StaticEncoder.load(folder)


def test_refuses_values_that_are_not_finite(tmp_path: Path) -> None:
    folder = tiny(tmp_path)
    table = np.full((3, 2), np.nan, np.float32)
    save_file({"embedding.weight": table}, folder / "model.safetensors")
    with pytest.raises(BadVectors, match="not finite"):
        StaticEncoder.load(folder)


def test_is_static_reads_the_modules(tmp_path: Path) -> None:
    assert is_static(DEFAULT)
    assert not is_static(tmp_path)
    modules = tmp_path / "modules.json"
    modules.write_text(json.dumps([{"type": "a.StaticEmbedding"}, {"type": "b.Dense"}]))
    assert not is_static(tmp_path)
    modules.write_text("{}[")
    with pytest.raises(BadEncoder, match=r"modules\.json is not a list of modules"):
        is_static(tmp_path)


def test_torch_is_not_imported() -> None:
    code = (
        "import sys; from rag.encoding import load_encoder; from rag.settings import Settings;"
        "load_encoder(Settings()).encode_queries(['人才']);"
        "sys.exit(', '.join({'torch', 'sentence_transformers'} & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def tiny(folder: Path) -> Path:
    """Write a model of three tokens: unknown (0, 0), 人 (1, 0), 干部 (0, 2)."""
    model = models.Unigram([("<unk>", -9.0), ("人", -1.0), ("干部", -1.0)], unk_id=0)
    tokenizer = Tokenizer(model)
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex("[一-鿿]+"), "removed", invert=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    table = np.array([[0, 0], [1, 0], [0, 2]], dtype=np.float32)
    save_file({"embedding.weight": table}, folder / "model.safetensors")
    modules = [{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.StaticEmbedding"}]  # fmt: skip # noqa: E501
    (folder / "modules.json").write_text(json.dumps(modules), encoding="utf-8")
    return folder
