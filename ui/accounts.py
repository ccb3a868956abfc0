"""The accounts: made, disabled, given another password or role, logged out everywhere."""

from collections.abc import Iterator
from contextlib import closing
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from rag.errors import BadInput
from rag.users import Accounts, Change, LastAdministrator, Role, made_password
from ui.files import printable
from ui.site import Site, language
from ui.strings import Strings

Typed = Annotated[str, Form()]
Chosen = Annotated[Role, Form()]


def routes(site: Site) -> APIRouter:
    """Return the routes of the accounts."""
    router = APIRouter(prefix="/admin/accounts")

    def opened() -> Iterator[Accounts]:
        with closing(Accounts(site.data)) as accounts:
            yield accounts

    Opened = Annotated[Accounts, Depends(opened)]

    def shown(request: Request, accounts: Accounts, **told: str) -> HTMLResponse:
        return site.page(request, "accounts.html", "admin", accounts=accounts.all(), told=told)

    @router.get("")
    def page(request: Request, accounts: Opened) -> HTMLResponse:
        return shown(request, accounts)

    @router.post("")
    def add(request: Request, accounts: Opened, name: Typed, role: Chosen) -> HTMLResponse:
        name = name.strip()
        return shown(request, accounts, **_added(accounts, name, role, language(request)))

    @router.post("/{name}/password")
    def reset(request: Request, accounts: Opened, name: str) -> HTMLResponse:
        s = language(request)
        try:
            password = made_password(accounts.existing(name))
            accounts.set_password(name, password)
        except BadInput:
            return shown(request, accounts, problem=s.no_account.format(name=name))
        return shown(request, accounts, name=name, password=password)

    @router.post("/{name}/{change}")
    def change(request: Request, accounts: Opened, name: str, change: Change) -> Response:
        s = language(request)
        try:
            accounts.change(name, change)
        except LastAdministrator:
            return shown(request, accounts, problem=s.last_admin.format(name=name))
        except BadInput:
            return shown(request, accounts, problem=s.no_account.format(name=name))
        return RedirectResponse("/admin/accounts", 303)

    return router


def _added(accounts: Accounts, name: str, role: Role, s: Strings) -> dict[str, str]:
    """Make an account; return its password, or why there is none."""
    if role != "admin" and not any(each.administers for each in accounts.all()):
        return {"problem": s.first_admin}
    try:
        accounts.check_new(name, role)
        password = made_password(name)
        accounts.add(name, password, role)
    except BadInput:
        return {"problem": s.bad_account.format(name=printable(name))}
    return {"name": name, "password": password}
