"""Sentences tile a text: nothing but white space lies between them."""

from hypothesis import given
from hypothesis import strategies as st

from rag.sentences import sentence_spans

TEXTS = st.text(st.sampled_from("选育管用。！？；”）\n 　a1𠀀😀，"), max_size=60)


def cut(text: str) -> list[str]:
    return [text[a:b] for a, b in sentence_spans(text)]


@given(TEXTS)
def test_spans_ascend_and_leave_out_only_white_space(text: str) -> None:
    at = 0
    for start, end in sentence_spans(text):
        assert start < end
        assert text[at:start].strip() == ""
        assert text[start:end].strip() == text[start:end]
        at = end
    assert text[at:].strip() == ""


def test_a_closing_quote_stays_with_its_sentence() -> None:
    assert cut("他说：“先干起来。”大家都干。") == ["他说：“先干起来。”", "大家都干。"]


def test_clauses_between_semicolons_stand_alone() -> None:
    assert cut("抓严监督；抓实考核；") == ["抓严监督；", "抓实考核；"]


def test_a_text_without_an_end_is_one_sentence() -> None:
    assert cut(" 强化专业训练 ") == ["强化专业训练"]


def test_several_ends_belong_together() -> None:
    assert cut("真的吗？！是的。") == ["真的吗？！", "是的。"]


def test_labels_with_their_values_are_one_sentence() -> None:
    row = "柳树镇，党建经费：56万元；党员数：1203；联系人：王建国"
    assert cut(row) == [row]
    assert cut("受处理的期间为：提醒，六个月；诫勉，十二个月。") == [
        "受处理的期间为：提醒，六个月；诫勉，十二个月。"
    ]
    assert cut("一是目标：百人；二是经费：十万。") == ["一是目标：百人；", "二是经费：十万。"]
