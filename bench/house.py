"""Measures the code: sizes, density, functions, cycles, hints, names, and the walk of a question.

    python bench/house.py               this project, with the walks of questions and of a file
    python bench/house.py FOLDER ...    other projects, or installed packages, counted alike

Everything but the walks is read from the syntax tree: nothing of another project is run. Tests are
what lies in a folder `tests` or `test`. The packages of a project are its folders with an
`__init__.py` that hold neither tests nor what trains models. Blank lines count.
"""

import argparse
import ast
import statistics
import sys
import tempfile
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property, partial
from pathlib import Path
from types import CodeType, FrameType

ROOT = Path(__file__).parent.parent
QUESTIONS = (
    "池州市的人才发展专项资金按什么比例设立？",
    "太湖县怎样引才、育才、留才？",
    "哪些地方提到了容错纠错？",
)
CORE = (
    "rag/types", "rag/sentences", "rag/words", "rag/figures", "rag/passages", "rag/outline",
    "rag/index", "rag/retrieval", "rag/answering", "rag/pipeline",
)  # fmt: skip
LONG = 60  # lines from which a function is counted as long
_TESTS = {"tests", "test"}
_BESIDE = {"train", "bench", "docs", "examples"}
_BRANCHES = (
    ast.If, ast.IfExp, ast.For, ast.AsyncFor, ast.While, ast.ExceptHandler, ast.Assert,
    ast.comprehension, ast.match_case,
)  # fmt: skip
Function = ast.FunctionDef | ast.AsyncFunctionDef
Graph = dict[str, set[str]]


class SourceFile:
    """One Python file, parsed."""

    def __init__(self, path: Path, root: Path) -> None:
        text = path.read_text(encoding="utf-8", errors="replace")
        self.path = path.relative_to(root)
        self.lines = len(text.splitlines())
        self.tree = ast.parse(text)
        self.nodes = list(ast.walk(self.tree))
        self.functions = [node for node in self.nodes if isinstance(node, Function)]

    @property
    def is_test(self) -> bool:
        """Whether it tests."""
        return not _TESTS.isdisjoint(self.path.parts) or self.path.name.startswith("test_")

    @cached_property
    def module(self) -> str:
        """Its dotted name."""
        return ".".join(self.path.with_suffix("").parts).removesuffix(".__init__")

    def imports(self, modules: set[str], late: bool) -> set[str]:
        """Return which of `modules` it imports; `late` counts imports inside functions and ifs."""
        found = set[str]()
        for node in self.nodes if late else self.tree.body:
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                base = self._base(node)
                named = {f"{base}.{alias.name}" for alias in node.names}
                found |= named & modules or {base}
        return (found & modules) - {self.module}

    def _base(self, node: ast.ImportFrom) -> str:
        """The module that `from … import` names, relative ones made whole."""
        if not node.level:
            return node.module or ""
        inside = self.module.split(".")
        up = node.level - (self.path.name == "__init__.py")
        return ".".join([*inside[: len(inside) - up], *filter(None, [node.module])])


def cyclomatic(function: Function) -> int:
    """Return the number of independent paths (McCabe, 1976); each `and` and `or` is a branch."""
    paths = 1
    for node in ast.walk(function):
        paths += isinstance(node, _BRANCHES)
        if isinstance(node, ast.BoolOp):
            paths += len(node.values) - 1
    return paths


def is_typed(function: Function) -> bool:
    """Whether its result and each argument but self or cls is annotated."""
    given = function.args
    named = [*given.posonlyargs, *given.args, *given.kwonlyargs]
    every = [*named, *filter(None, (given.vararg, given.kwarg))]
    hinted = all(each.annotation for each in every if each.arg not in ("self", "cls"))
    return hinted and function.returns is not None


def cycles(graph: Graph) -> list[set[str]]:
    """Return the sets of modules that import each other in a circle."""
    reached = {module: _reached(module, graph) for module in graph}
    circles = {
        frozenset(other for other in reached[module] if module in reached[other])
        for module in graph
        if module in reached[module]
    }
    return [set(circle) for circle in circles]


def _reached(module: str, graph: Graph) -> set[str]:
    """What is imported from `module`, at any distance."""
    seen, left = set[str](), list(graph[module])
    while left:
        if (other := left.pop()) not in seen:
            seen.add(other)
            left += graph[other]
    return seen


