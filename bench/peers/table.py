"""The results of all systems on one set as a Markdown table."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from measure import SYSTEMS

from rag.evaluation.beir import Beir
from rag.evaluation.measures import ndcg, recall

OWN = ("youju", "hybrid + ranker")  # what the ratios refer to
HEAD = (
    "| system | way | questions | nDCG@10 | ours on these | R@100 | index s | p50 ms | p95 ms |"
    " p50 : ours | peak GB |\n|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|"
)
Measured = Mapping[str, Any]
Rankings = Mapping[str, list[str]]


def show(name: str, collection: Beir | None, work: Path) -> None:
    """Print the table of one set; without judgments the figures of quality are left out."""
    results: dict[str, Measured] = {
        system: json.loads(path.read_text(encoding="utf-8"))
        for system in SYSTEMS
        if (path := work / f"{name}.{system}.json").exists()
    }
    if not results:
        return
    print(f"\n### {name}\n\n{HEAD}")
    own: Measured = results.get(OWN[0], {}).get("ways", {}).get(OWN[1], {"rankings": {}, "ms": [0]})
    for system, result in results.items():
        if "failed" in result:
            print(f"| {system} | {result['failed']} |" + " |" * 9)
        for way, measured in result.get("ways", {}).items():
            cells = quality(measured["rankings"], own["rankings"], collection)
            cells += cost(result, measured["ms"], own["ms"])
            print(f"| {system} | {way} | {' | '.join(cells)} |")


def quality(rankings: Rankings, own: Rankings, collection: Beir | None) -> list[str]:
    """Number of questions, nDCG@10, the same of ours on these questions, recall at 100."""
    if collection is None:
        return [str(len(rankings)), "", "", ""]
    figures = [
        [figure(found.get(key, []), collection.judgments[key], k) for key in rankings]
        for found, figure, k in ((rankings, ndcg, 10), (own, ndcg, 10), (rankings, recall, 100))
    ]
    return [str(len(rankings)), *(f"{np.mean(each):.4f}" for each in figures)]


def cost(result: Measured, milliseconds: Iterable[float], own: Iterable[float]) -> list[str]:
    """Seconds to index, both percentiles, the first over ours, memory."""
    p50, p95 = np.percentile(list(milliseconds), [50, 95])
    ratio = p50 / np.median(list(own))
    seconds, memory = result["index_seconds"], result["peak_gb"]
    return [f"{seconds:.1f}", f"{p50:.2f}", f"{p95:.2f}", f"{ratio:.2f}", f"{memory:.2f}"]
