"""What a client gets in the place of an answer: a page, or JSON if it asks for that. Neither says why."""

from __future__ import annotations

import html
from http import HTTPStatus

import msgspec

from wasi_nn_reference.serve.exchange import Answer

_TEXTS = {
    400: "The request cannot be read.",
    404: "There is nothing at this address.",
    405: "This address takes other methods.",
    408: "The request took too long to arrive.",
    413: "The request is larger than this address takes.",
    500: "The worker failed.",
    503: "The server has too much to do, or needs something that is away. Try again later.",
    504: "The worker took too long.",
}


def failure_page(status: int, accept: str, request_id: str) -> Answer:
    """Return the answer for a client that accepts `accept`."""
    text = _TEXTS.get(status, "")
    title = HTTPStatus(status).phrase
    if _wants_json(accept):
        error = {"status": status, "title": title, "detail": text, "request_id": request_id}
        return Answer(status, [(b"content-type", b"application/json")], msgspec.json.encode({"error": error}))
    page = (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{status} {title}</title>'
        f"<h1>{title}</h1><p>{text}</p><p><small>Request {html.escape(request_id)}</small></p></html>\n"
    )
    return Answer(status, [(b"content-type", b"text/html; charset=utf-8")], page.encode("utf-8"))


def _wants_json(accept: str) -> bool:
    """Return whether JSON is named before HTML, or alone."""
    kinds = [part.partition(";")[0].strip().lower() for part in accept.split(",")]
    json, page = (kinds.index(kind) if kind in kinds else len(kinds) for kind in ("application/json", "text/html"))
    return json < page
