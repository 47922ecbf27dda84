"""Errors as problem details (RFC 9457), each with what to do."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, NotRequired

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from typing_extensions import TypedDict

from tracker import store
from tracker.errors import CatalogError, CiteliftError, DataError, StoreError, UsageError

MEDIA = "application/problem+json"
RETRY_SECONDS = 10
STATUSES: Mapping[type[CiteliftError], int] = {
    UsageError: 422,
    CatalogError: 409,
    DataError: 409,
    StoreError: 503,
}


class ProblemFound(TypedDict):
    """What is wrong, and what to do."""

    type: str
    title: str
    status: int
    detail: str
    fix: str
    errors: NotRequired[list[dict[str, Any]]]


class Refusal(Exception):  # noqa: N818
    """A request that is refused before any verb is asked."""

    def __init__(self, status: int, detail: str, fix: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status, self.detail, self.fix, self.headers = status, detail, fix, dict(headers or {})


def problem(
    status: int, detail: str, fix: str, headers: Mapping[str, str] | None = None, **more: Any
) -> JSONResponse:
    body = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "fix": fix,
    }
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers = {"Retry-After": str(RETRY_SECONDS), **(headers or {})}
    return JSONResponse(body | more, status, headers=dict(headers or {}), media_type=MEDIA)


RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {
        "content": {MEDIA: {"schema": {"$ref": "#/components/schemas/ProblemFound"}}},
        "description": words,
    }
    for status, words in {
        400: "The body cannot be read",
        401: "No token, or one that is unknown, revoked or expired",
        403: "The token's role may not do this",
        409: "The workspace lacks what this needs, or its data changed between two pages",
        422: "A parameter is off",
        429: "Too many requests",
        500: "A fault of this program",
        503: "The database is away",
    }.items()
}

AWAY = "the database is away"
LATER = "try again in a few seconds; see that the database server runs"


def install(app: FastAPI) -> None:
    @app.exception_handler(CiteliftError)
    def said(_: Request, error: CiteliftError) -> JSONResponse:
        status = next((code for kind, code in STATUSES.items() if isinstance(error, kind)), 500)
        return problem(status, error.problem, error.hint or "see the server's log")

    @app.exception_handler(Refusal)
    def refused(_: Request, error: Refusal) -> JSONResponse:
        return problem(error.status, error.detail, error.fix, error.headers)

    @app.exception_handler(RequestValidationError)
    def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        found = [{"where": ".".join(map(str, each["loc"])), "what": each["msg"]} for each in error.errors()]
        first = found[0] if found else {"where": "request", "what": "cannot be read"}
        fix = "correct it; /openapi.json says what each parameter may be"
        return problem(422, f"{first['where']}: {first['what']}", fix, errors=found)

    @app.exception_handler(HTTPException)
    def http(_: Request, error: HTTPException) -> JSONResponse:
        fix = "/openapi.json lists the addresses and their methods"
        return problem(error.status_code, str(error.detail), fix, error.headers)

    @app.exception_handler(DBAPIError)
    def database(_: Request, error: DBAPIError) -> JSONResponse:
        if store.passes(error):
            return problem(503, AWAY, LATER)
        return _fault()

    @app.exception_handler(Exception)
    def fault(_: Request, _error: Exception) -> JSONResponse:
        return _fault()


def _fault() -> JSONResponse:
    return problem(500, "a fault of this program", "see the server's log, and report it with the request")
