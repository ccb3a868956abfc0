"""Themes come from the leads, are found by their words, and can be edited in a file."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.errors import BadInput
from rag.themes import FILE_NAME, Theme, find_themes, load, parse, save, theme_of, write

LEADS = [
    ("甲", "广纳人才。"), ("甲", "留住人才。"), ("甲", "推进网格治理。"),
    ("乙", "人才服务提升水平。"), ("乙", "加快网格建设。"), ("丙", "擦亮文化品牌。"),
]  # fmt: skip


def test_the_word_of_most_essays_comes_first_and_single_ones_are_no_theme() -> None:
    names = [theme.name for theme in find_themes(LEADS)]
    assert names == ["人才", "网格"]


def test_no_theme_is_what_leads_do_or_how() -> None:
    leads = [(essay, "推进高质量发展水平提升。") for essay in "甲乙丙"]
    assert find_themes(leads) == ()
    assert find_themes([]) == ()


def test_a_lead_without_a_theme_goes_with_its_section_then_with_its_text() -> None:
    themes = (Theme("人才", ("人才", "引才")), Theme("治理", ("治理", "网格")))
    assert theme_of(themes, "筑巢引才。", "网格治理") == "人才"
    assert theme_of(themes, "因人而异。", "强人才。", "网格") == "人才"
    assert theme_of(themes, "因人而异。", "", "建网格员队伍") == "治理"
    assert theme_of(themes, "别的。", "", "别的") is None


def test_edited_themes_are_kept_and_an_empty_text_brings_the_others_back(tmp_path: Path) -> None:
    assert load(tmp_path) is None
    save(tmp_path, "人才：引才 育才\n# 注\n\n治理: 网格、社区\n文化")
    assert load(tmp_path) == (
        Theme("人才", ("引才", "育才")), Theme("治理", ("网格", "社区")), Theme("文化", ("文化",)),
    )  # fmt: skip
    save(tmp_path, " \n")
    assert load(tmp_path) is None


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
    themes = tuple(Theme(name, tuple(words)) for name, words in named.items())
    assert parse(write(themes)) == themes
