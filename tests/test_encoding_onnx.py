"""The default encoder's vectors are those of its graph, run and pooled by hand."""

import json
import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from rag.encoding import DEFAULT, Vectors
from rag.encoding.onnx import OnnxEncoder
from rag.errors import BadEncoder

TEXTS = [
    "池州市的人才发展专项资金按什么比例设立？",
    "健全容错纠错机制，为敢于担当的干部“撑腰鼓劲”。",
    "ＡＢＣ full-width, ５０％ and half-width",  # noqa: RUF001
    "𠮷野家と㐀䶵龘",  # CJK Extension B and A, rare characters
    "好😀",
    "第\n一\t行\r\n第二行",
    "",
    " \n",
    "\x00\u200b\ufeff",
]
LONG = "落实责任，强化考核。" * 300  # more tokens than there are positions


@pytest.fixture(scope="module")
def encoder() -> OnnxEncoder:
    return OnnxEncoder(DEFAULT, "default")


@pytest.fixture(scope="module")
def by_hand() -> Callable[[str], Vectors]:
    """The vector of one text: tokens, graph, mean over what the mask lets through, length 1."""
    tokenizer = Tokenizer.from_file(str(DEFAULT / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    graph = onnxruntime.InferenceSession(
        str(DEFAULT / "onnx/model.onnx"),
        providers=["CPUExecutionProvider"],
        # as one node its last digits differ, and 8 bits make them more
        disabled_optimizers=["SkipLayerNormFusion"],
    )
    end = tokenizer.encode("").ids[-1]

    def vector(text: str) -> Vectors:
        ids = tokenizer.encode(text).ids
        if len(ids) > 512:
            ids = [*ids[:511], end]
        mask = np.ones((1, len(ids)), np.int64)
        given = {"input_ids": np.array([ids], np.int64), "attention_mask": mask}
        asked = {each.name for each in graph.get_inputs()}
        given["token_type_ids"] = np.zeros_like(mask)
        (states,) = graph.run(None, {name: given[name] for name in asked})
        pooled = (states * mask[..., np.newaxis]).sum(axis=1)[0] / mask.sum()
        made: Vectors = pooled / np.linalg.norm(pooled)
        return made

    return vector


def test_equals_the_graph_run_by_hand(
    encoder: OnnxEncoder, by_hand: Callable[[str], Vectors]
) -> None:
    prompts = json.loads((DEFAULT / "config_sentence_transformers.json").read_text("utf-8"))[
        "prompts"
    ]
    assert (encoder.query_prompt, encoder.passage_prompt) == (prompts["query"], prompts["passage"])
    for text in (*TEXTS, LONG):
        for prompt, encode in (
            (encoder.query_prompt, encoder.encode_queries),
            (encoder.passage_prompt, encoder.encode_passages),
        ):
            np.testing.assert_allclose(encode([text])[0], by_hand(prompt + text), atol=1e-5)


@pytest.mark.skipif(not find_spec("optimum"), reason="sentence-transformers runs ONNX by optimum")
def test_equals_sentence_transformers(encoder: OnnxEncoder) -> None:
    """One text at a time: the scale of dynamic quantization is that of the whole batch."""
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(
        str(DEFAULT), backend="onnx", device="cpu", local_files_only=True,
        model_kwargs={"file_name": "onnx/model.onnx"},
    )  # fmt: skip
    for text in TEXTS:
        want = model.encode([text], prompt_name="query", batch_size=1)
        np.testing.assert_allclose(encoder.encode_queries([text]), want, atol=1e-4)
        want = model.encode([text], prompt_name="passage", batch_size=1)
        np.testing.assert_allclose(encoder.encode_passages([text]), want, atol=1e-4)


def test_the_folder_is_one_of_sentence_transformers() -> None:
    """Modules, pooling and length there are those that are computed here."""
    modules = json.loads((DEFAULT / "modules.json").read_text("utf-8"))
    kinds = [each["type"].rpartition(".")[2] for each in modules]
    assert kinds == ["Transformer", "Pooling", "Normalize"]
    pooling = json.loads((DEFAULT / modules[1]["path"] / "config.json").read_text("utf-8"))
    told = pooling.get("pooling_mode") or [
        name for name, value in pooling.items() if value is True and "pooling_mode" in name
    ]
    assert told in ("mean", ["pooling_mode_mean_tokens"])


def test_a_text_has_one_vector_alone_and_among_others(encoder: OnnxEncoder) -> None:
    together = encoder.encode_passages([*TEXTS, LONG] * 2)
    for row, text in enumerate([*TEXTS, LONG] * 2):
        np.testing.assert_array_equal(together[row], encoder.encode_passages([text])[0])
    with ThreadPoolExecutor(4) as pool:
        for vectors in pool.map(lambda _: encoder.encode_passages(TEXTS), range(8)):
            np.testing.assert_array_equal(vectors, together[: len(TEXTS)])


@settings(max_examples=25)
@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_any_text_has_a_unit_vector(encoder: OnnxEncoder, text: str) -> None:
    for vectors in (encoder.encode_queries([text]), encoder.encode_passages([text])):
        assert (vectors.dtype, vectors.flags.c_contiguous) == (np.float32, True)
        assert np.linalg.norm(vectors, axis=1) == pytest.approx([1])


def test_no_texts_have_no_rows(encoder: OnnxEncoder) -> None:
    (vector,) = encoder.encode_queries(["人才"])
    for encode in (encoder.encode_queries, encoder.encode_passages):
        assert encode([]).shape == (0, len(vector))


def test_what_does_not_fit_is_cut_off(encoder: OnnxEncoder) -> None:
    first, other = encoder.encode_passages([LONG, LONG + "量子计算。" * 50])
    np.testing.assert_array_equal(first, other)


def test_prompts_change_vectors_and_fingerprint(encoder: OnnxEncoder) -> None:
    """An operator's prompts stand in the place of the model's; each is part of the fingerprint."""
    asking = OnnxEncoder(DEFAULT, "default", query_prompt="问：")
    giving = OnnxEncoder(DEFAULT, "default", passage_prompt="文：")
    assert len({encoder.fingerprint, asking.fingerprint, giving.fingerprint}) == 3
    assert OnnxEncoder(DEFAULT, "other").fingerprint == encoder.fingerprint
    (question, passage) = encoder.encode_queries(["人才"]), encoder.encode_passages(["人才"])
    assert not np.allclose(question, passage, atol=1e-3)
    assert not np.allclose(asking.encode_queries(["人才"]), question, atol=1e-3)
    np.testing.assert_array_equal(asking.encode_passages(["人才"]), passage)
    assert not np.allclose(giving.encode_passages(["人才"]), passage, atol=1e-3)
    np.testing.assert_array_equal(giving.encode_queries(["人才"]), question)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the default encoder, of links."""
    return shutil.copytree(DEFAULT, tmp_path / "编码器", copy_function=os.symlink)


def put(path: Path, content: bytes | None) -> None:
    """Write a file in the place of a link, or nothing."""
    path.unlink()
    if content is not None:
        path.write_bytes(content)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("onnx/model.onnx", None),
        ("onnx/model.onnx", b""),
        ("onnx/model.onnx", b"no graph"),
        ("onnx/model.onnx", (DEFAULT / "onnx/model.onnx").read_bytes()[:100_000]),
        ("tokenizer.json", None),
        ("tokenizer.json", b"{}"),
        ("tokenizer.json", b"\xff\xfe"),
        ("config_sentence_transformers.json", None),
        ("config_sentence_transformers.json", b"{"),
        ("config_sentence_transformers.json", b"[]"),
        ("config_sentence_transformers.json", b'{"prompts": {"query": ""}}'),
    ],
)
def test_a_damaged_or_missing_file_is_one_line(
    folder: Path, name: str, content: bytes | None
) -> None:
    put(folder / name, content)
    with pytest.raises(BadEncoder, match=f"the encoder in {folder} cannot be read") as caught:
        OnnxEncoder(folder, "default")
    assert "\n" not in str(caught.value)
    assert "install the package again, or set another `encoder`" in str(caught.value)


def test_other_files_of_the_model_are_another_encoder(folder: Path, encoder: OnnxEncoder) -> None:
    """So an index notices that its encoder was exchanged."""
    assert OnnxEncoder(folder, "default").fingerprint == encoder.fingerprint
    tokenizer = json.loads((DEFAULT / "tokenizer.json").read_text(encoding="utf-8"))
    put(folder / "tokenizer.json", json.dumps(tokenizer, indent=1).encode())
    assert OnnxEncoder(folder, "default").fingerprint != encoder.fingerprint
