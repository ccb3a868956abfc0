"""Times what a reader of the chat waits for, and watches the server's memory under use.

    python bench/chat.py [--minutes 30] [--users 10] [--pause 4]

A real Chromium on a real server over corpus/. The paints are the browser's own, of a page it has
nothing of yet; `interactive` is from the start of the navigation until a question can be typed and
examples are shown; `first words` is from Enter until the first words of the answer, or the refusal,
stand on the page, and `beyond its own time` is that without the seconds the server says the answer
took; `500 turns`, until a conversation of so many is there to be read, and the HTML of that page.
All are measured in the page.

Then, but with `--minutes 0`, `users` pages ask the questions of tests/questions.jsonl, each a new
one every few seconds, and now and then begin a new conversation; the server's resident memory is
read all the while. Drift compares the mean of the last fifth of the time with that of the second
fifth: the first is the warm-up.
"""

import argparse
import asyncio
import itertools
import json
import os
import platform
import random
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright

sys.path.insert(0, str(Path(__file__).parent.parent))

from rag.history import History
from rag.types import Filters
from rag.users import LOCAL_NAME
from tests.keeping import keep

ROOT = Path(__file__).parent.parent
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
ARGUMENTS += ["--accept-lang=zh-CN,zh"]
PAINTS = ("first paint", "first contentful paint")
LIMITS = dict.fromkeys(PAINTS, 1.5) | {
    "page interactive": 3.0, "first words of an answer": 0.5, "beyond its own time": 0.4,
    "500 turns": 1.0, "500 turns, KB": 500,
}  # fmt: skip
BREATH = 0.3  # seconds after an answer in which the page may not take the next question yet
NEW_CHAT = 8  # questions after which a user begins a new conversation
LOADS, SAMPLES = 10, 30
PATIENCE = 300  # seconds until the run is given up; a busy machine is no fault of the chat
BOX = "#question textarea"
FIRST_WORDS = """question => new Promise(done => {
  const turns = document.querySelectorAll('.turn').length;
  const box = document.querySelector('#question textarea');
  let began = 0;
  const look = () => {
    const turn = document.querySelectorAll('.turn')[turns];
    if (!turn?.querySelector('.answer, .refusal')) return;
    watcher.disconnect();
    requestAnimationFrame(() => done((performance.now() - began) / 1000));
  };
  const watcher = new MutationObserver(look);
  watcher.observe(document.querySelector('#thread'), {childList: true, subtree: true});
  box.value = question;
  box.dispatchEvent(new Event('input', {bubbles: true}));
  requestAnimationFrame(() => {
    began = performance.now();
    box.dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', bubbles: true}));
    box.dispatchEvent(new KeyboardEvent('keypress', {key: 'Enter', bubbles: true}));
  });
})"""


@contextmanager
def serving(folder: Path) -> Iterator[tuple[str, int]]:
    """Serve corpus/ from an index of its own; give the address and the process id."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    environment = {
        **os.environ, "PYTHONPATH": str(ROOT), "RAG_PORT": str(port),
        "RAG_CORPUS": str(ROOT / "corpus"),
    }  # fmt: skip
    command = [sys.executable, "-m", "rag.cli", "serve"]
    server = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        while True:
            try:
                urllib.request.urlopen(f"{address}/health", timeout=5).close()
                break
            except OSError:
                if server.poll() is not None:
                    raise SystemExit("the chat did not start") from None
                time.sleep(0.1)
        yield address, server.pid
    finally:
        server.send_signal(signal.SIGINT)
        server.wait()


def resident(pid: int) -> float:
    """Return the resident memory of a process, in MiB."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024


def questions() -> list[str]:
    """Return the questions of tests/questions.jsonl."""
    lines = (ROOT / "tests" / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["question"] for line in lines]


async def opened(browser: Browser, address: str) -> tuple[Page, dict[str, float]]:
    """Open the chat in a fresh window; return it and the seconds until it is painted and usable."""
    page = await browser.new_page()
    page.set_default_timeout(PATIENCE * 1000)
    await page.goto(address)
    await page.wait_for_selector(".welcome .example")
    await page.wait_for_selector(f"{BOX}:enabled")
    seconds = {"page interactive": await page.evaluate("performance.now() / 1000")}
    for name in PAINTS:
        entry = f"performance.getEntriesByName('{name.replace(' ', '-')}')[0]?.startTime"
        await page.wait_for_function(f"{entry} !== undefined")  # the next frame may be on its way
        seconds[name] = await page.evaluate(f"{entry} / 1000")
    return page, seconds


def own_times(data: Path) -> list[float]:
    """Return the seconds each answer of the newest conversation took by itself, in order."""
    with closing(History(data)) as history:
        newest = history.conversations(LOCAL_NAME)[0].conversation_id
        return [turn.whole.seconds["total"] for turn in history.turns(LOCAL_NAME, newest)]


