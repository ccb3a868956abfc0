"""Every route and who may reach it: `python -m tests.routes > docs/routes.md`."""

import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from rag.pipeline import Assistant, build
from rag.settings import Settings
from ui.access import NO_RULE, rule_of

_CORPUS = Path(__file__).parents[1] / "corpus"
_HEAD = """# Who may reach what

Made from the running application by `python -m tests.routes`; a test holds it. `admin` may reach
what `reader` may. Paths that no rule names are answered with 404 to everybody: {closed} routes that
Gradio brings along and the chat does not need.

| path | methods | who |
|---|---|---|
"""


def paths(routes: Iterable[object], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield path and methods of every route, the mounted and included ones too."""
    for route in routes:
        inner = getattr(route, "original_router", None) or getattr(route, "app", None)
        path = prefix + getattr(route, "path", "")
        if hasattr(inner, "routes"):
            yield from paths(inner.routes, path)
        else:
            methods = getattr(route, "methods", None)
            yield (path, " ".join(sorted(methods))) if methods else (f"{path}/*", "GET HEAD")


def table(routes: Iterable[object]) -> str:
    """Return the page."""
    rows, closed = set(), set()
    for path, methods in paths(routes):
        rule = rule_of(path)
        if rule == NO_RULE:
            closed.add((path, methods))
        else:
            rows.add(f"| `{path}` | {methods} | {rule.who} |\n")
    return _HEAD.format(closed=len(closed)) + "".join(sorted(rows))


def main() -> None:
    """Print the page for an application over a new index."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(index=f"{folder}/index", data=f"{folder}/data")
        build([_CORPUS], Path(settings.index), settings)
        from ui.app import create_app

        app = create_app(Assistant.open(Path(settings.index), settings), settings)
        sys.stdout.write(table(app.routes))


if __name__ == "__main__":
    main()
