"""The administration: files, rebuild, generations, feedback, health."""

import resource
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, File, HTTPException, Request, UploadFile
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from rag.errors import IndexBusy, IndexDamaged, RagError
from rag.report import FileReport, kept_files
from rag.tables import Table, as_bytes
from ui.access import may_administer
from ui.answers import file
from ui.measures import TYPES
from ui.rebuild import Rebuild
from ui.site import Site, language, searched
from ui.uploads import keep

_SHOWN = 200  # rows of feedback on the page; the download has all


def administrators_only(request: Request) -> None:
    """Refuse everybody else with 403."""
    if not may_administer(request):
        raise HTTPException(403)


def routes(site: Site) -> APIRouter:
    """Return the routes under /admin."""
    router = APIRouter()
    admin = APIRouter(prefix="/admin", dependencies=[Depends(administrators_only)])
    rebuild, store = Rebuild(site.settings, site.watch.metrics), site.assistant.store

    def shown(
        request: Request, kept: Sequence[str] = (), problems: Sequence[str] = ()
    ) -> HTMLResponse:
        generations, s = store.generations(), language(request)
        current = next((made for _, made, serving in generations if serving), None)
        none = s.no_encoder if current else ""
        return site.page(
            request,
            "admin.html",
            "admin",
            files=_files(site),
            progress=rebuild.progress,
            generations=generations[::-1],
            feedback=site.history.feedback()[:_SHOWN],
            kept=kept,
            problems=problems,
            encoder=current.encoder.name if current and current.encoder else none,
            searched=searched(site.assistant, s),
            settings=site.settings,
            conversations=site.history.size,
            warning=site.assistant.warning,
            serving=site.assistant.generation,
            megabytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        )

    @admin.get("")
    def page(request: Request) -> HTMLResponse:
        return shown(request)

    @admin.post("/upload")
    async def upload(request: Request, files: Annotated[list[UploadFile], File()]) -> HTMLResponse:
        corpus, most = Path(site.settings.corpus), site.settings.max_file_bytes
        kept, refused = await keep(files, corpus, most, language(request))
        return shown(request, kept, refused)

    @admin.post("/rebuild")
    def start() -> Response:
        rebuild.start()
        return RedirectResponse("/admin#files", 303)

    @admin.get("/progress")
    def progress(request: Request) -> dict[str, Any]:
        s, now = language(request), rebuild.progress
        steps = {"files": s.step_files, "vectors": s.step_vectors, "upload": s.step_upload}
        return {**asdict(now), "step": steps.get(now.step, now.step)}

    @admin.post("/generations/{generation_id}")
    def use(request: Request, generation_id: str) -> Response:
        s = language(request)
        try:
            store.rollback(generation_id)
        except IndexBusy:
            return shown(request, problems=[s.index_busy])
        except IndexDamaged:
            damaged = ", ".join(store.verify(generation_id))
            return shown(request, problems=[f"{generation_id} {s.damaged}: {damaged}"])
        except RagError:
            raise HTTPException(404) from None
        return RedirectResponse("/admin#generations", 303)

    router.include_router(admin)
    router.include_router(_told(site))
    return router


def _told(site: Site) -> APIRouter:
    """Return the route of what readers say."""
    router = APIRouter()

    @router.get("/admin/feedback.{format}", dependencies=[Depends(administrators_only)])
    def feedback(format: Literal["csv", "xlsx"]) -> Response:
        columns = ("at", "user", "verdict", "reason", "question", "text", "answer_id")
        rows = [
            tuple(str(getattr(each, name)) for name in columns) for each in site.history.feedback()
        ]
        return file(as_bytes(Table(columns, tuple(rows)), format), TYPES[format], f"反馈.{format}")

    return router


def _files(site: Site) -> Sequence[FileReport]:
    """Return what became of every file of the serving index.

    An index from before reports were kept tells of what was read only.
    """
    kept = kept_files(Path(site.settings.index), site.assistant.generation)
    if kept is not None:
        return kept
    records = site.assistant.records
    essays = [essay for essay in records.essays() if essay.kind == "essay"]
    counts: dict[str, int] = {}
    for measure in records.measures():
        document = records.essay(measure.essay_id).document
        counts[document] = counts.get(document, 0) + 1
    return [
        FileReport(
            path=document.path,
            state="repaired" if document.notes else "read",
            reason="; ".join(document.notes),
            format=document.format,
            essays=sum(essay.document == document.path for essay in essays),
            measures=counts.get(document.path, 0),
        )
        for document in records.documents()
    ]
