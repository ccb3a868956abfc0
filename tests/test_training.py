"""`train` on a small made-up language: its words have meanings that only company shows."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sentence_transformers import SentenceTransformer

from rag.encoding.static import StaticEncoder
from rag.errors import BadInput
from rag.training import Recipe, train
from rag.training.finetune import Schedule

RECIPE = Recipe(vocabulary=200, dim=16, batch=8, epochs=4, schedule=Schedule(warmup=1))
TOPICS = {  # everyday words, official words: the first ask, the second answer
    "干部": ("提拔", "选拔任用"),
    "人才": ("引进", "柔性引才"),
    "乡村": ("种地", "农业生产"),
    "医院": ("看病", "医疗服务"),
}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("data")
    pairs = [
        {"q": f"{topic}怎么{ask}", "p": f"{topic}要做好{answer}。", "source": topic}
        for topic, (ask, answer) in TOPICS.items()
        for _ in range(16)
    ]
    text = [
        f"{topic}{ask}，{answer}，{topic}{answer}工作。" * 8
        for topic, (ask, answer) in TOPICS.items()
    ]
    lines = "\n".join(json.dumps(pair, ensure_ascii=False) for pair in pairs)
    (folder / "pairs.jsonl").write_text(lines, encoding="utf-8")
    (folder / "text.txt").write_text("\n".join(text * 10), encoding="utf-8")
    return folder / "pairs.jsonl", folder / "text.txt"


@pytest.fixture(scope="module")
def trained(data: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("out") / "encoder"
    train(*data, out, recipe=RECIPE)
    return out


def test_a_question_finds_the_passage_that_shares_no_word_with_it(trained: Path) -> None:
    encoder = StaticEncoder.load(trained)
    questions = encoder.encode_queries([ask for ask, _ in TOPICS.values()])
    passages = encoder.encode_passages([answer for _, answer in TOPICS.values()])
    np.testing.assert_array_equal((questions @ passages.T).argmax(axis=1), range(len(TOPICS)))


def test_sentence_transformers_reads_the_folder(trained: Path) -> None:
    texts = ["干部选拔任用", "人才"]
    reference = SentenceTransformer(str(trained), device="cpu", local_files_only=True)
    want = reference.encode(texts, normalize_embeddings=True)
    np.testing.assert_allclose(StaticEncoder.load(trained).encode_passages(texts), want, atol=1e-5)


def test_the_same_input_gives_the_same_table(
    data: tuple[Path, Path], trained: Path, tmp_path: Path
) -> None:
    train(*data, tmp_path / "again", recipe=RECIPE)
    train(*data, tmp_path / "other", recipe=replace(RECIPE, seed=1))
    first = (trained / "model.safetensors").read_bytes()
    assert (tmp_path / "again" / "model.safetensors").read_bytes() == first
    assert (tmp_path / "other" / "model.safetensors").read_bytes() != first
    assert (tmp_path / "again" / "tokenizer.json").read_bytes() == (
        trained / "tokenizer.json"
    ).read_bytes()


def test_random_rows_know_no_meaning_and_say_so(data: tuple[Path, Path], tmp_path: Path) -> None:
    recipe = replace(RECIPE, dim=150)
    train(*data, tmp_path / "random", random=True, recipe=recipe)
    encoder = StaticEncoder.load(tmp_path / "random")
    words = encoder.token_vectors(["提拔", "引进", "看病"])
    np.testing.assert_allclose(words @ words.T, np.eye(3), atol=0.3)
    assert "no meaning has been learned" in " ".join(
        (tmp_path / "random" / "README.md").read_text(encoding="utf-8").split()
    )


def test_the_card_names_data_and_recipe(trained: Path) -> None:
    card = (trained / "README.md").read_text(encoding="utf-8")
    assert "| 干部 | 16 |" in card
    assert "40 paragraphs" in card
    assert "dim=16" in card


def test_a_folder_with_other_files_is_left_alone(data: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / "thesis.docx").write_bytes(b"mine")
    with pytest.raises(BadInput, match="holds other files"):
        train(*data, tmp_path, recipe=RECIPE)
    assert (tmp_path / "thesis.docx").read_bytes() == b"mine"


def test_an_encoder_is_replaced_by_the_next(data: tuple[Path, Path], tmp_path: Path) -> None:
    out = tmp_path / "encoder"
    train(*data, out, random=True, recipe=RECIPE)
    before = StaticEncoder.load(out).fingerprint
    train(*data, out, random=True, recipe=replace(RECIPE, seed=1))
    assert StaticEncoder.load(out).fingerprint != before
    assert [path.name for path in tmp_path.iterdir()] == ["encoder"]  # no scratch left
