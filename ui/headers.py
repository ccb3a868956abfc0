"""What every answer of the server tells the browser to forbid, and what is read of a request.

See the OWASP Secure Headers Project and the W3C's Content Security Policy Level 3.
"""

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import Scope

_COMMON = "default-src 'none'; img-src 'self' data:; connect-src 'self'; form-action 'self'; "
_COMMON += "base-uri 'self'; frame-ancestors 'none'; object-src 'none'; manifest-src 'self'; "
_PLAIN = _COMMON + "script-src 'self'; style-src 'self'"
# Gradio's page holds scripts and styles of its own and makes functions of text (`js_on_load`)
_CHAT = _COMMON + (
    "script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline';"
    " font-src 'self' data:; worker-src 'self' blob:"
)
_ALWAYS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
_YEAR = 365 * 24 * 3600  # seconds
_FORWARDED = (b"x-forwarded-", b"x-real-ip", b"forwarded")


def protect(headers: MutableHeaders, path: str, public: bool, secure: bool) -> None:
    """Add to the headers of an answer what browsers are to hold to.

    `path` is without the prefix; caches may keep what is `public`; `secure` is over TLS.
    """
    for name, value in _ALWAYS.items():
        headers.setdefault(name, value)
    headers.setdefault("content-security-policy", _CHAT if path == "/" else _PLAIN)
    if not public and not path.startswith(("/assets/", "/static/")):
        headers["cache-control"] = "no-store"
    if secure:
        headers.setdefault("strict-transport-security", f"max-age={_YEAR}")


def forwarded(scope: Scope) -> bool:
    """Whether a reverse proxy handed the request on."""
    return any(name.startswith(_FORWARDED) for name, _ in scope["headers"])


def without_forwarded(scope: Scope) -> None:
    """Take away what says where a request came from: uvicorn has read it where it is trusted.

    Otherwise anybody could make Gradio build its links on another host.
    """
    kept = [(name, value) for name, value in scope["headers"] if not name.startswith(_FORWARDED)]
    scope["headers"] = kept


def host_name(headers: Headers) -> str:
    """Return the name in the Host header, without the port.

    >>> host_name(Headers({"host": "[::1]:7860"})), host_name(Headers({"host": "A.cn:80"}))
    ('[::1]', 'a.cn')
    """
    host = headers.get("host", "").lower()
    return host[: host.rfind("]") + 1] if host.startswith("[") else host.partition(":")[0]


def bearer(headers: Headers) -> str | None:
    """Return the token that a program sends, if it sends one."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None
