"""Essays taken apart: nothing is lost, every sentence knows its leads."""

from rag.answering.shelf import Book, Shelf
from rag.pipeline import Assistant


def books(assistant: Assistant) -> list[Book]:
    shelf = Shelf(assistant.records)
    return [shelf.book(essay.essay_id) for essay in shelf.essays]


def test_sentences_stand_where_they_say(assistant: Assistant) -> None:
    for book in books(assistant):
        for sentence in book.sentences:
            assert sentence.paragraph.text[sentence.start : sentence.end] == sentence.text


def test_sentences_leave_out_only_white_space(assistant: Assistant) -> None:
    for book in books(assistant):
        held = "".join(sentence.text for sentence in book.sentences)
        read = [p.text for p in book.paragraphs if p.role in {"body", "note", "heading"}]
        assert "".join(held.split()) == "".join("".join(read).split())


def test_a_lead_goes_with_the_sentence_after_it(assistant: Assistant) -> None:
    texts = [s.text for book in books(assistant) for s in book.sentences]
    assert any(text.startswith("聚焦能上能下。认真贯彻落实") for text in texts)
    assert "聚焦能上能下。" not in texts


def test_a_clause_knows_how_its_sentence_opens(assistant: Assistant) -> None:
    (later,) = [s for book in books(assistant) for s in book.sentences
                if s.text.startswith("创新城市社区网格化管理模式")]  # fmt: skip
    assert later.opening.startswith("织密织牢城市网格。深入实施“三抓一增强”工程")
    assert later.trail == ("夯实基层基础，严密党的组织体系建设", "织密织牢城市网格。")


def test_the_tree_of_an_essay(assistant: Assistant) -> None:
    (book,) = [book for book in books(assistant) if book.essay.author == "孙琳"]
    tops = [node for node in book.nodes if node.measure.parent is None]
    assert [len(top.children) for top in tops] == [3, 3, 3, 3]
    assert [node.lead for node in book.nodes if not node.children][:3] == [
        "突出政治统领。", "建强组织体系。", "打造党建品牌。",
    ]  # fmt: skip
    assert all(node.text.startswith(node.lead) for node in book.nodes)
