"""The style sheet and the scripts: read once, compressed once, named by their content so that browsers keep them."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from aiohttp import web

_FOLDER = Path(__file__).parent / "static"
_KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}

routes = web.RouteTableDef()


@dataclass(frozen=True, slots=True)
class Asset:
    body: bytes
    compressed: bytes
    kind: str
    digest: str


@cache
def assets() -> dict[str, Asset]:
    """Everything a page may load, by file name."""
    found = (path for path in sorted(_FOLDER.iterdir()) if path.suffix in _KINDS)
    return {path.name: _asset(path.read_bytes(), _KINDS[path.suffix]) for path in found}


def _asset(body: bytes, kind: str) -> Asset:
    return Asset(body, gzip.compress(body, 9, mtime=0), kind, sha256(body).hexdigest()[:12])


def address(name: str) -> str:
    """Where a page finds the file; another content has another address."""
    return f"/assets/{assets()[name].digest}/{name}"


@routes.get("/assets/{digest}/{name}")
async def asset(request: web.Request) -> web.Response:
    found = assets().get(request.match_info["name"])
    if not found:
        raise web.HTTPNotFound
    compressed = "gzip" in request.headers.get("Accept-Encoding", "")
    fresh = request.match_info["digest"] == found.digest
    headers = {
        "Cache-Control": "public, max-age=31536000, immutable" if fresh else "no-cache",
        "Vary": "Accept-Encoding",
        "X-Content-Type-Options": "nosniff",
    }
    if compressed:
        headers["Content-Encoding"] = "gzip"
    body = found.compressed if compressed else found.body
    return web.Response(body=body, content_type=found.kind, charset="utf-8", headers=headers)
