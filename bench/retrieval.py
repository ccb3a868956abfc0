"""Retrieval on public Chinese sets and on the silver questions, for one encoder or several.

    python bench/retrieval.py --beir DIR --silver DATA [--encoder FOLDER ...]

Of each BEIR folder under DIR: nDCG@10 of BM25 over whole documents, of the encoder alone and of the
product. Of the silver questions (DATA/silver/test.jsonl): share whose answer's window is among the
first 3 and 10, by style, over windows of 300 characters: among those of the question's own
documents, and among those of all documents that the questions are on; a follow-up is asked behind
the question before it. Then milliseconds to encode a question on one
core, and passages a second on all cores. FOLDER is a sentence-transformers folder with an ONNX
graph, by default the encoder that ships.
"""

import argparse
import json
import re
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from rag.encoding import DEFAULT, Encoder
from rag.encoding.onnx import OnnxEncoder
from rag.evaluation.collection import write_generation
from rag.evaluation.retrieval import evaluate
from rag.index import EVERYTHING, FolderStore, Generation, rank
from rag.retrieval import POOL, Retriever, trained_weights
from rag.sentences import sentence_spans
from rag.settings import Settings
from rag.types import Document, Essay, Filters, Outline, Paragraph, Piece

WINDOW = 300  # characters
STYLES = ("plain", "everyday", "typed")
WAYS = ("BM25", "encoder", "words and meaning")


