"""The system: generations and the way back to one, health, disks, versions."""

import platform
import resource
import shutil
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from rag.errors import IndexBusy, IndexDamaged, RagError
from rag.report import kept_files
from ui.access import user_of
from ui.site import Site, language, searched

Made = dict[str, tuple[int, int, int]]  # document → its essays, measures and passages
_GIGABYTE = 10**9
_NAMED = 200  # documents that are named of each kind of change


@dataclass(frozen=True, slots=True)
class Disk:
    """A folder with what is in it and what is left on its disk, in bytes."""

    path: str
    used: int
    free: int


def routes(site: Site) -> APIRouter:
    """Return the routes of the system."""
    router, store = APIRouter(prefix="/admin"), site.assistant.store

    def shown(request: Request, problem: str = "") -> HTMLResponse:
        settings, assistant, s = site.settings, site.assistant, language(request)
        made = assistant.manifest.encoder
        folders = (settings.index, settings.corpus, settings.data)
        names = (s.index_folder, s.corpus_folder, s.data_folder)
        return site.page(
            request, "system.html", "admin", generations=store.generations()[::-1],
            problem=problem, encoder=made.name if made else s.no_encoder,
            searched=searched(assistant, s), settings=settings,
            disks=dict(zip(names, map(_disk, map(Path, folders)), strict=True)),
            gigabyte=_GIGABYTE, conversations=site.history.size, warning=assistant.warning,
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
        s = language(request)
        try:
            store.rollback(generation_id)
        except IndexBusy:
            return shown(request, s.index_busy)
        except IndexDamaged:
            damaged = ", ".join(store.verify(generation_id))
            return shown(request, f"{generation_id} {s.damaged}: {damaged}")
        except RagError:
            raise HTTPException(404) from None
        site.watch.note("rollback", user_of(request), generation=generation_id)
        return RedirectResponse("/admin/system#generations", 303)

    return router


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


def _disk(folder: Path) -> Disk:
    """Return what a folder takes; 0 where it is not there."""
    there = next(path for path in (folder, *folder.absolute().parents) if path.is_dir())
    used = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return Disk(str(folder), used, shutil.disk_usage(there).free)
