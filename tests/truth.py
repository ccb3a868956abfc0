"""What an answer says of the corpus in the program's own words, held against every text."""

import re
import unicodedata

from rag.answering.tree import EssayTree, Trees
from rag.blocks import Mark, Note, Text, cells
from rag.index import Records
from rag.types import Answer

_MENTIONS = re.compile(r"(\d+) 篇中 (\d+) 篇写到“([^”]+)”")
_ABSENT = re.compile(r"现有材料中没有出现((?:、?“[^”]+”)+)")
_COMPLETE = re.compile(r"共 (\d+) 条，已全部列出")


def own_words(answer: Answer) -> str:
    """Return what is quoted from nowhere: notes, reasons and what stands before no mark."""
    said = [answer.reason or ""]
    for block in answer.blocks:
        for cell in cells(block):
            runs = [inline for inline in cell if isinstance(inline, Text)]
            if isinstance(block, Note) or not any(isinstance(inline, Mark) for inline in cell):
                said += [run.text for run in runs]
    return "\n".join(said)


def _folded(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).lower().split())


def _holding(records: Records, phrase: str) -> set[str]:
    """Read every paragraph of every essay."""
    return {
        essay.essay_id
        for essay in records.essays()
        if any(_folded(phrase) in _folded(p.text) for p in records.paragraphs(essay.essay_id))
    }


def check_claims(records: Records, answer: Answer) -> int:
    """Hold every statement on the corpus against its texts; return how many there were."""
    said, count = own_words(answer), 0
    counted = [essay.essay_id for essay in records.essays() if essay.kind == "essay"]
    for of, number, phrase in _MENTIONS.findall(said):
        holding = _holding(records, phrase) & {*counted}
        assert int(number) <= min(int(of), len(holding)), said
        assert int(of) < len(counted) or int(number) == len(holding), said
        count += 1
    for phrases in _ABSENT.findall(said):
        for phrase in re.findall("“([^”]+)”", phrases):
            assert not _holding(records, phrase), said
            count += 1
    trees = Trees(records)
    cited = [trees.of(each) for each in dict.fromkeys(c.essay.essay_id for c in answer.citations)]
    for number in _COMPLETE.findall(said):
        assert any(_lists_all(tree, int(number), answer) for tree in cited), said
        count += 1
    return count


def _lists_all(tree: EssayTree, number: int, answer: Answer) -> bool:
    """Whether all measures of the essay, or of a section, are cited, and are so many."""
    roots = [list(tree.roots), *([node] for node in tree.nodes if node.children)]
    groups = ([leaf for root in own for leaf in tree.leaves(root)] for own in roots)
    quotes = [(c.paragraph.paragraph_id, c.start, c.end) for c in answer.citations]

    def is_cited(paragraph_id: str, at: int) -> bool:
        return any(own == paragraph_id and a <= at < b for own, a, b in quotes)

    return any(
        len(leaves) == number and all(is_cited(*n.stretches[0].key) for n in leaves)
        for leaves in groups
    )