def main() -> int:
    """Measure every encoder that is named."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--beir", type=Path, help="a folder of BEIR folders")
    parser.add_argument("--silver", type=Path, help="a folder with silver/, genre/ and reports/")
    parser.add_argument("--split", default="test", choices=("train", "test"))
    parser.add_argument("--encoder", type=Path, nargs="*", default=[DEFAULT])
    parser.add_argument("--skip", nargs="*", default=[], metavar="SET")
    parser.add_argument("--cache", type=Path, help="keep vectors there for another run")
    parser.add_argument("--json", type=Path, metavar="FILE", help="add a line an encoder")
    options = parser.parse_args()
    for folder in options.encoder:
        encoder = OnnxEncoder(folder, folder.name)
        told: dict[str, Any] = {"encoder": str(folder)}
        if options.silver:
            told["silver"] = silver(options.silver, options.split, encoder)
            say(silver_table(told["silver"]))
        for each in sorted(options.beir.iterdir()) if options.beir else ():
            if each.name not in options.skip:
                rows = evaluate(each, encoder, Settings(), cache=options.cache)
                told[each.name] = {row.way: round(row.ndcg_10, 4) for row in rows}
                said = " | ".join(f"{told[each.name][way]:.4f}" for way in WAYS)
                say(
                    f"| {each.name} | {said} | {1000 * rows[-1].seconds / rows[-1].questions:.1f} |"
                )
        told |= speed(encoder)
        say(
            f"{folder}: {told['question_ms']:.1f} ms a question,"
            f" {told['passages_s']:.0f} passages/s"
        )
        if options.json:
            with options.json.open("a", encoding="utf-8") as file:
                file.write(json.dumps(told, ensure_ascii=False) + "\n")
    return 0


def silver(data: Path, split: str, encoder: Encoder) -> dict[str, dict[str, dict[str, float]]]:
    """Way → style → share with the answer in the first 1, 3, 10."""
    with (data / f"silver/{split}.jsonl").open(encoding="utf-8") as file:
        rows = [row for row in map(json.loads, file) if row.get("any")]
    documents = sorted({name for row in rows for name in row["documents"]})
    outlines = [windows(name, text_of(data, name)) for name in documents]
    found: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    with tempfile.TemporaryDirectory() as place:
        made = write_generation(Path(place), outlines, encoder, Settings())
        generation = FolderStore(Path(place)).open(encoder, made)
        passages = generation.records.passages(range(generation.bm25.size))
        owner = [generation.records.essay(each.essay_id).document for each in passages]
        bare = [
            [own for a, b in sentence_spans(each.text) if len(own := plain(each.text[a:b])) > 4]
            for each in passages
        ]
        retriever = Retriever(generation, encoder)
        for row in rows:
            answers = [plain(each) for each in row["any"]]
            right = {
                place
                for place, sentences in enumerate(bare)
                if owner[place] in row["documents"]
                and any(
                    each in answer or answer in each for each in sentences for answer in answers
                )
            }
            question = " ".join([*row.get("history", [])[-1:], row["question"]])
            own = Filters(essay_id=tuple(f"{name}#0" for name in row["documents"]))
            for scope, filters in (("own documents", own), ("all documents", EVERYTHING)):
                for way, ranking in rankings(generation, retriever, question, filters):
                    first = next((i for i, r in enumerate(ranking, 1) if r in right), 999)
                    found[f"{way}, {scope}"][row["style"]].append(first)
                    found[f"{way}, {scope}"]["all"].append(first)
        generation.records.close()
    return {
        way: {
            style: {str(k): float(np.mean(np.array(ranks) <= k)) for k in (1, 3, 10)}
            | {"n": len(ranks)}
            for style, ranks in styles.items()
        }
        for way, styles in found.items()
    }


def rankings(
    generation: Generation, retriever: Retriever, question: str, filters: Filters
) -> Iterator[tuple[str, list[int]]]:
    """The rows in the order of each way."""
    terms = list(dict.fromkeys(generation.tokenizer.tokens(question)))
    scores = generation.bm25.match(terms, np.ones(len(terms), np.float32)).passages
    rows = generation.records.rows_where(filters)
    yield "BM25", rank(rows, scores[rows], 10)[0].tolist()
    pool, features = retriever.candidates(question, POOL, filters)
    yield "encoder", pool.dense[:10].tolist()
    weights = trained_weights(by_meaning=True)
    yield "words and meaning", rank(pool.rows, features @ weights, 10)[0].tolist()


def windows(name: str, text: str) -> Outline:
    """A document as one essay whose paragraphs are runs of whole sentences."""
    parts, part = list[str](), ""
    for a, b in sentence_spans(text):
        if part and len(part) + b - a > WINDOW:
            parts.append(part)
            part = ""
        part += text[a:b]
    essay = Essay(f"{name}#0", name)
    paragraphs = tuple(
        Paragraph(f"{name}#0.{n}", essay.essay_id, n, "body", each, (Piece(0, 1),))
        for n, each in enumerate([*parts, part], 1)
        if each
    )
    return Outline(Document(name, "", "txt", ()), (essay,), paragraphs, ())


def text_of(data: Path, name: str) -> str:
    """The text of a silver document."""
    folders = ("silver/docs", "genre", "reports")
    path = next(p for f in folders if (p := data / f / name).is_file())
    return path.read_text(encoding="utf-8", errors="replace")


def plain(text: str) -> str:
    """`text` without white space."""
    return re.sub(r"\s", "", text)


def silver_table(found: dict[str, dict[str, dict[str, float]]]) -> str:
    """First 3 / first 10 (questions) of each way and style, as Markdown."""
    lines = [f"| way | {' | '.join(STYLES)} | all |", "|---|--:|--:|--:|--:|"]
    for way, styles in found.items():
        shown = (
            f"{styles[s]['3']:.3f} / {styles[s]['10']:.3f} ({styles[s]['n']})"
            for s in (*STYLES, "all")
        )
        lines.append(f"| {way} | {' | '.join(shown)} |")
    return "\n".join(lines)


def speed(encoder: Encoder) -> dict[str, float]:
    """Milliseconds to encode a question, and passages of some 300 characters a second."""
    question = "县里怎样引进和留住青年人才，给多少补贴？"
    passage = (
        "坚持党管人才原则，聚焦产业链布局人才链，建立紧缺人才目录和柔性引才机制，落实人才公寓、子女入学等保障。"
        * 6
    )
    encoder.encode_queries([question])
    began = time.perf_counter()
    for _ in range(50):
        encoder.encode_queries([question])
    asked = (time.perf_counter() - began) / 50
    texts = [f"{i}{passage}" for i in range(300)]
    began = time.perf_counter()
    encoder.encode_passages(texts)
    return {"question_ms": 1000 * asked, "passages_s": len(texts) / (time.perf_counter() - began)}


def say(text: str) -> None:
    """Write a line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
