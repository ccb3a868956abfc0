"""A real model that knows nothing, behind a real endpoint: not one sentence of it may pass.

The model is a tiny transformer with random weights. Its vocabulary is the words and characters
of the sources, the sources' names, punctuation and citation marks, so that its garbage looks as
much like an answer as garbage can.
"""

from collections.abc import Iterator

import pytest

from rag.types import Answer
from rag.words import pieces
from tests import said
from tests.llm_server import Script, Step, rewrite, serving
from tests.test_llm_rewrite import ANSWER, QUOTES
from tests.test_llm_support import CITATIONS

LINES, LENGTH = 40, 24  # of one answer, in tokens
SOURCED = Answer(
    question="各县怎么引才？", kind="list", text="甲[1]乙[2]丙[3]", citations=tuple(CITATIONS),
    abstained=False, reason=None, blocks=(said.paragraph("甲[1]乙[2]丙[3]"),),
)  # fmt: skip


def vocabulary(answer: Answer, *, by_word: bool) -> list[str]:
    texts = [citation.quote + (citation.essay.place or "") for citation in answer.citations]
    known = {word for text in texts for word, _, _ in pieces(text)} if by_word else set()
    marks = {f"[{citation.number}]" for citation in answer.citations}
    letters = {character for text in texts for character in text}
    return [*sorted(known | letters | marks | set("。，\n")), "。[1]"]


def babble(words: list[str], seed: int) -> Iterator[str]:
    """Yield `LINES` lines of `LENGTH` tokens that a model of random weights draws."""
    import torch
    from transformers import GPT2Config, GPT2LMHeadModel  # of all workers, one needs them

    torch.manual_seed(seed)
    config = GPT2Config(
        vocab_size=len(words), n_positions=LENGTH, n_embd=16, n_layer=1, n_head=2,
        bos_token_id=0, eos_token_id=0,
    )  # fmt: skip
    model = GPT2LMHeadModel(config)
    drawn = torch.randint(len(words), (LINES, 1))
    with torch.inference_mode():
        while drawn.shape[1] < LENGTH:
            odds = torch.softmax(model(drawn).logits[:, -1], dim=-1)
            drawn = torch.cat([drawn, torch.multinomial(odds, 1)], dim=1)
    for line in drawn.tolist():
        yield from (words[token] for token in line)
        yield "\n"


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """So small a model is slowed by threads, much so where other programs run beside it."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("by_word", [False, True])
@pytest.mark.parametrize("answer", [ANSWER, SOURCED], ids=["quotes", "longer quotes"])
def test_not_one_sentence_of_garbage_passes(answer: Answer, seed: int, *, by_word: bool) -> None:
    words = vocabulary(answer, by_word=by_word)

    def answering(messages: list[dict[str, str]]) -> Script:
        assert answer.citations[0].quote[:4] in messages[1]["content"]
        return [*babble(words, seed), Step.DONE]

    with serving(answering) as server:
        made = rewrite(answer, server.settings(timeout=300))
    assert made == answer


def test_the_garbage_is_made_of_sentences_with_marks() -> None:
    text = "".join(babble(vocabulary(ANSWER, by_word=True), 0))
    assert text.count("。") > 10
    assert sum(text.count(f"[{number}]") for number in range(1, len(QUOTES) + 1)) > 20
