"""The basket: what a reader puts in from any page, its own page, and the files that it becomes."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from markupsafe import Markup

from rag import export
from rag.basket import LONGEST, MOST, BasketEntry, BasketFull, answered, quoted
from rag.blocks import Heading
from rag.export import essay_path, provenance
from rag.index import Records
from rag.messages import said
from rag.render.html import html
from rag.render.text import text
from rag.types import Citation
from ui.access import or_404, user_of
from ui.answers import Format, paper_file
from ui.site import Site, language
from ui.strings import Strings

_SHOWN = 50_000  # characters of all entries on the page, of which each has its share
_LEAST = 100  # characters of an entry
_TITLE = "材料汇编"  # of a report without a name; files are Chinese as the essays are
_Id = Annotated[int, Form(ge=0, le=2**53)]


def routes(site: Site) -> APIRouter:
    """Return the routes under /basket."""
    router = APIRouter(prefix="/basket")
    _reading(router, site)
    _writing(router, site)
    return router


def _reading(router: APIRouter, site: Site) -> None:
    """Add the routes of what is put in from any page, shown and carried away."""
    basket = site.basket

    @router.get("")
    def page(request: Request) -> HTMLResponse:
        name, s, records = user_of(request), language(request), site.assistant.records
        entries = basket.entries(name)
        share = max(_LEAST, _SHOWN // max(1, len(entries)))
        return site.page(
            request, "basket.html", "basket", title=basket.title(name), default=_TITLE,
            entries=[_shown(entry, share, records, s) for entry in entries],
            removed=basket.removed(name), most=MOST, longest=LONGEST,
        )  # fmt: skip

    @router.get("/download.{format}")
    def download(request: Request, format: Format) -> Response:
        name = user_of(request)
        paper = export.of_basket(basket.title(name) or _TITLE, basket.entries(name))
        return paper_file(paper, format)

    @router.get("/{entry_id}")
    def source(request: Request, entry_id: int) -> Response:
        """Lead to where the first quote of an entry stands."""
        entry = or_404(basket.entry)(user_of(request), entry_id)
        if not entry.citations:
            raise HTTPException(404)
        return RedirectResponse(essay_path(entry.citations[0]), 303)

    @router.post("/put")
    def put(
        request: Request,
        quote: Annotated[str, Form()] = "",
        answer: Annotated[str, Form()] = "",
    ) -> Response:
        name, s = user_of(request), language(request)
        try:
            put_in = [_quoted(quote, site.assistant.records)] if quote else _of(answer, name, site)
            added = site.basket.put(name, put_in)
        except (KeyError, IndexError, ValueError):
            return _told(request, site, s.basket_not_put, 404)
        except BasketFull as error:
            return _told(request, site, said(error, s.language), 409)
        told = s.basket_put.format(count=added) if added else s.basket_there
        return _told(request, site, told, 200)


def _writing(router: APIRouter, site: Site) -> None:
    """Add the routes of a reader's own words, and of what is done with entries."""
    basket = site.basket

    @router.post("/write")
    def write(
        request: Request, text: Annotated[str, Form()] = "",
        level: Annotated[int, Form(ge=0, le=2)] = 0, entry: _Id = 0,
    ) -> Response:  # fmt: skip
        """Add words of the reader's own, or change those of `entry`."""
        if entry:
            or_404(basket.rewrite)(user_of(request), entry, text)
        else:
            basket.write(user_of(request), text, level)
        return _page_at(entry, "#write")

    @router.post("/title")
    def entitle(request: Request, title: Annotated[str, Form()] = "") -> Response:
        basket.entitle(user_of(request), title)
        return RedirectResponse("/basket", 303)

    @router.post("/change")
    def change(
        request: Request, move: Annotated[str, Form(pattern="^[0-9]{1,15}-[0-9]{1,15}$")] = "0-0",
        remove: _Id = 0, clear: bool = Form(False), restore: bool = Form(False),
    ) -> Response:  # fmt: skip
        """Move an entry before another ("12-7", "12-0" to the end), remove it, or bring it back."""
        name = user_of(request)
        entry, before = map(int, move.split("-"))
        if entry:
            or_404(basket.move)(name, entry, before)
        elif remove or clear:
            or_404(basket.remove)(name, remove or None)
        elif restore:
            basket.restore(name)
        if _by_script(request):
            return Response(status_code=204)
        return _page_at(entry)


def _page_at(entry: int, otherwise: str = "") -> Response:
    return RedirectResponse(f"/basket#e{entry}" if entry else f"/basket{otherwise}", 303)


def _of(block: str, name: str, site: Site) -> Sequence[BasketEntry]:
    """Return the blocks that "ANSWER" or "ANSWER/3" names; KeyError or IndexError if none."""
    answer_id, _, at = block.partition("/")
    return answered(site.history.turn(name, answer_id).whole, int(at) if at else None)


def _quoted(passage: str, records: Records) -> BasketEntry:
    """Return what stands at "PARAGRAPH:START-END"; KeyError or ValueError if nothing does."""
    paragraph_id, _, span = passage.rpartition(":")
    start, end = map(int, span.split("-"))
    paragraph = records.paragraph(paragraph_id)
    if not 0 <= start < end <= len(paragraph.text) or not paragraph.text[start:end].strip():
        raise ValueError(passage)
    essay = records.essay(paragraph.essay_id)
    quote = paragraph.text[start:end]
    return quoted(Citation(1, paragraph, essay, quote, start, end, paragraph.trail))


def _shown(entry: BasketEntry, share: int, records: Records, s: Strings) -> dict[str, object]:
    """Return an entry as the page shows it, in as many characters as its share of the page."""
    words, block = text([entry.block]), entry.block
    if len(words) <= share or entry.own:
        whole = Markup(html([block], {c.number: "" for c in entry.citations}))
    else:
        cut = s.basket_cut.format(text=words[:share], count=len(words))
        whole = Markup("<p>{}</p>").format(cut)
    return {
        "id": entry.entry_id,
        "html": whole,
        "own": words if entry.own else "",
        "level": block.level if isinstance(block, Heading) else 0,
        "source": provenance(entry.citations[0]) if entry.citations else "",
        "count": len(entry.citations),
        "gone": any(_gone(citation, records) for citation in entry.citations),
    }


def _gone(citation: Citation, records: Records) -> bool:
    """Whether the library no longer has the paragraph as it was cited."""
    try:
        return records.paragraph(citation.paragraph.paragraph_id).text != citation.paragraph.text
    except KeyError:
        return True


def _told(request: Request, site: Site, told: str, status: int) -> Response:
    """Tell the script of a page what became of it, or a reader without scripts."""
    if _by_script(request):
        return JSONResponse({"told": told}, status)
    if status == 200:
        return RedirectResponse("/basket", 303)
    s = language(request)
    return site.page(request, "message.html", "basket", status, title=s.page_basket, text=told)


def _by_script(request: Request) -> bool:
    return "application/json" in request.headers.get("accept", "")
