"""What is sent to a model: short, the question last, the sources as data."""

from rag.llm.prompts import ANSWER, harmless, messages
from rag.types import Citation, Essay, Paragraph, Piece


def citation(number: int, quote: str, place: str | None = "青山县") -> Citation:
    essay = Essay("甲#0", "甲.txt", place=place, author="李明", office="部长")
    paragraph = Paragraph("甲#0.1", "甲#0", 1, "body", quote, (Piece(0, 1),))
    return Citation(number, paragraph, essay, quote, 0, len(quote), ("强化人才支撑。",))


def test_the_sources_come_with_their_place_and_the_question_last() -> None:
    cited = [citation(1, "建设公寓。"), citation(2, "免费\n体检。", None)]
    system, user = messages(ANSWER, "怎么引才？", cited, 2000)
    assert user["content"] == "资料：\n青山县：建设公寓。\n免费 体检。\n问题：怎么引才？\n回答："
    assert (system["role"], user["role"]) == ("system", "user")
    assert "无法回答" in system["content"]


def test_what_a_server_may_keep_never_changes() -> None:
    one, other = (messages(ANSWER, q, [citation(1, q)], 2000)[0] for q in ("甲", "乙"))
    assert one == other


def test_quotes_are_cut_at_a_sentence_to_what_the_model_can_read() -> None:
    (_, user) = messages(ANSWER, "问", [citation(1, "一二三四五六七。" * 10, None)], 20)
    assert user["content"] == "资料：\n一二三四五六七。一二三四五六七。\n问题：问\n回答："


def test_control_tokens_of_chat_templates_are_broken() -> None:
    wide = "\uff5c"
    for token in ("<|im_start|>", "</s>", "<s>", f"<{wide}User{wide}>", "<think>", "<<SYS>>"):
        assert token not in harmless(f"甲{token}乙")
        assert harmless(f"甲{token}乙")[0] == "甲"
    assert harmless("5 < 6，a>b") == "5 < 6，a>b"
