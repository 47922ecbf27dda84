"""The HTTP API: every reading verb at its own words, and two safe acts.

Built on the verbs themselves, so that `GET /v1/links/verdicts` and `citelift links verdicts --json` cannot
differ.
"""

# No `from __future__ import annotations`: FastAPI reads the types of functions made inside others.
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Body, Depends, FastAPI, Query, Request, Response
from fastapi.openapi.utils import get_openapi
from fastapi.responses import PlainTextResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from dashboard.api import acts, shapes
from dashboard.api.admission import admitted
from dashboard.api.calling import ApiDesk
from dashboard.api.limits import RequestLimits
from dashboard.api.offered import READINGS, Day, OfferedVerb, Word
from dashboard.api.paging import RowsPage, page_of, paged
from dashboard.api.problems import RESPONSES, ProblemFound, Refusal, install
from tracker import __version__, store
from tracker.cli.printing import as_json_text
from tracker.tokens import Bearer

PAGE = 500
SCHEME = HTTPBearer(auto_error=False, description="A secret of `citelift tokens add`")
HEADERS = {
    "Cache-Control": "private, no-cache",
    "Vary": "Authorization",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
DESCRIPTION = (
    "What citelift's reading verbs say with --json, for one workspace: the token's. Rows come in pages "
    "(`page_size`, `cursor`; the next page's address stands in the Link header, all rows are counted in "
    "X-Total-Count). An ETag changes when the data does: send it back as If-None-Match."
)


def build(desk: ApiDesk, limits: RequestLimits) -> FastAPI:
    app = FastAPI(
        title="citelift", version=__version__, description=DESCRIPTION, docs_url=None, redoc_url=None
    )
    install(app)
    bearer = _bearer(desk, limits)
    for reading in READINGS:
        _add_reading(app, desk, reading, bearer)
    _add_acts(app, desk, bearer)

    @app.get("/healthz", include_in_schema=False)
    def alive() -> PlainTextResponse:
        return PlainTextResponse("ok\n")

    @app.get("/readyz", include_in_schema=False)
    def ready() -> PlainTextResponse:
        why = store.unready(desk.database)
        return PlainTextResponse(f"{why or 'ready'}\n", 503 if why else 200)

    @app.middleware("http")
    async def with_headers(request: Request, following: Any) -> Response:
        response: Response = await following(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    app.openapi = lambda: _schema(app)  # type: ignore[method-assign]
    return app


def _schema(app: FastAPI) -> dict[str, Any]:
    if not app.openapi_schema:
        made = get_openapi(
            title=app.title, version=app.version, description=app.description, routes=app.routes
        )
        adapter = TypeAdapter(ProblemFound)
        made.setdefault("components", {}).setdefault("schemas", {})["ProblemFound"] = adapter.json_schema()
        app.openapi_schema = made
    return app.openapi_schema


def _bearer(desk: ApiDesk, limits: RequestLimits) -> Callable[..., Bearer]:
    def bearer(
        request: Request, given: Annotated[HTTPAuthorizationCredentials | None, Depends(SCHEME)] = None
    ) -> Bearer:
        host = request.client.host if request.client else "unknown"
        return admitted(desk, limits, host, given.credentials if given else None)

    return bearer


def _add_reading(app: FastAPI, desk: ApiDesk, reading: OfferedVerb, bearer: Callable[..., Bearer]) -> None:
    takes = paged(reading, PAGE)

    def read(
        request: Request,
        given: Annotated[takes, Query()],  # type: ignore[valid-type]
        who: Annotated[Bearer, Depends(bearer)],
    ) -> Response:
        mark = desk.mark(who.workspace_id, who.workspace)
        tag = f'"{mark}"'
        held = request.headers.get("if-none-match", "").split(",")
        if tag in [each.strip().removeprefix("W/") for each in held]:
            return Response(status_code=304, headers={"ETag": tag})
        value = desk.answer(reading, given, who.workspace, mark)
        return _sent(request, page_of(value, given, mark), mark)

    app.get(
        f"/v1/{reading.path}",
        operation_id=reading.name,
        summary=reading.summary.partition("\n")[0],
        description=reading.summary,
        response_model=reading.shape,
        responses=RESPONSES | {304: {"description": "Nothing changed"}},
        tags=["read"],
    )(read)


def _sent(request: Request, page: RowsPage, mark: str) -> Response:
    headers = {"ETag": f'"{mark}"'}
    if page.total is not None:
        headers["X-Total-Count"] = str(page.total)
    if page.following is not None:
        kept = [(k, v) for k, v in request.query_params.multi_items() if k != "cursor"]
        following = urlencode([*kept, ("cursor", page.following)])
        headers["Link"] = f'<{request.url.path}?{following}>; rel="next"'
    return Response(as_json_text(page.body), media_type="application/json", headers=headers)


class NewEvent(BaseModel):
    model_config = ConfigDict(extra="forbid")
    title: Annotated[Word, Field(description="What happened, in a few words.")]
    on: Annotated[Day | None, Field(description="The day; default today.")] = None
    kind: Annotated[acts.Kind, Field(description="What kind of thing it was.")] = "other"


class NewState(BaseModel):
    model_config = ConfigDict(extra="forbid")
    source: Annotated[Word, Field(description="A domain of /v1/opportunities or /v1/prospects/list.")]
    state: Annotated[Word, Field(description="open, working, contacted, replied, agreed, done, dismissed.")]
    note: Annotated[str, Field(max_length=2000, description="Why.", pattern=r"^[^\x00]*$")] = ""


def _add_acts(app: FastAPI, desk: ApiDesk, bearer: Callable[..., Bearer]) -> None:
    def editor(who: Annotated[Bearer, Depends(bearer)]) -> Bearer:
        if not who.may("editor"):
            fix = "use a token made with `citelift tokens add NAME --role editor`"
            raise Refusal(403, "this token may only read", fix)
        return who

    @app.post(
        "/v1/event",
        operation_id="event_add",
        summary="Mark a day that every chart over time shows.",
        status_code=201,
        response_model=shapes.NotedEvent,
        responses=RESPONSES,
        tags=["act"],
    )
    def event(given: Annotated[NewEvent, Body()], who: Annotated[Bearer, Depends(editor)]) -> Any:
        at = datetime.combine(given.on, time(), UTC) if isinstance(given.on, date) else None
        return acts.note_event(desk, who, given.title, given.kind, at)

    @app.post(
        "/v1/opportunities/state",
        operation_id="opportunities_set",
        summary="Decide on a source, as `citelift opportunities --set` does.",
        response_model=shapes.Decided,
        responses=RESPONSES,
        tags=["act"],
    )
    def state(given: Annotated[NewState, Body()], who: Annotated[Bearer, Depends(editor)]) -> Any:
        return acts.set_state(desk, who, given.source, given.state, given.note)
