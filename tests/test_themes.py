"""Themes: given by a classifier, which an editor's list and words guide; edited in a file."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag import themes
from rag.encoding import load_encoder
from rag.errors import BadInput
from rag.evaluation.themes import evaluate
from rag.pipeline import Assistant, build
from rag.settings import Settings
from rag.themes import FILE_NAME, Labels, Theme, ThemeClassifier, load, parse, save, write
from tests.conftest import Run

PARTY, TALENT, FARMS = "党的组织体系", "人才工作", "乡村振兴与集体经济"


@pytest.fixture(scope="module")
def shipped() -> ThemeClassifier:
    return ThemeClassifier(themes.given())


@pytest.mark.parametrize(
    ("lead", "text", "main"),
    [
        ("筑巢引才。", "落实高层次人才公寓和安家补贴，引进博士后和领军人才。", TALENT),
        ("建强支部。", "推进党支部标准化规范化建设，整顿软弱涣散基层党组织。", PARTY),
        ("", "发展村集体经济，成立合作社，建设高标准农田，带动农民增收。", FARMS),
    ],
)
def test_what_is_plain_is_given(shipped: ThemeClassifier, lead: str, text: str, main: str) -> None:
    labels = shipped.label(lead, text)
    assert labels.measure
    assert labels.themes[0] == main
    assert len(labels.themes) <= themes.MOST


@pytest.mark.parametrize(
    ("lead", "text"),
    [
        ("一、2025年工作回顾", "过去一年，全市上下团结奋斗，地区生产总值增长6%，成绩来之不易。"),
        ("附件1：", "考核组别、人数、负责人"),
        ("名词解释", ""),
    ],
)
def test_the_heading_of_a_review_or_an_annex_is_no_measure(
    shipped: ThemeClassifier, lead: str, text: str
) -> None:
    assert shipped.label(lead, text) == Labels((), measure=False)


LIMITS = {"measure": 0.5, "first": 0.3, "more": 0.5}
WEIGHTS = {
    "themes": [PARTY, TALENT],
    "features": {"^支": [80, 0, 0], f"<{TALENT}>": [0, 100, 0], "附": [0, 0, 900]},
    "bias": [10, 10, 10],
    "meaning": {"encoder": "", "weights": [[0, 100, 0], [0, 0, 0], [0, -20, 0]]},
    "limits": {"words": LIMITS, "meaning": LIMITS},
}


def test_scores_are_sums_of_weights_times_features() -> None:
    """By hand: the head 支部 has the three n-grams 支, 部 and 支部, so each counts 1/√3."""
    found = themes.features("支部", "", themes.given())
    assert found["^支"] == pytest.approx(3**-0.5)
    model = ThemeClassifier(themes.given(), WEIGHTS)
    assert model.label("支部", "") == Labels((PARTY,), measure=True)  # .8/√3 + .1 = .56
    assert model.label("没有", "") == Labels((), measure=True)  # .1 alone
    assert model.label("附", "") == Labels((), measure=False)
    near, far = np.array([0.6, 0.8], np.float32), np.array([0.0, 1.0], np.float32)
    assert model.label("没有", "", near) == Labels((TALENT,), measure=True)  # .1 + .6 - .2
    assert model.label("支部", "", far) == Labels((PARTY,), measure=True)  # .56 and .1 - .2


def test_a_vector_of_the_encoder_that_ships_tells_what_words_do_not(
    shipped: ThemeClassifier,
) -> None:
    encoder, text = load_encoder(Settings()), "让老人在家门口吃上热饭"
    assert encoder is not None
    assert shipped.encoder == encoder.fingerprint
    (vector,) = encoder.encode_passages([themes.said("", text)])
    assert shipped.label("", text) == Labels((), measure=True)
    assert shipped.label("", text, vector) == Labels(("民生服务",), measure=True)


def test_the_vector_of_a_measure_is_that_of_its_passage(tmp_path: Path) -> None:
    corpus, settings = tmp_path / "甲县.txt", Settings(index=str(tmp_path / "index"))
    text = "甲县助餐\n\n甲县这样做。\n\n一、暖心助餐。让老人在家门口吃上热饭。\n"
    corpus.write_text(text, encoding="utf-8")
    build([corpus], tmp_path / "index", settings)
    generation = Assistant.open(tmp_path / "index", settings).opened
    (measure,), (row,) = generation.records.measures(), generation.records.holding("吃上热饭")
    assert generation.dense
    ((name, vector),) = generation.measure_vectors(ThemeClassifier(themes.given()).encoder).items()
    assert name == measure.measure_id
    assert vector.tolist() == generation.dense.vectors([row])[0].tolist()
    assert generation.measure_vectors("of another encoder") == {}


def test_an_editor_joins_renames_drops_and_adds_themes() -> None:
    edited = parse(f"队伍：{PARTY} {TALENT}\n河道：河长 巡河\n")
    model = ThemeClassifier(edited, WEIGHTS)
    assert model.label("支部", "").themes == ("队伍",)
    assert model.label("水清", "建立河长制").themes == ("河道",)
    assert ThemeClassifier(parse("河道：河长\n"), WEIGHTS).label("支部", "").themes == ()


def test_the_words_of_a_learned_theme_count_as_edited() -> None:
    assert ThemeClassifier(parse(f"{TALENT}：雁阵\n"), WEIGHTS).label("雁阵计划", "").themes == (
        TALENT,
    )
    assert ThemeClassifier(themes.given(), WEIGHTS).label("雁阵计划", "").themes == ()


def test_edited_themes_are_kept_and_an_empty_text_brings_the_others_back(tmp_path: Path) -> None:
    assert load(tmp_path) == themes.given()
    save(tmp_path, "人才：引才 育才\n# 注\n\n治理: 网格、社区\n文化")
    assert load(tmp_path) == (
        Theme("人才", ("引才", "育才")), Theme("治理", ("网格", "社区")), Theme("文化", ("文化",)),
    )  # fmt: skip
    save(tmp_path, " \n")
    assert load(tmp_path) == themes.given()


@pytest.mark.parametrize("text", ["：词", "甲：一\n甲：二"])
def test_a_line_that_cannot_be_used_is_said_and_nothing_is_lost(tmp_path: Path, text: str) -> None:
    save(tmp_path, "人才")
    with pytest.raises(BadInput, match="line"):
        save(tmp_path, text)
    assert load(tmp_path) == (Theme("人才", ("人才",)),)
    (tmp_path / FILE_NAME).write_bytes(b"\xff\xfe\xff")
    with pytest.raises(BadInput, match=FILE_NAME):
        load(tmp_path)


WORD = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=6)


@given(st.dictionaries(WORD, st.lists(WORD, min_size=1, max_size=4), max_size=6))
def test_what_is_written_is_read(named: dict[str, list[str]]) -> None:
    made = tuple(Theme(name, tuple(words)) for name, words in named.items())
    assert parse(write(made)) == made


@given(st.text(max_size=300), st.text(max_size=300))
def test_any_text_is_labelled(shipped: ThemeClassifier, lead: str, text: str) -> None:
    labels = shipped.label(lead, text)
    assert set(labels.themes) <= {theme.name for theme in themes.given()}
    assert labels.measure or not labels.themes


def labelled(path: Path, *rows: dict[str, object]) -> Path:
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    return path


def test_themes_are_measured_against_labels(tmp_path: Path, shipped: ThemeClassifier) -> None:
    """Three themes are wanted and one is found, or those the classifier gives: counted by hand."""
    lead, text = "筑巢引才。", "落实高层次人才公寓和安家补贴，引进博士后和领军人才。"
    assert shipped.label(lead, text).themes == (TALENT,)
    path = labelled(
        tmp_path / "labels.jsonl",
        {"lead": lead, "text": text, "themes": [TALENT, PARTY], "main": TALENT},
        {"lead": lead, "text": text, "themes": [FARMS], "main": FARMS},
        {"lead": "附件1：", "text": "", "themes": [], "main": ""},
    )
    assert evaluate(path, None) == {"precision": 1 / 2, "recall": 1 / 3, "main": 1 / 2}


def test_the_command_prints_them_and_says_what_is_wrong(rag: Run, tmp_path: Path) -> None:
    row = {"lead": "引才。", "text": "引进人才。", "themes": [TALENT], "main": TALENT}
    path = labelled(tmp_path / "labels.jsonl", row)
    told = rag("eval", "--themes", str(path), "--format", "json")
    assert json.loads(told.stdout) == {"precision": 1.0, "recall": 1.0, "main": 1.0}
    labelled(path, {"lead": "引才。"})
    wrong = rag("eval", "--themes", str(path))
    assert (wrong.returncode, "line 1" in wrong.stderr) == (2, True)
    assert "Traceback" not in wrong.stderr
