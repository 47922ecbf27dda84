"""Environment and flags → one frozen `Settings`. Nothing else reads the environment."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from tracker.errors import UsageError

PREFIX = "CITELIFT_"
KEY_SUFFIXES = (
    "_API_KEY",
    "_ACCESS_KEY",
    "_ACCESS_KEY_ID",
    "_SESSION_TOKEN",
    "_TOKEN",
    "_LOGIN",
    "_PASSWORD",
    "_SECRET",
    "_WEBHOOK",
)


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix=PREFIX, env_file=".env", extra="ignore", frozen=True)

    database_url: str = Field(default="sqlite:///citelift.db", repr=False)
    """Not in `repr`: it may hold a password."""
    catalog: Path = Path("prompts")
    workspace: str | None = None
    """None: the catalog's own."""
    queue: Literal["own", "workers"] = "own"
    """Who asks what is planned: the process that planned it, or workers on any host."""
    concurrency: int = Field(default=16, ge=1, le=1024)
    """Asks in flight per engine, where the catalog does not say."""
    rpm: int | None = Field(default=None, ge=1)
    timeout_seconds: float = Field(default=180, gt=0, le=86_400)
    max_attempts: int = Field(default=5, ge=1, le=20)
    month_budget_usd: float | None = Field(default=None, ge=0, le=1e9)
    resolve_redirects: bool = True
    """Ask Google's redirecting host, and no other, which page a grounded answer cites."""
    log: Path | None = None
    """A file for the log, or - for standard error: JSON lines without keys or answers."""
    analysis: str = "database"
    """Where verbs take numbers from: `database`, or `parquet:DIR`, an export that DuckDB reads."""
    archive: Path | None = None
    """The folder of archived weeks; None: beside the file of SQLite."""
    api_per_minute: int = Field(default=120, ge=1, le=100_000)
    """Requests of one token."""
    browser_sandbox: bool = True
    """False where the container that a browser draws pages in is its sandbox."""
    edit: bool = False
    """Whether the dashboard may write what verbs write; `citelift dashboard` decides by its address."""
    dashboard_url: str | None = None
    """Where a proxy shows the dashboard, like https://citelift.example.com."""
    oidc_issuer: str | None = None
    """An OpenID Connect provider that says who signs in, like https://accounts.example.com."""
    oidc_client_id: str | None = None
    oidc_claim: str = "email"
    """Which of its claims is the name of `citelift users`."""
    user_agent_contact: str | None = None
    """An address or page that a site's owner can turn to; goes into the user agent of page checks."""


def load(**flags: Any) -> Settings:
    """Flags win over the environment, the environment over `.env`; a flag of None was not given."""
    values = {name: value for name, value in flags.items() if value is not None}
    ours = {n: value for n, value in variables().items() if n.upper().startswith(PREFIX)}
    try:
        return _made(tuple(ours.items()), **values)
    except ValidationError as error:
        first = error.errors()[0]
        name = PREFIX + "_".join(str(part) for part in first["loc"]).upper()
        raise UsageError(
            f"setting {name}: {first['msg']}", f"correct {name} or the flag of that name"
        ) from None


@lru_cache(maxsize=64, typed=True)
def _made(_variables: tuple[tuple[str, str], ...], **flags: Any) -> Settings:
    """Made once of the same variables and flags: pages of the dashboard ask for it several times each."""
    return Settings(**flags)


def key(name: str) -> SecretStr | None:
    """The secret that environment variable `name`, or its line in `.env`, holds, if it is not blank."""
    value = variables().get(name, "").strip()
    return SecretStr(value) if value else None


def passed_on(*, keys: bool = False) -> dict[str, str]:
    """The environment for a process beside this one; one that asks no engine gets no keys."""
    return {n: value for n, value in os.environ.items() if keys or not n.upper().endswith(KEY_SUFFIXES)}


def secrets() -> list[str]:
    """Every secret-looking value of the environment: what must never be written anywhere."""
    values = (v.strip() for n, v in variables().items() if n.upper().endswith(KEY_SUFFIXES))
    return sorted({value for value in values if len(value) >= 8}, key=len, reverse=True)


def variables() -> dict[str, str]:
    """The environment, and below it `.env`."""
    try:
        changed = Path(".env").stat().st_mtime_ns
    except OSError:
        return dict(os.environ)
    return _written(str(Path.cwd()), changed) | dict(os.environ)


@lru_cache(maxsize=4)
def _written(folder: str, changed: int) -> dict[str, str]:
    """What `.env` says, read again only where it changed."""
    return {n: v for n, v in dotenv_values(Path(folder) / ".env").items() if v is not None}