def long_conversation(data: Path) -> str:
    """Make a conversation of 500 turns of the answer that was given first; return its id."""
    with closing(History(data)) as history:
        oldest = history.conversations(LOCAL_NAME)[-1].conversation_id
        answer, made = history.turns(LOCAL_NAME, oldest)[0].whole, None
        for _ in range(500):
            made = keep(history, LOCAL_NAME, made, answer, Filters()).conversation_id
    return str(made)


async def reopened(page: Page, address: str, chat: str) -> tuple[float, float]:
    """Return the seconds until the last turns of a conversation are shown, and KB of HTML."""
    await page.goto(f"{address}/?chat={chat}")
    await page.wait_for_selector(".turn:nth-of-type(10) .answer")
    seconds: float = await page.evaluate("performance.now() / 1000")
    size: int = await page.evaluate(
        "performance.getEntriesByType('resource')"
        ".find(each => each.name.includes('/chat/page')).decodedBodySize"
    )
    return seconds, size / 1000


async def ask(page: Page, question: str) -> None:
    """Ask and wait for the whole answer."""
    turns = await page.locator(".turn").count()
    await page.fill(BOX, question)
    await page.press(BOX, "Enter")
    await page.wait_for_selector(f".turn:nth-of-type({turns + 1}):not([aria-busy])")


async def user(browser: Browser, address: str, seed: int, until: float, pause: float) -> int:
    """Use the chat until a time of the clock; return how many questions were asked.

    Between two of them are `pause` seconds on average, from half of it to one and a half.
    """
    chance, asked = random.Random(seed), 0
    all_questions = questions()
    page, _ = await opened(browser, address)
    while time.monotonic() < until:
        await ask(page, chance.choice(all_questions))
        asked += 1
        if asked % NEW_CHAT == 0:
            await page.click("#new")
            await page.wait_for_selector(".welcome")
        await asyncio.sleep(chance.uniform(0.5 * pause, 1.5 * pause))
    await page.close()
    return asked


async def watched(pid: int, until: float) -> list[float]:
    """Read the memory of the server once a second."""
    read = []
    while time.monotonic() < until:
        read.append(resident(pid))
        await asyncio.sleep(1)
    return read


def show(name: str, seconds: Sequence[float]) -> None:
    """Print one row."""
    median, most = statistics.median(seconds), max(seconds)
    print(f"| {name} | {median:.3f} | {most:.3f} | {LIMITS[name]:.1f} |", flush=True)


async def waiting(browser: Browser, address: str, data: Path) -> None:
    """Print what a reader waits for."""
    print("| what | median s | max s | limit s |\n|---|---|---|---|")
    loads = []
    for _ in range(LOADS):
        page, seconds = await opened(browser, address)
        loads.append(seconds)
        await page.close()
    for name in (*PAINTS, "page interactive"):
        show(name, [seconds[name] for seconds in loads])
    page, _ = await opened(browser, address)
    waits = []
    for question in itertools.islice(itertools.cycle(questions()), SAMPLES):
        waits.append(await page.evaluate(FIRST_WORDS, question))
        await page.wait_for_selector(".turn:last-child:not([aria-busy])")
        await asyncio.sleep(BREATH)
    show("first words of an answer", waits)
    own = zip(waits, own_times(data), strict=True)
    show("beyond its own time", [wait - answer for wait, answer in own])
    chat = long_conversation(data)
    again = [await reopened(page, address, chat) for _ in range(LOADS)]
    show("500 turns", [seconds for seconds, _ in again])
    show("500 turns, KB", [size for _, size in again])
    await page.close()


async def drifting(
    browser: Browser, address: str, pid: int, users: int, minutes: float, pause: float
) -> None:
    """Print the memory of the server while it is used."""
    until = time.monotonic() + minutes * 60
    memory, *asked = await asyncio.gather(
        watched(pid, until),
        *(user(browser, address, seed, until, pause) for seed in range(users)),
    )
    fifth = len(memory) // 5
    early, late = statistics.mean(memory[fifth : 2 * fifth]), statistics.mean(memory[-fifth:])
    print(f"\n{users} users, {minutes:g} minutes, a pause of {pause:g} s, {sum(asked)} questions")
    print("\n| memory of the server | MiB |\n|---|---|")
    print(f"| at the start | {memory[0]:.0f} |\n| second fifth, mean | {early:.0f} |")
    print(f"| last fifth, mean | {late:.0f} |\n| drift | {100 * (late / early - 1):+.1f} % |")


async def measure(
    address: str, pid: int, data: Path, users: int, minutes: float, pause: float
) -> None:
    """Print both tables, of no minutes only the first."""
    async with async_playwright() as playwright:
        path = shutil.which("chromium")
        browser = await playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        await waiting(browser, address, data)
        if minutes:
            await drifting(browser, address, pid, users, minutes, pause)
        await browser.close()


def main() -> None:
    """Serve, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--users", type=int, default=10)
    parser.add_argument("--pause", type=float, default=4, help="seconds between a user's questions")
    given = parser.parse_args()
    print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as (address, pid):
        data = Path(folder) / "data"
        asyncio.run(measure(address, pid, data, given.users, given.minutes, given.pause))


if __name__ == "__main__":
    main()
