"""The model card: what the encoder is made from and how, for whoever finds the folder alone."""

from collections.abc import Mapping
from dataclasses import dataclass

_TRAINED = """\
The rows are PPMI-SVD word vectors of the data times IDF, fine-tuned on the pairs by InfoNCE with
in-batch negatives."""
_RANDOM = """\
The rows are **random directions times IDF**: words match only themselves, no meaning has been
learned. This is the baseline that a trained encoder is compared with."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What one training run knows of itself."""

    sources: Mapping[str, int]  # pairs of each source
    paragraphs: int  # of running text
    characters: int  # of running text
    tokens: int
    dim: int
    random: bool  # nothing was learned
    recipe: str
    seconds: float


def card(facts: Facts) -> str:
    """Return the card as Markdown, with the header that sentence-transformers' cards have."""
    option = " --random" if facts.random else ""
    sources = "\n".join(f"| {name or '-'} | {n:,} |" for name, n in sorted(facts.sources.items()))
    return f"""---
language: zh
library_name: sentence-transformers
pipeline_tag: sentence-similarity
---
# Static Chinese encoder of Youju (有据)

A text is the sum of the rows of its words, scaled to length 1: {facts.tokens:,} tokens,
{facts.dim} dimensions.
{_RANDOM if facts.random else _TRAINED}

The tokenizer takes raw text: a Unigram model over frequent words that jieba found in the training
data, and the single characters that occur there. `SentenceTransformer(folder)` reads the folder as
it stands; `rag` runs it in numpy, without torch.

## Made by
```
rag train --pairs PAIRS.jsonl.gz --text TEXT.txt.gz --out FOLDER{option}
```
`{facts.recipe}`, {facts.seconds / 60:.0f} minutes. The same input gives the same table.

## Limits
Word order does not count: "A 比 B 多" is "B 比 A 多". Negation hardly does. A word outside the
table is the sum of its characters, which is right for 引才 and wrong for 躺平. A text without any
known token gets a direction that is near to nothing. Meant beside BM25, not in its place.

## Data
{facts.paragraphs:,} paragraphs ({facts.characters:,} characters) of running text, and pairs:

| source | pairs |
|---|---|
{sources}
"""
