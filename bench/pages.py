"""How long each page takes and how much it sends, with many essays and a full basket.

    python bench/pages.py [--essays 5000] [--basket 500]

The essays are made up: each has four measures of sentences drawn from the essays of corpus/, a
place, an author and a date of its own. They are indexed by words alone, as no page needs vectors.
Each page is asked for once, as somebody did before, then five times; the slowest counts. Ends with
1 if a page takes more than a second or sends more than 500 KB, compressed as it comes.
"""

import argparse
import os
import platform
import random
import re
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path
from urllib.parse import quote

import httpx

sys.path.insert(0, str(Path(__file__).parent.parent))

from rag.basket import Basket, quoted
from rag.pipeline import Assistant, build
from rag.settings import Settings
from rag.types import Citation
from rag.users import LOCAL
from tests.browser.driver import free_port, running
from tests.conftest import CORPUS

MEASURES, TRIES = 4, 5
SLOWEST, MOST = 1.0, 500_000  # seconds, bytes
PLACES = "太湖县 望江县 大观区 桐城市 迎江区 宿松县 怀宁县 岳西县 潜山市 宜秀区".split()
SURNAMES, GIVEN = "赵钱孙李周吴郑王冯陈", "明华强军平芳敏静丽伟"


def write(corpus: Path, essays: int) -> None:
    """Write so many essays, no two alike."""
    chance = random.Random(1)
    texts = "".join(path.read_text(encoding="utf-8") for path in sorted(CORPUS.glob("*.txt")))
    said = sorted({s for s in re.findall(r"[^。\n]{20,120}。", texts)})
    leads = sorted({s[:8] for s in re.findall(r"[^，。\n]{8,16}(?=，)", texts)})
    for number in range(essays):
        place, author = (
            chance.choice(PLACES),
            chance.choice(SURNAMES) + "".join(chance.choices(GIVEN, k=2)),
        )
        parts = [
            f"（{'一二三四'[n]}）{chance.choice(leads)}。{''.join(chance.sample(said, 3))}"
            for n in range(MEASURES)
        ]
        title = f"{chance.choice(leads)} {chance.choice(leads)}"
        date = f"{chance.randint(2015, 2026)}年{chance.randint(1, 12)}月{chance.randint(1, 28)}日"
        text = "\n\n".join([title, f"{place}委组织部部长 {author}", f"（{date}）", *parts])
        (corpus / f"{number:05}{place}.txt").write_text(text, encoding="utf-8")


def fill(data: Path, index: Path, settings: Settings, entries: int) -> tuple[str, str]:
    """Put so many quotes into the basket; return the ids of an essay and a measure."""
    records = Assistant.open(index, settings).records
    basket = Basket(data)
    bodies = (
        (essay, paragraph)
        for essay in records.essays()
        for paragraph in records.paragraphs(essay.essay_id)
        if paragraph.role == "body"
    )
    kept = [
        quoted(Citation(1, paragraph, essay, paragraph.text, 0, len(paragraph.text), ()))
        for essay, paragraph in islice(bodies, entries)
    ]
    basket.put(LOCAL.name, kept)
    basket.close()
    essay = records.essays()[len(records.essays()) // 2].essay_id
    return essay, records.measures(essay)[0].measure_id


def pages(essay: str, measure: str) -> list[str]:
    """Return the addresses of what staff and administrators open."""
    place = quote("太湖县")
    return [
        "/chat/page", f"/chat/sources?by=place&group={place}", "/chat/list", "/library",
        f"/library?q={quote('引才')}",
        f"/library?place={place}", f"/library/essay?id={quote(essay)}",
        f"/library/similar?measure={quote(measure)}", "/measures", f"/measures?q={quote('人才')}",
        "/measures/map", "/basket", "/verify", "/admin", "/admin/system", "/admin/questions",
        "/admin/accounts",
    ]  # fmt: skip


def main() -> None:
    """Write, build, serve, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--essays", type=int, default=5000)
    parser.add_argument("--basket", type=int, default=500)
    given = parser.parse_args()
    print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
    os.environ |= {"RAG_ENCODER": "none", "RAG_READER": "none"}
    fine = True
    with tempfile.TemporaryDirectory() as name:
        folder, settings = Path(name), Settings.load()
        corpus, index, data = folder / "corpus", folder / "index", folder / "data"
        corpus.mkdir()
        data.mkdir()
        write(corpus, given.essays)
        report = build([corpus], index, settings)
        print(f"{report.essays} essays, {report.measures} measures, {given.basket} in the basket\n")
        named = fill(data, index, settings, given.basket)
        port = free_port()
        with running(index, port, RAG_DATA=str(data), RAG_CORPUS=str(corpus)):
            client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60)
            print("| page | slowest of five s | KB sent | KB of text |\n|---|--:|--:|--:|")
            for page in pages(*named):
                size = len(client.get(page).raise_for_status().content)
                took, sent = 0.0, 0
                for _ in range(TRIES):
                    began = time.perf_counter()
                    with client.stream("GET", page) as reply:
                        sent = sum(map(len, reply.iter_raw()))
                    took = max(took, time.perf_counter() - began)
                fine = fine and took <= SLOWEST and sent <= MOST
                kilobytes = f"{sent / 1000:.0f} | {size / 1000:.0f}"
                print(f"| `{page.partition('?')[0]}` | {took:.3f} | {kilobytes} |")
    sys.exit(not fine)


if __name__ == "__main__":
    main()
