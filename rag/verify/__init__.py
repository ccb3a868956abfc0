"""A draft held against the corpus, sentence by sentence (核稿).

A sentence is looked up word for word, without a number, a bullet or marks of the draft's own;
failing that, or where it leaves out what limits a clause, among the passages that retrieval ranks
first. It is *verbatim*; *changed*, with each difference from the nearest source sentence;
*supported*, where it says in other words no more than its sources (see `rag.llm`); or *not found*.
Nothing is corrected: the writer decides.

Order inside: comparing < judging < output.
"""

from rag.verify.comparing import Change, DraftItem
from rag.verify.judging import Judged, verify
from rag.verify.output import (
    KINDS,
    LABELS,
    as_json,
    as_text,
    counts,
    is_word,
    read_draft,
    with_comments,
)  # fmt: skip

__all__ = ["KINDS", "LABELS", "Change", "DraftItem", "Judged", "as_json", "as_text", "counts"]
__all__ += ["is_word", "read_draft", "verify", "with_comments"]
