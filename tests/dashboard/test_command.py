"""The command as a whole: its groups, its options before the verb, its version, and how it fails."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from dashboard import command, manual
from tests.tracker.cli.test_collect import RECORD, write_catalog
from tracker.cli.verbs import GROUPS

ROOT_GROUP: Any = command.group()


def leaves(group: Any = ROOT_GROUP, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], Any]]:
    found = []
    for name, each in group.commands.items():
        found += leaves(each, (*path, name)) if hasattr(each, "commands") else [((*path, name), each)]
    return found


LEAVES = leaves()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path


def test_every_verb_stands_in_one_of_the_groups_in_their_order(capsys: pytest.CaptureFixture[str]) -> None:
    assert {each.rich_help_panel for each in ROOT_GROUP.commands.values()} == set(GROUPS)
    assert command.run(["--help"]) == 0
    shown = capsys.readouterr().out
    places = [shown.index(f"─ {group} ─") for group in GROUPS]
    assert places == sorted(places)


@pytest.mark.parametrize("verb", [each for _, each in LEAVES], ids=[" ".join(path) for path, _ in LEAVES])
def test_every_verb_says_what_it_does_and_what_each_option_means(verb: Any) -> None:
    assert verb.help
    for parameter in verb.params:
        assert parameter.name == "name" or getattr(parameter, "help", None), parameter.name


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.run(["--version"]) == 0
    assert capsys.readouterr().out.split() == ["citelift", command.__version__]


@pytest.mark.parametrize(
    ("before", "after", "workspace"),
    [
        ([], [], "acme"),
        (["--catalog", "other"], [], "beta"),
        ([], ["--catalog", "other"], "beta"),
        (["--catalog", "nowhere"], ["--catalog", "other"], "beta"),
        (["--catalog", "other"], ["--catalog", "prompts"], "acme"),
    ],
)
def test_an_option_before_the_verb_counts_until_the_verb_says_otherwise(
    folder: Path, capsys: pytest.CaptureFixture[str], before: list[str], after: list[str], workspace: str
) -> None:
    write_catalog(folder / "prompts")
    brands = "workspace: beta\nbrands:\n  - {name: Norvane, own: true}\n  - {name: Quellby}\n"
    write_catalog(folder / "other", brands=brands)
    assert command.run([*before, "--json", "plan", *after]) == 0
    assert json.loads(capsys.readouterr().out)["workspace"] == workspace


def test_options_before_a_group_reach_its_verbs(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_catalog(folder / "mine")
    words = ["--catalog", "mine", "--database", "sqlite:///mine.db"]
    assert command.run([*words, "event", "add", "A launch", "--on", "2026-05-04"]) == 0
    capsys.readouterr()
    assert command.run([*words, "--json", "event", "list"]) == 0
    assert [row["title"] for row in json.loads(capsys.readouterr().out)["rows"]] == ["A launch"]
    assert (folder / "mine.db").exists()
    assert not (folder / "citelift.db").exists()


def test_the_environment_is_weaker_than_an_option_before_the_verb(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_catalog(folder / "mine")
    monkeypatch.setenv("CITELIFT_CATALOG", "nowhere")
    assert command.run(["plan", "--json"]) == 2
    capsys.readouterr()
    assert command.run(["--catalog", "mine", "plan", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["workspace"] == "acme"


def test_json_before_a_verb_that_prints_none_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.run(["--json", "event", "remove", "3"]) == 2
    assert "prints no JSON" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "code", "problem"),
    [
        (["--json", "plan", "--catalog", "nowhere"], 2, "nowhere"),
        (["plan", "--json", "--catalog", "nowhere"], 2, "nowhere"),
        (["visibility", "--json", "--weeks", "many"], 2, "--weeks"),
        (["visibility", "--json", "--colour"], 2, "--colour"),
        (["visibilty", "--json"], 2, "visibility"),
        (["runs", "--json"], 1, "no database"),
        (["read-raw", "nowhere.json", "--json"], 2, "nowhere.json"),
    ],
)
def test_with_json_a_failure_is_json_too_and_words_stand_on_the_error_output(
    folder: Path, capsys: pytest.CaptureFixture[str], words: list[str], code: int, problem: str
) -> None:
    assert command.run(words) == code
    printed = capsys.readouterr()
    error = json.loads(printed.out)["error"]
    assert error["exit_code"] == code
    assert problem in error["problem"]
    assert printed.err.strip()


# --- the manual ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("topic", manual.ORDER)
def test_a_topic_is_shown_as_it_stands(topic: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.run(["help", topic]) == 0
    assert capsys.readouterr().out == manual.text(topic)


def test_without_a_topic_all_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.run(["help"]) == 0
    shown = capsys.readouterr().out
    assert [name for name, title in manual.titles().items() if f"{name:<10} {title}" not in shown] == []


@pytest.mark.parametrize(("words", "wanted"), [(["run"], "--resume"), (["import", "links"], "--dry-run")])
def test_help_of_a_verb_says_what_it_takes(
    words: list[str], wanted: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.run(["help", *words]) == 0
    assert wanted in capsys.readouterr().out


def test_help_about_nothing_known_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.run(["help", "weather"]) == 2
    assert "one of catalog" in capsys.readouterr().err


# --- how every verb ends ------------------------------------------------------------------------------------

LINKS = (
    "source_url,target_url,anchor,first_seen\n"
    "https://techdaily.com/crm,https://norvane.com/,Norvane,2026-03-01\n"
)
RANKS = (
    "#harmonicc_pos\t#harmonicc_val\t#pr_pos\t#pr_val\t#host_rev\t#n_hosts\n"
    "1\t9.0\t1\t0.5\tcom.techdaily\t3\n"
)
REPLY = {"id": "x", "object": "chat.completion", "created": 1, "model": "m", "choices": []}
FILES = {
    "answers.jsonl": json.dumps(RECORD) + "\n",
    "answers-bad.jsonl": json.dumps(RECORD) + "\nno json\n",
    "links.csv": LINKS,
    "links-bad.csv": LINKS + "no url at all,https://norvane.com/,x,2026-03-01\n",
    "ratings.csv": "domain,rating\ntechdaily.com,71\n",
    "ratings-bad.csv": "domain,rating\ntechdaily.com,71\nquellby.com,many\n",
    "disavow.txt": "domain:linkfarm.com\n",
    "disavow-bad.txt": "domain:linkfarm.com\nno domain at all\n",
    "crawl.csv": 'Address,Status Code,Body 1\nhttps://techdaily.com/best,200,"<p>We like Norvane</p>"\n',
    "ranks.tsv": RANKS,
    "vertices.tsv": "0\tcom.techdaily\t3\n1\tcom.norvane\t1\n",
    "edges.tsv": "0\t1\n",
    "reply.json": json.dumps(REPLY),
    "week.html": "<p>the week</p>\n",
    "questions.txt": "Which CRM works offline?\n",
    "prospects.csv": "domain,stage\nnew.example,replied\n",
    "ga4.csv": "Date,Session source,Landing page,Sessions\n20260518,chatgpt.com,/crm,4\n",
    "access.log": '52.230.152.5 - - [18/May/2026:06:25:24 +0000] "GET /crm HTTP/1.1" 200 9 "-" "GPTBot/1"\n',
    "brands.txt": "",
}
RELEASE = ("--release", "cc-main-2026-jul-aug-sep")
RATING = (
    "--metric",
    "rating",
    "--as-of",
    "2026-06-01",
    "--domain-column",
    "domain",
    "--value-column",
    "rating",
)
READING = {
    "plan": (),
    "check": (),
    "runs": (),
    "read-raw": ("reply.json",),
    "snapshots": (),
    "visibility": (),
    "changes": (),
    "sources": (),
    "stability": (),
    "report": ("--out", "reports"),
    "lift": ("--checks", "none"),
    "association": (),
    "events": (),
    "authority": (),
    "opportunities": ("--no-gains",),
    "experiment list": (),
    "quality": (),
    "classify": (),
    "judge": ("--show",),
    "import list": (),
    "links evidence": ("techdaily.com",),
    "links verdicts": (),
    "links listings": (),
    "links kinds": (),
    "links alerts": (),
    "disavow export": (),
    "disavow merge": ("disavow.txt",),
    "schedule list": (),
    "notify list": (),
    "alerts": (),
    "funnel": (),
    "event list": (),
    "brands suggest": (),
    "brands list": (),
    "prompts list": (),
    "engines list": (),
    "audit": (),
    "users list": (),
    "share list": (),
    "graph around": (),
    "graph paths": ("techdaily.com", "norvane.com"),
    "graph communities": (),
    "graph rings": (),
    "graph gap": (),
    "prospects list": (),
    "prospects pages": (),
    "work list": (),
    "tokens list": (),
    "queue show": (),
}
WRITING = {
    "run": ("--at", "2026-03-02"),
    "import answers": ("answers.jsonl",),
    "import raw": ("reply.json", "--set", "prompt=Best CRM?,asked_at=2026-06-01"),
    "import links": ("links.csv",),
    "import authority": ("ratings.csv", *RATING),
    "import pages": ("crawl.csv",),
    "import visits": ("ga4.csv",),
    "import log": ("access.log",),
    "import undo": ("1",),
    "import rescope": ("1", "all"),
    "links verify": ("--dry-run",),
    "pull links": ("--from", "ahrefs", "--unit-price", "0", "--plan"),
    "pages check": ("--contact", "https://norvane.com/bot", "--limit", "1", "--cited", "--min-age", "9999"),
    "webgraph ranks": ("ranks.tsv", *RELEASE),
    "webgraph edges": ("vertices.tsv", "edges.tsv", *RELEASE),
    "disavow import": ("disavow.txt",),
    "brands track": ("Tallyfold",),
    "brands add": ("Fifthfold",),
    "brands change": ("Quellby", "--alias", "Quell By"),
    "brands remove": ("Quellby",),
    "prompts add": ("Which CRM works offline?",),
    "prompts change": ("What is the best CRM for team 0?", "--topic", "teams"),
    "prompts remove": ("What is the best CRM for team 0?",),
    "prompts import": ("questions.txt",),
    "prompts suggest": ("CRM", "--model", "sandbox/judge", "--count", "2", "--add"),
    "engines add": ("second", "--model", "sandbox/anthropic"),
    "engines change": ("chat", "--repeats", "1"),
    "engines remove": ("second",),
    "share page": ("/answers?topic=crm",),
    "share report": ("week.html",),
    "prospects add": ("ask.example", "--owner", "Ana"),
    "prospects set": ("ask.example", "--stage", "contacted"),
    "prospects import": ("prospects.csv",),
    "work set": ("ask.example", "--stage", "working"),
    "tokens add": ("looker",),
    "notify mail": ("--from", "r@acme.com", "--host", "localhost", "--security", "none"),
    "notify add": ("crm", "--channel", "webhook", "--url", "CRM_WEBHOOK", "--secret", "CRM_SECRET"),
    "notify change": ("crm", "--quiet", "20:00-07:00"),
    "notify remove": ("crm",),
    "letterhead": ("--name", "Acme", "--comment", "agreed", "--week", "2026-05-20"),
}
OF_AN_EXPERIMENT = {
    "experiment new": ("Spring",),
    "experiment power": ("Spring",),
    "experiment start": ("Spring",),
    "experiment record": ("Spring", "--what", "note"),
    "experiment look": ("Spring",),
    "experiment result": ("Spring",),
}
"""What they do with one stands in tests/analysis/test_trials.py."""
OF_A_WHOLE_GRAPH = {f"webgraph {verb}" for verb in ("build", "rank", "links", "gap", "diff")}
"""Need a graph that is built: `tests/tracker/cli/test_webgraph.py` runs them."""
WRITES_A_FOLDER = {"export"}
"""Reads the database and writes a folder: `tests/tracker/test_exports.py`, and the manual's commands."""
TAKES_A_DATABASE = {
    "upgrade",
    "import export",
    *(f"forget {what}" for what in ("workspace", "brand", "prompt", "person")),
    *(f"archive {verb}" for verb in ("run", "list", "restore")),
}
"""Change or take away a whole database: `tests/tracker/cli/test_backups.py` and `test_archives.py`, and
`tests/tracker/forget`."""
PRINTS_JSON = sorted(" ".join(path) for path, verb in LEAVES if "as_json" in {p.name for p in verb.params})
NEEDS_LINKS = {"graph around", "graph paths", "graph communities", "graph rings", "graph gap", "association"}
NEEDS_ANSWERS = {"report"}
NEEDS_NO_DATABASE = {"plan", "check", "read-raw", "brands list", "prompts list", "engines list"}


