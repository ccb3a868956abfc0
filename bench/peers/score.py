"""What an answer must hold, what it shows as sources, what it refuses: one rule for all systems."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

REFUSAL = re.compile(
    r"无法(?:回答|从|确定|提供|直接)|(?:没有|未|并未)(?:直接|明确|具体)?(?:提到|提及|提供|找到|说明|给出|包含)"
    r"|不知道|抱歉|cannot|(?:not|n't) (?:\w+ )?(?:contain|mention|provide|specif)|no information"
)
FIGURE = re.compile(r"\d+(?:\.\d+)?")
OWN_NUMBERS = re.compile(  # of a list, marks, names of files
    r"^\s*\d+[.、)]|\[\d+\]|[（(]\d+[)）]|[\w\\-]+\.(?:txt|md)", re.MULTILINE
)

Row = Mapping[str, Any]


def plain(text: str) -> str:
    """`text` without white space, marks of Markdown, and width."""
    return re.sub(r"[\s*#>`_\\]", "", unicodedata.normalize("NFKC", text))


def judged(gold: Row, answer: Row) -> dict[str, Any]:
    """What one answer is worth."""
    text, sources = plain(answer["answer"]), [plain(each) for each in answer["sources"]]
    wants = [[each] for each in gold["must"]] + groups(gold.get("must_any"))
    held = [any(plain(each) in text for each in group) for group in wants]
    cites = [[each] for each in gold["cite"]] + groups(gold.get("any"))
    shown = [any(plain(each) in source for each in group for source in sources) for group in cites]
    refused = answer["abstained"]
    if refused is None:
        refused = bool(REFUSAL.search(answer["answer"])) and not (held and all(held))
    own = plain(OWN_NUMBERS.sub("", answer["answer"]))
    known = "".join([*sources, plain(gold["question"])])
    return {
        "held": sum(held) / len(held) if held else None,
        "refused": refused,
        "shown": all(shown) if shown else None,
        "unsourced": not refused and any(each not in known for each in FIGURE.findall(own)),
        "to_read": sum(map(len, sources)),
    }


def groups(given: Any) -> list[list[str]]:  # noqa: ANN401
    """Lists of alternatives of which one each is wanted."""
    return given if given and isinstance(given[0], list) else [given] if given else []


def table(asked: Sequence[Row], answers: Sequence[Row]) -> str:
    """The figures of each system as Markdown."""
    gold = {each["id"]: each for each in asked}
    answers = [each for each in answers if each["id"] in gold]
    systems = list(dict.fromkeys(each["system"] for each in answers))
    columns = [figures(gold, [a for a in answers if a["system"] == each]) for each in systems]
    head = ["", *systems]
    return "\n".join(
        f"| {' | '.join(cells)} |"
        for cells in [
            head, ["---", *["--:"] * len(systems)],
            *([name, *(column[name] for column in columns)] for name in (columns or [{}])[0]),
        ]
    )  # fmt: skip


def figures(gold: Mapping[str, Row], answers: Sequence[Row]) -> dict[str, str]:
    """The column of one system."""
    pairs = [(gold[a["id"]], a, judged(gold[a["id"]], a)) for a in answers]
    can = [(a, j) for g, a, j in pairs if g["type"] != "unanswerable"]
    cannot = [(a, j) for g, a, j in pairs if g["type"] == "unanswerable"]
    lists = [j for g, _, j in pairs if g["type"] != "unanswerable" and len(g["must"]) > 1]
    said = [j for _, j in can if not j["refused"]]

    def share(of: Sequence[Any], good: int) -> str:
        return f"{good} of {len(of)}"

    def middle(values: Sequence[float], digits: int = 1) -> str:
        return f"{median(values):.{digits}f}" if values else ""

    return {
        "questions": str(len(pairs)),
        "right and whole": share(can, sum(j["held"] == 1 and not j["refused"] for _, j in can)),
        "of several things wanted, share told": middle_share(lists),
        "refused wrongly": share(can, sum(j["refused"] for _, j in can)),
        "refused rightly": share(cannot, sum(j["refused"] for _, j in cannot)),
        "a figure that no source shown holds": share(pairs, sum(j["unsourced"] for *_, j in pairs)),
        "the sentence is in what is shown": share(said, sum(bool(j["shown"]) for j in said)),
        "characters to read to check, median": middle([j["to_read"] for j in said], 0),
        "first text, s, median": middle([a["first_s"] for _, a, _ in pairs if a["first_s"]]),
        "whole answer, s, median": middle([a["total_s"] for _, a, _ in pairs]),
        "failed": str(sum(bool(a["failed"]) for _, a, _ in pairs)),
        "peak memory, MB": middle([max(a["peak_mb"] for a in answers)], 0),
        "installed, MB": middle([a["install_mb"] for a in answers], 0),
        "index, s": middle([a["index_seconds"] for a in answers]),
        "hosts wanted": ", ".join(sorted({h for a in answers for h in a["hosts"]})) or "none",
    }


def middle_share(lists: Sequence[Row]) -> str:
    """The mean share of what was wanted."""
    shares = [0.0 if j["refused"] else j["held"] for j in lists]
    return f"{sum(shares) / len(shares):.2f}" if shares else ""
