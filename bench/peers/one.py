"""One system in a process of its own: indexes documents, then answers a question a line.

Lines of JSON come and go, the first is the task. Whoever is not on this machine can't be reached,
and is noted: what a first run would fetch or tell.
"""

import json
import os
import resource
import sys
import time
from importlib import metadata
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parent.parent.parent), str(Path(__file__).parent)]

from systems import PACKAGES, made  # noqa: E402 (beside this file)

NEAR = ("127.", "localhost", "::1")
wanted: set[str] = set()


def near(event: str, arguments: tuple[Any, ...]) -> None:
    """Refuse, and note, connections that leave the machine."""
    if event == "socket.getaddrinfo":
        host = arguments[0]
    elif event == "socket.connect" and isinstance(arguments[1], tuple):
        host = arguments[1][0]
    else:
        return
    name = host.decode() if isinstance(host, bytes) else str(host or "")
    if name and not name.startswith(NEAR):
        wanted.add(name)
        raise OSError(f"{name} is out of reach")


def main() -> None:
    """Answer until the input ends."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints is no answer
    sys.addaudithook(near)
    system = sys.argv[1]
    task = json.loads(sys.stdin.readline())
    began = time.perf_counter()
    answering = made(system, task)
    own = {"index_seconds": time.perf_counter() - began, "install_mb": installed(PACKAGES[system])}
    for line in sys.stdin:
        answer = own | answered(answering, json.loads(line))
        out.write(json.dumps(answer, ensure_ascii=False) + "\n")
        out.flush()


def answered(answering: Any, question: str) -> dict[str, Any]:  # noqa: ANN401
    """The answer, its sources, and what it took."""
    began, first, text = time.perf_counter(), 0.0, ""
    try:
        for text in answering.ask(question):
            first = first or (time.perf_counter() - began if text.strip() else 0.0)
        failed = ""
    except Exception as error:  # of a library, whatever it is
        failed = f"{type(error).__name__}: {error}"[:300]
    return {
        "question": question,
        "answer": text,
        "sources": answering.sources,
        "abstained": answering.abstained,
        "failed": failed,
        "first_s": first,
        "total_s": time.perf_counter() - began,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "hosts": sorted(wanted),
    }


def installed(names: tuple[str, ...]) -> float:
    """Megabytes of packages with all that they need."""
    from packaging.requirements import Requirement

    waiting, seen = list(names), dict[str, int]()
    while waiting:
        name = waiting.pop().lower().replace("_", "-")
        try:
            package = metadata.distribution(name)
        except metadata.PackageNotFoundError:  # an extra of another platform
            continue
        if name not in seen:
            paths = [Path(str(package.locate_file(file))) for file in package.files or ()]
            seen[name] = sum(path.stat().st_size for path in paths if path.is_file())
            needs = map(Requirement, package.requires or ())
            waiting += [
                each.name
                for each in needs
                if not each.marker or each.marker.evaluate({"extra": ""})
            ]
    if "youju" in seen:  # installed where it lies
        rag = Path(__file__).parent.parent.parent / "rag"
        seen["youju"] += sum(path.stat().st_size for path in rag.rglob("*") if path.is_file())
    return sum(seen.values()) / 2**20


if __name__ == "__main__":
    main()