def test_the_table_knows_every_verb_that_prints_json() -> None:
    elsewhere = {*OF_AN_EXPERIMENT, *OF_A_WHOLE_GRAPH, *WRITES_A_FOLDER, *TAKES_A_DATABASE}
    assert sorted({*READING, *WRITING, *elsewhere}) == PRINTS_JSON


@pytest.mark.parametrize("verb", OF_AN_EXPERIMENT)
def test_a_verb_about_an_experiment_that_is_not_there_says_so(
    bare: Path, verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert in_folder(bare, *verb.split(), *OF_AN_EXPERIMENT[verb], "--json") == 2
    error = document(capsys)["error"]
    assert "no experiment" in error["problem"] or "have answers" in error["problem"]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a catalog, files, and a database that a run and imports have filled."""
    folder = write_files(tmp_path_factory.mktemp("filled"))
    for verb in ("run", "import links", "import authority"):
        assert in_folder(folder, *verb.split(), *WRITING[verb]) == 0
    return folder


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, with a workspace that holds nothing."""
    folder = write_files(tmp_path_factory.mktemp("bare"))
    assert in_folder(folder, "event", "add", "A launch") == 0
    assert in_folder(folder, "event", "remove", "1") == 0
    return folder


def write_files(folder: Path) -> Path:
    write_catalog(folder / "prompts")
    for name, text in FILES.items():
        (folder / name).write_text(text)
    return folder


def in_folder(folder: Path, *words: str) -> int:
    before = Path.cwd()
    os.chdir(folder)
    try:
        return command.run(words)
    finally:
        os.chdir(before)


def document(capsys: pytest.CaptureFixture[str]) -> Any:
    """What stands on standard output, which is one JSON document and nothing else."""
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("verb", READING)
def test_a_reading_verb_is_done_and_prints_one_document(
    filled: Path, verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    code = in_folder(filled, *verb.split(), *READING[verb], "--json")
    assert (code, "error" in document(capsys)) == (0, False)
    assert in_folder(filled, *verb.split(), *READING[verb]) == 0


@pytest.mark.parametrize("verb", READING)
def test_a_reading_verb_that_has_nothing_prints_one_document(
    bare: Path, verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    code = in_folder(bare, *verb.split(), *READING[verb], "--json")
    expected = 1 if verb in NEEDS_LINKS else 2 if verb in NEEDS_ANSWERS else 0
    assert (code, "error" in document(capsys)) == (expected, expected != 0)


@pytest.mark.parametrize("verb", sorted({*READING} - NEEDS_NO_DATABASE))
def test_a_reading_verb_without_a_database_has_failed(
    bare: Path, verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    words = (*verb.split(), *READING[verb], "--database", "sqlite:///nowhere.db")
    assert in_folder(bare, *words, "--json") == 1
    assert document(capsys)["error"]["exit_code"] == 1
    assert in_folder(bare, *words) == 1
    assert capsys.readouterr().out == ""
    assert not (bare / "nowhere.db").exists()


@pytest.mark.parametrize("verb", WRITING)
def test_a_writing_verb_is_done_and_prints_one_document(
    verb: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_files(tmp_path)
    if verb.startswith("import ") and WRITING[verb][0] == "1":
        assert in_folder(folder, "import", "links", "links.csv") == 0
    if verb == "engines remove":
        assert in_folder(folder, "engines", "add", *WRITING["engines add"]) == 0
    if verb in {"notify change", "notify remove"}:
        assert in_folder(folder, "notify", "add", *WRITING["notify add"]) == 0
    capsys.readouterr()
    assert in_folder(folder, *verb.split(), *WRITING[verb], "--json") == 0, capsys.readouterr()
    assert "error" not in document(capsys)


@pytest.mark.parametrize("path", [path for path, _ in LEAVES], ids=" ".join)
def test_an_option_that_no_verb_has_is_bad_usage(
    path: tuple[str, ...], bare: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert in_folder(bare, *path, "--no-such-option", "--json") == 2
    assert document(capsys)["error"]["exit_code"] == 2


@pytest.mark.parametrize(
    "verb",
    sorted(
        {*READING, *WRITING} - NEEDS_NO_DATABASE - {"report", "import authority"} - NEEDS_LINKS | {"plan"}
    ),
)
def test_a_bad_catalog_is_exit_code_2(verb: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_files(tmp_path)
    if verb in READING:
        in_folder(folder, "event", "add", "A launch")
    (folder / "prompts" / "brands.yaml").write_text("brands: [{nam: Norvane}]\n")
    words = (*verb.split(), *(READING | WRITING)[verb])
    capsys.readouterr()
    code = in_folder(folder, *words, "--json")
    assert code == (0 if verb in READING and verb != "plan" else 2)
    assert ("error" in document(capsys)) is (code == 2)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("import", "answers", "answers-bad.jsonl"), 3),
        (("import", "links", "links-bad.csv"), 3),
        (("import", "links", "links-bad.csv", "--dry-run"), 3),
        (("import", "authority", "ratings-bad.csv", *RATING), 3),
        (("disavow", "import", "disavow-bad.txt"), 3),
        (("import", "answers", "nowhere.jsonl"), 1),
        (("import", "links", "nowhere.csv"), 1),
        (("import", "authority", "nowhere.csv", *RATING), 1),
        (("disavow", "import", "nowhere.txt"), 1),
        (("run", "--resume"), 2),
        (("run", "--workspace", "acme", "--at", "yesterday"), 2),
        (("judge",), 2),
    ],
)
def test_how_else_a_verb_ends(
    words: tuple[str, ...], code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_files(tmp_path)
    assert in_folder(folder, *words, "--json") == code
    assert ("error" in document(capsys)) is (code in {1, 2})


def test_a_run_and_a_judge_that_stop_at_the_budget_end_with_4(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_files(tmp_path)
    write_catalog(folder / "prompts", "{name: chat, model: sandbox/chat, repeats: 2, budget_usd: 0.0001}")
    assert in_folder(folder, "run", "--json") == 4
    assert document(capsys)["state"] == "stopped at the budget"
    write_catalog(folder / "prompts", "{name: chat, model: sandbox/chat, repeats: 2, budget_usd: 50}")
    with (folder / "prompts" / "engines.yaml").open("a") as file:
        file.write("judge: {model: sandbox/judge, budget_usd: 0.0000001}\n")
    assert in_folder(folder, "run", "--resume", "--json") == 0
    capsys.readouterr()
    assert in_folder(folder, "judge", "--json") == 4
    assert document(capsys)["stopped"] == "stopped at the budget"