def percentile(numbers: Iterable[int], share: float) -> int:
    """Return the smallest number that `share` of all do not exceed."""
    ordered = sorted(numbers)
    return ordered[max(0, -int(-len(ordered) * share // 1) - 1)] if ordered else 0


def sources(root: Path) -> Iterator[SourceFile]:
    """Parse the packages of a project and its tests; a package is a project of its own."""
    if (root / "__init__.py").exists():
        folders, root = [root], root.parent
    else:
        inside = [*root.iterdir(), *(root / "src").glob("*")]
        packages = [each for each in inside if (each / "__init__.py").exists()]
        folders = [each for each in packages if each.name not in _BESIDE | _TESTS]
        folders += [each for each in inside if each.name in _TESTS]
    for folder in folders:
        for path in sorted(folder.rglob("*.py")):
            yield SourceFile(path, root)


def measure(root: Path) -> dict[str, str]:
    """Return what is counted of one project, in words."""
    every = list(sources(root))
    code = [each for each in every if not each.is_test]
    tests = [each for each in every if each.is_test]
    if not code:
        raise SystemExit(f"{root} holds no Python package: give a project or a package")
    lines = sum(each.lines for each in code)
    functions = [function for each in code for function in each.functions]
    lengths = [(each.end_lineno or each.lineno) - each.lineno + 1 for each in functions]
    paths = [cyclomatic(each) for each in functions]
    modules = {each.module for each in code}
    circles = [
        cycles({each.module: each.imports(modules, late) for each in code})
        for late in (False, True)
    ]
    classes = Counter(
        node.name.lstrip("_") for each in code for node in each.nodes
        if isinstance(node, ast.ClassDef)
    )  # fmt: skip
    shared = sorted(name for name, times in classes.items() if times > 1)
    typed = sum(map(is_typed, functions)) / max(1, len(functions))
    tested = sum(each.name.startswith("test") for file in tests for each in file.functions)
    sizes = [each.lines for each in code]
    return {
        "files / lines": f"{len(code)} / {lines:,}",
        "file median / p90 / max": f"{statistics.median(sizes):.0f} / {percentile(sizes, 0.9)}"
        f" / {max(sizes)}",
        "AST nodes a line": f"{sum(len(each.nodes) for each in code) / lines:.1f}",
        "functions; median / p90 / max lines": f"{len(functions)};"
        f" {statistics.median(lengths):.0f} / {percentile(lengths, 0.9)} / {max(lengths)}",
        f"functions over {LONG} lines": str(sum(length > LONG for length in lengths)),
        "cyclomatic mean / p90 / max": f"{statistics.mean(paths):.1f}"
        f" / {percentile(paths, 0.9)} / {max(paths)}",
        "functions with every hint": f"{typed:.0%}",
        "import cycles, top / with late imports": " / ".join(str(len(each)) for each in circles),
        "classes; names of several": f"{sum(classes.values())}; {len(shared)}",
        "tests : source (test functions)": f"{sum(each.lines for each in tests) / lines:.2f}"
        f" ({tested})"
        if tests
        else "not installed",
    }


def by_package(root: Path) -> list[tuple[str, int, int]]:
    """Return each package with its number of files and lines, the largest first."""
    sizes = defaultdict[str, list[int]](list)
    for each in sources(root):
        if not each.is_test:
            sizes["/".join(each.path.parts[:2][: len(each.path.parts) - 1])].append(each.lines)
    found = [(name, len(lines), sum(lines)) for name, lines in sizes.items()]
    return sorted(found, key=lambda each: -each[2])


class CallCounter:
    """Counts the calls of each function of rag/, in every thread that starts after it.

    Comprehensions and lambdas are part of the function they stand in.
    """

    def __init__(self) -> None:
        self.calls = Counter[CodeType]()
        self._own = str(ROOT / "rag")
        threading.setprofile(self._note)
        sys.setprofile(self._note)

    def _note(self, frame: FrameType, event: str, _: object) -> None:
        code = frame.f_code
        if event == "call" and code.co_filename.startswith(self._own) and code.co_name[0] != "<":
            self.calls[code] += 1

    def of(self, step: Callable[[], object]) -> tuple[int, int, int]:
        """Return how many files and functions `step` runs through, and in how many calls."""
        self.calls.clear()
        step()
        files = {code.co_filename for code in self.calls}
        return len(files), len(self.calls), self.calls.total()


def walks() -> Iterator[tuple[str, int, int, int]]:
    """Walk the questions and one file, with everything loaded before."""
    sys.path.insert(0, str(ROOT))
    from rag import corpus
    from rag.pipeline import Assistant, build
    from rag.settings import Settings

    def ordered(
        make: Callable[[], Callable[[object], object]], tasks: list[object], *_: object
    ) -> Iterator[object]:
        yield from map(make(), tasks)

    # Files are read in processes of their own, which nobody can watch.
    setattr(corpus, "ordered", ordered)  # noqa: B010
    watch = CallCounter()
    with tempfile.TemporaryDirectory() as folder:
        work, settings = Path(folder), Settings()
        build([ROOT / "corpus"], work / "index", settings)
        for text in QUESTIONS:
            Assistant.open(work / "index", settings).ask(text)
            fresh = Assistant.open(work / "index", settings)  # it remembers no answer
            yield f"ask {text}", *watch.of(partial(fresh.ask, text))
        essay = work / "one.md"
        body = (f"{n}、抓好培训。太湖县每年培训干部{n}百人。" for n in "一二三四五六七八九")
        essay.write_text("\n\n".join(["# 太湖县怎样培训干部", *body]), encoding="utf-8")
        built = partial(build, [essay], work / "one", settings)
        yield "build one text of ten paragraphs", *watch.of(built)


def main() -> None:
    """Print the tables as Markdown."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    arguments.add_argument("folder", type=Path, nargs="*")
    folders = arguments.parse_args().folder
    roots = folders or [ROOT]
    columns = [measure(root) for root in roots]
    print("| | " + " | ".join(root.resolve().name for root in roots) + " |")
    print("|---|" + "--:|" * len(roots))
    for name in columns[0]:
        print(f"| {name} | " + " | ".join(column[name] for column in columns) + " |")
    for root in roots:
        print(f"\n| package of {root.resolve().name} | files | lines |\n|---|--:|--:|")
        for package, files, lines in by_package(root):
            print(f"| {package} | {files} | {lines:,} |")
    if folders:
        return
    core = [each for each in sources(ROOT) if each.module.replace(".", "/").startswith(CORE)]
    print(f"| the core | {len(core)} | {sum(each.lines for each in core):,} |")
    print("\n| walk | files | functions | calls |\n|---|--:|--:|--:|")
    for name, files, functions, calls in walks():
        print(f"| {name} | {files} | {functions} | {calls:,} |")


if __name__ == "__main__":
    main()
