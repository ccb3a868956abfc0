"""The administration beside the documents: accounts, the log of questions, the system."""

import platform
import resource
import shutil
from collections.abc import Iterator
from contextlib import closing
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Form, HTTPException, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from rag.errors import BadInput, IndexBusy, IndexDamaged, RagError
from rag.history import LoggedQuestion
from rag.messages import said
from rag.report import kept_files
from rag.tables import RecordTable, as_bytes
from rag.users import Accounts, Change, Role, made_password
from ui import documents
from ui.access import user_of
from ui.answers import file
from ui.render import local_time
from ui.site import Site, language, message, searched
from ui.strings import Strings

_DAYS = 60  # of the log that are counted
_PAGE = 100  # questions of a page
_GIGABYTE = 10**9
_NAMED = 200  # documents that are named of each kind of change

Typed = Annotated[str, Form()]
Chosen = Annotated[Role, Form()]
Only = Literal["", "refused", "failed", "bad", "good"]
From = Annotated[int, Query(alias="from", ge=0)]
Made = dict[str, tuple[int, int, int]]  # document → its essays, measures and passages


def routes(site: Site) -> APIRouter:
    """Return the routes under /admin, which `ui.access` keeps for administrators."""
    router = APIRouter(prefix="/admin")
    for add in (documents.add, _accounts, _questions, _system):
        add(router, site)
    return router


def _accounts(router: APIRouter, site: Site) -> None:
    """Add the routes of the accounts: made, disabled, given another password or role."""

    def opened() -> Iterator[Accounts]:
        with closing(Accounts(site.data)) as accounts:
            yield accounts

    Opened = Annotated[Accounts, Depends(opened)]

    def shown(request: Request, accounts: Accounts, **told: str) -> HTMLResponse:
        return site.page(request, "accounts.html", "admin", accounts=accounts.all(), told=told)

    @router.get("/accounts")
    def page(request: Request, accounts: Opened) -> HTMLResponse:
        return shown(request, accounts)

    @router.post("/accounts")
    def add(request: Request, accounts: Opened, name: Typed, role: Chosen) -> HTMLResponse:
        s, name = language(request), name.strip()
        if role != "admin" and not any(each.administers for each in accounts.all()):
            return shown(request, accounts, problem=s.first_admin)
        try:
            accounts.check_new(name, role)
            password = made_password(name)
            accounts.add(name, password, role)
        except BadInput as error:
            return shown(request, accounts, problem=said(error, s.language))
        return shown(request, accounts, name=name, password=password)

    @router.post("/accounts/{name}/{change}")
    def change(
        request: Request, accounts: Opened, name: str, change: Change | Literal["password"]
    ) -> Response:
        try:
            if change == "password":
                password = made_password(accounts.existing(name))
                accounts.set_password(name, password)
                return shown(request, accounts, name=name, password=password)
            accounts.change(name, change)
        except BadInput as error:
            return shown(request, accounts, problem=said(error, language(request).language))
        return RedirectResponse("/admin/accounts", 303)


def _questions(router: APIRouter, site: Site) -> None:
    """Add the routes of the log: what was asked, refused and disliked, by day."""
    history, texts = site.history, site.settings.audit_text

    @router.get("/questions")
    def page(request: Request, day: str = "", only: Only = "", at: From = 0) -> HTMLResponse:
        found = history.log(day, only, _PAGE + 1, at)
        return site.page(
            request, "questions.html", "admin", asked=found[:_PAGE], more=len(found) > _PAGE,
            at=at, step=_PAGE, days=history.days(_DAYS), day=day, only=only, texts=texts,
            keeps=site.settings.history_days,
        )  # fmt: skip

    @router.get("/questions/download.{format}")
    def download(
        request: Request, format: Literal["csv", "xlsx"], day: str = "", only: Only = ""
    ) -> Response:
        s = language(request)
        columns = (s.asked_at, s.account, s.outcome, s.verdict, s.reason, s.question)
        most = len(columns) if texts else columns.index(s.reason)
        rows = (_row(each, s)[:most] for each in history.log(day, only))
        content = as_bytes(RecordTable(columns[:most], tuple(rows)), format)
        return file(content, f"{s.page_questions}.{format}")


def _row(each: LoggedQuestion, s: Strings) -> tuple[str, ...]:
    told = (getattr(s, f"outcome_{each.outcome}"), getattr(s, each.verdict or "", ""))
    return (local_time(each.at), each.user, *told, each.reason, each.question)


def _system(router: APIRouter, site: Site) -> None:
    """Add the routes of the system: generations and the way back to one, health, disks."""
    store = site.assistant.store

    def shown(request: Request, problem: str = "") -> HTMLResponse:
        settings, assistant, s = site.settings, site.assistant, language(request)
        made = assistant.opened.manifest.encoder
        folders = (settings.index, settings.corpus, settings.data)
        names = (s.index_folder, s.corpus_folder, s.data_folder)
        return site.page(
            request, "system.html", "admin", generations=store.generations()[::-1],
            problem=problem, encoder=made["name"] if made else s.no_encoder,
            searched=searched(assistant, s), settings=settings,
            disks=dict(zip(names, map(_disk, map(Path, folders)), strict=True)),
            gigabyte=_GIGABYTE, conversations=site.history.size, warning=assistant.warning,
            withheld=tuple(assistant.withheld),
            serving=assistant.generation,
            megabytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
            versions={"Youju": version("youju"), "Python": platform.python_version()},
        )  # fmt: skip

    @router.get("/system")
    def page(request: Request) -> HTMLResponse:
        return shown(request)

    @router.get("/generations/{generation_id}")
    def ask(request: Request, generation_id: str) -> HTMLResponse:
        """Say what would change before it does."""
        known = {name: manifest for name, manifest, _ in store.generations()}
        if known.get(generation_id) is None:
            raise HTTPException(404)
        now, then = (_made_of(site, name) for name in (store.current(), generation_id))
        return site.page(
            request, "rollback.html", "admin", name=generation_id, serving=store.current(),
            manifest=known[generation_id], changes=_changes(now, then), most=_NAMED,
        )  # fmt: skip

    @router.post("/generations/{generation_id}")
    def use(request: Request, generation_id: str) -> Response:
        try:
            store.rollback(generation_id)
        except (IndexBusy, IndexDamaged) as error:
            return shown(request, message(error, language(request)))
        except RagError:
            raise HTTPException(404) from None
        site.watch.note("rollback", user_of(request), generation=generation_id)
        return RedirectResponse("/admin/system#generations", 303)


def _made_of(site: Site, generation_id: str) -> Made | None:
    """Return the documents of a generation and what each gave; None where that is not known."""
    kept = kept_files(Path(site.settings.index), generation_id)
    if kept is None:
        return None
    read = (each for each in kept if each.state != "skipped")
    return {each.path: (each.essays, each.measures, each.passages) for each in read}


def _changes(now: Made | None, then: Made | None) -> dict[str, list[str]] | None:
    """Return which documents come, go and differ where one takes the other's place."""
    if now is None or then is None:
        return None
    return {
        "come": [path for path in then if path not in now],
        "go": [path for path in now if path not in then],
        "differ": [path for path in then if now.get(path, then[path]) != then[path]],
    }


def _disk(folder: Path) -> dict[str, object]:
    """Return what a folder takes, 0 where it is not there, and what is left on its disk: bytes."""
    there = next(path for path in (folder, *folder.absolute().parents) if path.is_dir())
    used = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return {"path": folder, "used": used, "free": shutil.disk_usage(there).free}
