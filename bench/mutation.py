"""Changes one thing in the code that answers, checks and guards, and sees whether a test notices.

    python bench/mutation.py [--most 20] [--seed 1] [--minutes 8]

Takes `most` changes of each group at random, alike in every run with one seed, and tries each on a
copy of the project with the test files of its group, until one test fails. What was tried is kept
in bench/out/mutation.jsonl: a run goes on where the last one stopped. Prints a table of all.
"""

import argparse
import ast
import importlib
import json
import multiprocessing
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
TRIED = ROOT / "bench" / "out" / "mutation.jsonl"
PATIENCE = 300  # seconds of processor time for one change; a loop without end fails by then
ANSWERS = (
    "topic tree answers answers_parts answers_places answers_records answering_figure citing"
    " compose compose_cells compose_counted draft imprint naming request features evidence_model"
    " classifier reader conversation conversation_remembered answering"
)
GROUPS = {  # what is changed, and the test files that bear on it, those that take long at the end
    "answers": ("rag/answering/**/*.py", f"claims {ANSWERS}"),
    "claims": ("rag/answering/claims.py", f"claims {ANSWERS}"),
    "check of a model": (
        "rag/llm/[aes]*.py", "llm_support llm_kinds llm_rewordings support_labels llm_rewrite"
        " verify llm_corpus",
    ),
    "check of a draft": ("rag/verify/*.py", "verify_output verify_changes verify ui_verify"),
    "guard": ("ui/guard.py", "guard ui_access"),
    "queue": ("rag/queue.py", "queue_turns queue"),
}  # fmt: skip
OTHER: dict[type, Any] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
    ast.And: ast.Or, ast.Or: ast.And, ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add,
    ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
}  # fmt: skip
LIBRARIES = (
    "docx", "faiss", "fastapi.testclient", "gradio", "hypothesis", "jinja2", "onnxruntime",
    "openpyxl", "rich.progress", "rjieba", "tokenizers", "uvicorn",
)  # fmt: skip
Place = tuple[ast.AST, str, int, ast.AST]


def alternatives(node: ast.AST) -> Iterator[ast.AST]:
    """What may stand in place of a node: another operator, number or truth, or nothing."""
    match node:
        case ast.Compare(left, [one], right) if type(one) in OTHER:
            yield ast.Compare(left, [OTHER[type(one)]()], right)
        case ast.BoolOp(op, values) if type(op) in OTHER:
            yield ast.BoolOp(OTHER[type(op)](), values)
        case ast.BinOp(left, op, right) if type(op) in OTHER:
            yield ast.BinOp(left, OTHER[type(op)](), right)
        case ast.UnaryOp(ast.Not(), operand):
            yield operand
        case ast.Constant(bool() as value):
            yield ast.Constant(not value)
        case ast.Constant(int() | float() as value):
            yield ast.Constant(value + 1 if isinstance(value, int) else value * 1.5)
        case ast.Expr(ast.Call()) | ast.Raise() | ast.Continue():
            yield ast.Pass()
        case ast.IfExp(ast.Name() | ast.Call() | ast.Attribute() as test, body, otherwise):
            yield ast.IfExp(ast.UnaryOp(ast.Not(), test), body, otherwise)
        case ast.If(ast.Name() | ast.Call() | ast.Attribute() as test, body, otherwise):
            yield ast.If(ast.UnaryOp(ast.Not(), test), body, otherwise)


def places(node: ast.AST) -> Iterator[Place]:
    """Where something can be changed: what holds it, in which field, and what may stand there."""
    for field, value in ast.iter_fields(node):
        if field not in ("decorator_list", "annotation", "returns"):
            for at, child in enumerate(value if isinstance(value, list) else [value]):
                if isinstance(child, ast.AST):
                    yield from ((node, field, at, other) for other in alternatives(child))
                    yield from places(child)


def mutated(text: str, number: int) -> tuple[str, str, int]:
    """Return a source with one change, the change in words, and its line."""
    tree = ast.parse(text)
    around, field, at, other = list(places(tree))[number]
    value = getattr(around, field)
    before = value[at] if isinstance(value, list) else value
    words = [" ".join(ast.unparse(each).split())[:90] for each in (before, other)]
    if isinstance(value, list):
        value[at] = other
    else:
        setattr(around, field, other)
    changed = ast.unparse(ast.fix_missing_locations(tree))
    return changed, " → ".join(f"`{each}`" for each in words), before.lineno


