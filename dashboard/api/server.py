"""The HTTP API in this process, until SIGTERM or Ctrl-C."""

from __future__ import annotations

from typing import TYPE_CHECKING

import uvicorn

from dashboard.api.app import build
from dashboard.api.calling import ApiDesk
from dashboard.api.limits import RequestLimits
from dashboard.server import free_port, is_private, url_of
from tracker.cli.printing import as_json_text, err, out
from tracker.logs import log_to

if TYPE_CHECKING:
    from tracker.settings import Settings

ENDS_WITHIN = 10


def schema_text(settings: Settings) -> str:
    return as_json_text(build(ApiDesk(settings), RequestLimits(settings.api_per_minute)).openapi(), indent=1)


def serve_api(settings: Settings, port: int, address: str) -> None:
    port = free_port(address, port)
    with log_to(settings.log), ApiDesk(settings).open() as desk:
        config = uvicorn.Config(
            build(desk, RequestLimits(settings.api_per_minute)),
            host=address,
            port=port,
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=ENDS_WITHIN,
        )
        out.print(f"API: {url_of(address, port)}/openapi.json   (Ctrl-C ends it)")
        if not is_private(address):
            err.print(
                "Secrets travel as they are: let a proxy with TLS stand before this address "
                "(`citelift help automate`)."
            )
        out.file.flush()
        uvicorn.Server(config).run()
