"""Modules import only from lower floors. The table below is the architecture."""

import ast
from collections import Counter
from pathlib import Path

FLOORS = [
    {"rag.messages", "rag.errors", "rag.blocks", "rag.types", "rag.once", "rag.characters"},
    {
        "rag.database",
        "rag.settings",
        "rag.words",
        "rag.sentences",
        "rag.contract",
        "rag.jsonl",
        "rag.citing",
        "rag.parallel",
        "rag.lock",
        "rag.queue",
        "rag.kept",
        "rag.figures",
        "rag.limits",
    },
    {
        "rag.reading",
        "rag.render",
        "rag.history",
        "rag.basket",
        "rag.themes",
        "rag.users",
        "rag.audit",
        "rag.line",
        "rag.gazetteer",
        "rag.passages",
        "rag.reprints",
        "rag.encoding",
    },
    {"rag.outline", "rag.export", "rag.index", "rag.llm", "rag.corpus_files"},
    {"rag.retrieval", "rag.tables", "rag.report", "rag.backup", "rag.verify"},
    {"rag.answering", "rag.corpus"},
    {"rag.pipeline"},
    {"rag.evaluation", "rag.similar", "rag.beside", "rag.api"},
    {"rag.cli", "ui"},
]
FLOOR = {name: level for level, names in enumerate(FLOORS) for name in names}
EXCEPT = {
    ("rag.types", "rag.blocks"),  # an answer is made of blocks
    ("rag.errors", "rag.messages"),  # an error is told in two languages
    ("rag.types", "rag.messages"),  # so is what a reader of files notes
    ("rag.cli", "ui"),  # `rag serve` opens the chat, by an import inside the function
}


def part(module: str) -> str | None:
    """Return the entry of the table that `module` belongs to."""
    names = module.split(".")
    candidates = (".".join(names[:length]) for length in range(len(names), 0, -1))
    return next((name for name in candidates if name in FLOOR), None)


def imported(path: Path) -> set[str]:
    """Return our parts that `path` imports, anywhere in the file."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return {name for module in found if (name := part(module))}


def modules() -> list[tuple[str, Path]]:
    paths = sorted([*Path("rag").rglob("*.py"), *Path("ui").rglob("*.py")])
    names = (".".join(path.with_suffix("").parts).removesuffix(".__init__") for path in paths)
    return [(name, path) for name, path in zip(names, paths, strict=True) if name != "rag"]


def test_every_module_has_a_floor() -> None:
    assert [name for name, _ in modules() if part(name) is None] == []


def test_imports_go_down() -> None:
    upward = [
        (name, lower)
        for name, path in modules()
        for lower in imported(path)
        if (own := part(name))
        and lower != own
        and FLOOR[lower] >= FLOOR[own]
        and (own, lower) not in EXCEPT
    ]
    assert upward == []


def test_no_two_classes_share_a_name() -> None:
    named = Counter(
        node.name.lstrip("_")
        for _, path in modules()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
    )
    assert [name for name, times in named.items() if times > 1] == []


def packages(path: Path) -> set[str]:
    """Return the packages of whatever `path` imports, anywhere in the file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    named = {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    named |= {str(n.module) for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    return {module.split(".")[0] for module in named}


def test_the_library_never_imports_gradio() -> None:
    holding = [name for name, path in modules() if name.startswith("rag")]
    assert holding
    assert [n for n, path in modules() if n in holding and "gradio" in packages(path)] == []


def test_what_trains_is_no_part_of_the_product() -> None:
    """The scripts of train/, and what only they need, are not in the wheel."""
    training = {"train", "scipy", "sklearn", "onnx", "onnxscript", "safetensors", "ray"}
    assert [(name, packages(path) & training) for name, path in modules()] == [
        (name, set()) for name, _ in modules()
    ]