def sample(most: int, seed: int) -> Iterator[tuple[str, str, int]]:
    """A change of each group in turn: the group, a file and which of its changes."""
    chosen = []
    for group, (pattern, _) in GROUPS.items():
        found = [
            (group, str(path.relative_to(ROOT)), number)
            for path in sorted(ROOT.glob(pattern))
            for number, _ in enumerate(places(ast.parse(path.read_text(encoding="utf-8"))))
        ]
        random.Random(seed).shuffle(found)
        chosen.append(found[:most])
    for turn in range(most):
        yield from (each[turn] for each in chosen if turn < len(each))


def copied(folder: Path) -> None:
    """Copy what tests need; the index of corpus/, which no change bears on, is built once."""
    for name in ("rag", "ui", "tests", "corpus", "train", "pyproject.toml"):
        own = ROOT / name
        (shutil.copytree if own.is_dir() else shutil.copy)(own, folder / name)
    run = [sys.executable, "-m", "rag.cli", "build", "corpus", "--index", "built"]
    subprocess.run(run, cwd=folder, check=True, capture_output=True)
    with (folder / "tests" / "conftest.py").open("a", encoding="utf-8") as conftest:
        conftest.write(
            "\n\nimport shutil\n\n\ndef build(_, folder, __):\n"
            f"    shutil.copytree({str(folder / 'built')!r}, folder, dirs_exist_ok=True)\n"
            "\n\ndef import_once():\n    pass\n"
        )


def noticed(folder: Path, group: str) -> bool:
    """Whether a test of the group fails, in a process that begins with the libraries imported."""
    child = multiprocessing.get_context("fork").Process(target=_test, args=(folder, group))
    child.start()
    child.join()
    return child.exitcode != 0


def _test(folder: Path, group: str) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (PATIENCE, PATIENCE))
    os.chdir(folder)
    sys.path.insert(0, str(folder))
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    tests = [folder / "tests" / each for each in GROUPS[group][1].split()]
    files = [each if each.is_dir() else each.with_name(f"test_{each.name}.py") for each in tests]
    quiet = ("-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning")
    os._exit(pytest.main(["-x", *quiet, *map(str, files)]))


def told(tried: list[dict[str, Any]]) -> Iterator[str]:
    """What was tried, as Markdown."""
    yield "| | changes | no test notices |\n|---|--:|--:|"
    for group in GROUPS:
        own = [each["noticed"] for each in tried if each["group"] == group]
        yield f"| {group} | {len(own)} | {own.count(False)} |"
    yield f"| all | {len(tried)} | {sum(not each['noticed'] for each in tried)} |\n"
    for each in tried:
        if not each["noticed"]:
            yield f"- {each['file']}:{each['line']} {each['change']}"


def main() -> None:
    """Try changes until the time is over, and print what all runs found."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    arguments.add_argument("--most", type=int, default=20, help="changes of each group")
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--minutes", type=float, default=8)
    arguments.add_argument("--only", choices=GROUPS, nargs="*", default=GROUPS, metavar="GROUP")
    options = arguments.parse_args()
    TRIED.parent.mkdir(exist_ok=True)
    TRIED.touch()
    tried = [json.loads(line) for line in TRIED.read_text(encoding="utf-8").splitlines()]
    known = {(each["group"], each["file"], each["number"]) for each in tried}
    until = time.monotonic() + 60 * options.minutes
    with tempfile.TemporaryDirectory() as room, TRIED.open("a", encoding="utf-8") as kept:
        folder = Path(room)
        copied(folder)
        for library in LIBRARIES:
            importlib.import_module(library)
        for group, file, number in sample(options.most, options.seed):
            left_out = group not in options.only or (group, file, number) in known
            if left_out or time.monotonic() > until:
                continue
            text = (ROOT / file).read_text(encoding="utf-8")
            changed, change, line = mutated(text, number)
            (folder / file).write_text(changed, encoding="utf-8")
            row = {"group": group, "file": file, "number": number, "line": line, "change": change}
            row["noticed"] = noticed(folder, group)
            (folder / file).write_text(text, encoding="utf-8")
            tried.append(row)
            print(json.dumps(row, ensure_ascii=False), file=kept, flush=True)
    print("\n".join(told(tried)))


if __name__ == "__main__":
    main()
