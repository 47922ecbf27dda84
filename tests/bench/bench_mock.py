"""A whole run against a mock that nobody here wrote, through every shape that it knows.

python -m tests.bench.bench_mock

Needs node and the package `@copilotkit/aimock` (MIT), for development only: `npm install --no-save
@copilotkit/aimock@1.43.0` beside the project, or AIMOCK=path of its `dist/cli.js`. Without them it says so.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlmodel import select

from tests.shared import ROOT
from tracker import catalog, store
from tracker.answers.rows import read_body, unpack
from tracker.catalog import BrandEntry, Catalog, EngineEntry, PromptEntry
from tracker.engines.calls import call_for
from tracker.models import Answer, Ask, Reply
from tracker.run import jobs, plan
from tracker.run.jobs import Limits

PACKAGE = Path("node_modules/@copilotkit/aimock/dist/cli.js")
ANSWER = "Norvane leads 🏢, says https://norvane.com/crm. Größe zählt: Quellby follows."
PROMPTS, REPEATS = 6, 2
# Engine, the path under which the mock has it, and the shape in which its reply must be read.
ENGINES = (
    ("openai/gpt-6-luna", "/v1", "openai_responses"),
    ("openai/gpt-5-search-api", "/v1", "openai_chat"),
    ("azure/deployment", "", "openai_responses"),
    ("anthropic/claude-sonnet-5-5", "", "anthropic"),
    ("gemini/gemini-3.8-flash", "/v1beta", "gemini"),
    ("xai/grok-4.7", "/v1", "openai_responses"),
    ("openrouter/openai/gpt-6-luna", "/api/v1", "openrouter"),
    ("groq/groq/compound", "/v1", "groq"),
    ("deepseek/deepseek-v4-flash", "/v1", "openai_responses"),
    ("meta/muse-spark-1.3", "/v1", "openai_responses"),
    ("perplexity/sonar", "/v1", "perplexity_chat"),
    ("cohere/command-a-03-2025", "/v2/chat", "openai_chat"),
)


@dataclass(frozen=True)
class Outcome:
    asks: int
    answered: int
    exact: int
    """Answers whose text is the mock's, to the letter, and whose reply has the shape that it should."""
    named: int
    reasons: dict[str, int]
    seconds: float


def missing() -> str | None:
    """What is not here, so that the mock cannot run."""
    if shutil.which("node") is None:
        return "node is not installed"
    if not _cli().is_file():
        return f"there is no {_cli()}: npm install --no-save @copilotkit/aimock@1.43.0, or name it in AIMOCK"
    return None


def _cli() -> Path:
    return Path(os.environ.get("AIMOCK") or ROOT / PACKAGE)


@contextmanager
def mock() -> Iterator[str]:
    """The mock on a free port of this machine, answering every question about a CRM."""
    with tempfile.TemporaryDirectory() as folder, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        fixture = {"match": {"userMessage": "CRM"}, "response": {"content": ANSWER}}
        (Path(folder) / "crm.json").write_text(json.dumps({"fixtures": [fixture]}), "utf-8")
        command = ["node", str(_cli()), "-p", str(port), "-f", folder, "--log-level", "silent"]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            _wait(port)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(10)


def _wait(port: int) -> None:
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise TimeoutError("the mock did not start")


def whole_run(database_url: str, url: str) -> Outcome:
    """`CITELIFT_ALLOWED_HOSTS` has to name the mock, and every engine needs a key, whatever it is."""
    rows = [
        EngineEntry(
            model.replace("/", " "),
            model,
            call_for(model).surface,
            REPEATS,
            10_000_000_000,
            {"api_base": url + path},
        )
        for model, path, _ in ENGINES
    ]
    prompts = tuple(PromptEntry(f"Which CRM suits team {n}?", "crm") for n in range(PROMPTS))
    brands = (BrandEntry("Norvane", domains=("norvane.com",), own=True), BrandEntry("Quellby"))
    found = Catalog("mock", brands, prompts, tuple(rows))
    database = store.open_database(database_url)
    with store.writing(database) as session:
        workspace_id = catalog.sync(session, found)
        now = datetime.now(UTC)
        run_id = jobs.create_run(session, workspace_id, found, plan.make(found), key="mock", now=now)
    started = time.monotonic()
    summary = asyncio.run(jobs.execute(database, run_id, Limits(concurrency=8, timeout=60)))
    seconds = time.monotonic() - started
    shapes = {model: shape for model, _, shape in ENGINES}
    exact = named = 0
    with store.reading(database) as session:
        stored = select(Answer, Reply.body).join(Reply, Reply.ask_id == Answer.ask_id)  # type: ignore[arg-type]
        for answer, packed in session.exec(stored):
            reading = read_body(unpack(packed))
            exact += reading.text == answer.text == ANSWER and reading.shape == shapes[answer.model]
            named += "Norvane" in answer.text and answer.problem is None
        asks = len(session.exec(select(Ask.id)).all())
    database.dispose()
    reasons = dict(summary.tally.reasons)
    return Outcome(asks, summary.tally.states.get("answered", 0), exact, named, reasons, seconds)


def main() -> int:
    if (why := missing()) is not None:
        print(f"skipped: {why}")
        return 0
    with mock() as url, tempfile.TemporaryDirectory() as folder:
        os.environ["CITELIFT_ALLOWED_HOSTS"] = url
        os.environ["AZURE_API_BASE"] = url
        for model, *_ in ENGINES:
            for name in "|".join(call_for(model).keys).split("|"):
                os.environ.setdefault(name, "mock-4f9a8b7c6d5e4f3a2b1c0d9e")
        seen = whole_run(f"sqlite:///{folder}/mock.db", url)
    print(
        f"{seen.asks} asks of {len(ENGINES)} engines in {seen.seconds:.1f} s: {seen.answered} answered, "
        f"{seen.exact} with the mock's own words in the expected shape; {seen.reasons or 'no failure'}"
    )
    return 0 if seen.exact == seen.asks else 1


if __name__ == "__main__":
    sys.exit(main())
