"""What programs can ask here, as a page: made of the same description that programs read."""

import json
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from rag.api import OPENAPI
from ui.site import Site

Json = dict[str, Any]


def routes(site: Site) -> APIRouter:
    """Return the route of /api."""
    router = APIRouter()

    @router.get("/api")
    def page(request: Request) -> HTMLResponse:
        described = request.app.openapi()
        return site.page(
            request, "api.html", "",
            operations=_operations(described, str(request.base_url).rstrip("/")), openapi=OPENAPI,
        )  # fmt: skip

    return router


def _operations(described: Json, base: str) -> list[Json]:
    """Return each operation with its parameters and a call that can be copied."""
    made = []
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
            fields = _fields(body.get("schema", {}), described)
            example = {name: each["examples"][0] for name, each in fields if each.get("examples")}
            if path.startswith("/v1") and body:
                example = {"messages": [{"role": "user", "content": "太湖县有哪些措施？"}]}
            made.append(
                {
                    "method": method.upper(),
                    "path": path,
                    "summary": operation.get("summary", ""),
                    "fields": [
                        (name, _type(each), each.get("description", "")) for name, each in fields
                    ]
                    + [
                        (each["name"], _type(each["schema"]), each["in"])
                        for each in operation.get("parameters", ())
                    ],
                    "call": _call(method, base + path, example if body else None),
                }
            )
    return made


def _fields(schema: Json, described: Json) -> list[tuple[str, Json]]:
    name = schema.get("$ref", "").rpartition("/")[2]
    found = described.get("components", {}).get("schemas", {}).get(name, schema)
    return list(found.get("properties", {}).items())


def _type(schema: Json) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " | ".join(_type(each) for each in schema["anyOf"])
    inner = f"[{_type(schema['items'])}]" if "items" in schema else ""
    return f"{schema.get('type', '')}{inner}"


def _call(method: str, url: str, body: Json | None) -> str:
    if body is None:
        return f"curl {url}"
    sent = json.dumps(body, ensure_ascii=False)
    return f"curl {url} -H 'Content-Type: application/json' -d '{sent}'"
