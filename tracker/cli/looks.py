"""The verbs of our own looks at pages: are claimed links there, who is named where, what changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from tracker import spreadsheet
from tracker.cli.opening import opened
from tracker.cli.options import JsonOption, SandboxOption, Where
from tracker.cli.printing import err, out, plain, print_json, table
from tracker.cli.workspaces import synced, workspace_of
from tracker.errors import DataError, UsageError

if TYPE_CHECKING:
    from sqlalchemy import Engine as Database

    from tracker.links.pages.checks import Which
    from tracker.links.pages.looking import Looked
    from tracker.links.pages.verify import Outlook
    from tracker.links.web.browser import Browser
    from tracker.links.web.fetch import Fetcher
    from tracker.settings import Settings

T = TypeVar("T", bound=Any)
SHOWN = 50
ContactOption = Annotated[
    str | None, typer.Option(help="Where a site's owner can reach you: https://… or mailto:…")
]
BrandOption = Annotated[str | None, typer.Option("--brand", help="Only links to this brand.")]
FromOption = Annotated[
    str | None,
    typer.Option("--from", help="Only links from this site (example.com) or page."),
]
WorkersOption = Annotated[int, typer.Option(min=1, max=256, help="At most so many requests at once.")]
DelayOption = Annotated[
    float,
    typer.Option(min=0, max=3600, help="Seconds between two requests to a host; it may ask for more."),
]
CsvOption = Annotated[Path | None, typer.Option("--csv", help="Write all rows to this file.")]


def _fetcher(settings: Settings, delay: float, sandbox: str | None) -> Fetcher:
    from tracker.links.web.fetch import Fetcher
    from tracker.links.web.policy import Policy, simulated

    if sandbox is not None:
        return Fetcher(simulated(sandbox))
    if not settings.user_agent_contact:
        raise UsageError(
            "pages are fetched under your name only: there is no contact",
            (
                "give --contact https://your-domain/about-our-checks (or mailto:…), or set "
                "CITELIFT_USER_AGENT_CONTACT"
            ),
        )
    return Fetcher(Policy(settings.user_agent_contact, delay_seconds=delay))


def _drawing(render: bool, fetcher: Fetcher, settings: Settings) -> AbstractContextManager[Browser | None]:
    if not render:
        return nullcontext()
    from tracker.links.web import browser

    return browser.running(fetcher, sandbox=settings.browser_sandbox)


def pages_check(
    where: Where,
    limit: Annotated[int, typer.Option(min=1, help="At most so many pages.")] = 500,
    cited: Annotated[bool, typer.Option("--cited", help="Only pages that answers cite.")] = False,
    linking: Annotated[bool, typer.Option("--linking", help="Only pages that link to a brand.")] = False,
    min_age: Annotated[
        float, typer.Option(min=0, help="Leave out what was looked at in the last so many days.")
    ] = 3,
    workers: WorkersOption = 16,
    delay: DelayOption = 1.0,
    contact: ContactOption = None,
    sandbox: SandboxOption = None,
    as_json: JsonOption = False,
) -> None:
    """Fetch linking and cited pages, politely: does the link stand, where, with what rel; who is named
    unlinked?
    """
    from tracker.links.pages import looking

    settings = where.settings(user_agent_contact=contact)
    if cited and linking:
        raise UsageError("--cited and --linking leave nothing out together", "give one of them, or neither")
    fetcher = _fetcher(settings, delay, sandbox)
    now, every = datetime.now(UTC), timedelta(days=min_age)
    with opened(settings) as db:
        workspace_id, _ = synced(db, settings, need="brands")
        which: Which = "cited" if cited else "linking" if linking else "all"
        wanted = looking.due(db, workspace_id, now=now, every=every, limit=limit, which=which)
        looks = looking.look(db, workspace_id, wanted, fetcher, at=now, every=every, workers=workers)
        looked = list(_with_bar(looks, len(wanted), as_json))
        _settle(db, workspace_id, now)
    if as_json:
        print_json({"rows": [each.as_json() for each in looked]})
    else:
        _show_looked(looked)


def _settle(db: Database, workspace_id: int, now: datetime) -> None:
    """What the looks show to be done, said beside what is printed."""
    from tracker import store
    from tracker.links import won

    with store.writing(db) as session:
        found = won.settle(session, workspace_id, now=now, who="look")
    for each in found:
        err.print(f"  {plain(each.in_words())}")


def verify(
    where: Where,
    brand: BrandOption = None,
    source: FromOption = None,
    min_age: Annotated[
        float, typer.Option(min=0, help="Leave out pages that were looked at in the last so many days.")
    ] = 30,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many pages now.")] = None,
    workers: WorkersOption = 16,
    delay: DelayOption = 1.0,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say how many remain and what it will take.")
    ] = False,
    render: Annotated[
        bool,
        typer.Option("--render", help="Draw pages that need a browser, with the Chromium here."),
    ] = False,
    contact: ContactOption = None,
    sandbox: SandboxOption = None,
    as_json: JsonOption = False,
) -> None:
    """Look at every link that an export claims, and keep a verdict for each. Interrupted, it goes on where it
    was; two at once share the work.
    """
    from tracker.links.pages import looking
    from tracker.links.pages import verify as verifying
    from tracker.links.pages.origins import origin_of

    settings = where.settings(user_agent_contact=contact)
    if render and sandbox:
        raise UsageError("a simulated web needs no browser", "leave --render out")
    fetcher = None if dry_run else _fetcher(settings, delay, sandbox)
    now, every = datetime.now(UTC), timedelta(days=min_age)
    with opened(settings) as db:
        workspace_id, _ = synced(db, settings, need="brands")
        place = origin_of(source) if source else None
        plan = verifying.plan(db, workspace_id, now=now, min_age=every, brand=brand, source=place)
        if not as_json:
            _show_plan(plan, limit, delay, workers)
        looked: list[Looked] = []
        if fetcher is not None:
            wanted = plan.due[:limit]
            with _drawing(render, fetcher, settings) as browser:
                looks = looking.look(
                    db,
                    workspace_id,
                    wanted,
                    fetcher,
                    at=now,
                    every=every,
                    workers=workers,
                    claimed=plan.claimed,
                    browser=browser,
                )
                looked = list(_with_bar(looks, len(wanted), as_json))
            _settle(db, workspace_id, now)
    done = sum(len(each.links) for each in looked)
    if as_json:
        rows = [{"url": each.outcome.url, **row} for each in looked for row in each.claimed_json()]
        remaining = {"links": plan.due_links - done, "pages": len(plan.due) - len(looked)}
        print_json(
            {
                "claimed": plan.links,
                "by_site_only": plan.claimed.by_site_only,
                "remaining": remaining,
                "rows": rows,
            }
        )
    elif fetcher is not None:
        _show_verified(plan, looked, done)


def _show_plan(plan: Outlook, limit: int | None, delay: float, workers: int) -> None:
    out.print(
        f"{plan.links:,} links are claimed on {plan.pages:,} pages; {plan.due_links:,} of them are due."
    )
    if plan.claimed.by_site_only:
        out.print(
            f"{plan.claimed.by_site_only:,} more are claimed by site only: there is no page to look at."
        )
    if not plan.due:
        return
    host, pages = plan.busiest or ("", 0)
    took = _duration(plan.seconds(delay, workers))
    out.print(
        f"To look at: {len(plan.due):,} pages of {plan.hosts:,} hosts, about {took}. "
        f"The busiest is {plain(host)} with {pages:,}."
    )
    if limit is not None and limit < len(plan.due):
        out.print(f"Now: {limit:,} pages (--limit).")


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    if seconds < 5_400:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"


def _show_verified(plan: Outlook, looked: Sequence[Looked], done: int) -> None:
    if not looked:
        out.print("No page is due: import links, or lower --min-age.")
        return
    counts = Counter(state.word for each in looked for state in each.links)
    table("Claimed links", ("verdict", "links"), counts.most_common(), right=(1,)) if counts else None
    reasons = Counter((s.word, s.reason) for each in looked for s in each.links if s.reason)
    rows = [(word, reason, count) for (word, reason), count in reasons.most_common(15)]
    table("Why", ("verdict", "reason", "links"), rows, right=(2,)) if rows else None
    left = plan.due_links - done
    pages = len(plan.due) - len(looked)
    out.print(
        f"{left:,} links on {pages:,} pages remain: the same command goes on with them."
        if left
        else "None remains."
    )


def import_pages(
    where: Where,
    path: Annotated[
        Path, typer.Argument(help="A folder of saved pages, or a crawl's custom extraction (CSV, workbook).")
    ],
    as_of: Annotated[
        datetime | None,
        typer.Option(help="When the pages were read; without it each file's own time.", formats=["%Y-%m-%d"]),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Take pages that somebody else has read as looks of their day: saved pages, or Screaming Frog's custom
    extraction.
    """
    from tracker.links.pages import looking

    settings = where.settings()
    day = as_of.replace(tzinfo=UTC) if as_of else None
    with opened(settings) as db:
        workspace_id, _ = synced(db, settings, need="brands")
        taken = looking.take_saved(db, workspace_id, path, as_of=day)
        _settle(db, workspace_id, datetime.now(UTC))
    if as_json:
        rows = [each.as_json() for each in taken.looked]
        rejects = [each.as_json() for each in taken.rejects]
        print_json({"rows": rows, "already_there": taken.already, "rejects": rejects})
    else:
        counts = f"{len(taken.looked):,} pages stored, {taken.already:,} already there"
        out.print(f"{counts}, {len(taken.rejects):,} not taken.")
        for each in taken.rejects[:SHOWN]:
            err.print(f"  {each.line}: {plain(each.reason)}   {plain(each.fragment)}")
        _show_looked(list(taken.looked)) if taken.looked else None
    raise typer.Exit(3 if taken.rejects else 0)


def verdicts(
    where: Where,
    verdict: Annotated[
        list[str] | None,
        typer.Option("--verdict", help="Only this one: live, gone, blocked, …; may be repeated."),
    ] = None,
    brand: BrandOption = None,
    source: FromOption = None,
    to_csv: CsvOption = None,
    as_json: JsonOption = False,
) -> None:
    """What our newest looks say of every claimed link. Blocked, shells and PDFs that could not be read say
    nothing.
    """
    from tracker import store
    from tracker.links.pages import verify as verifying
    from tracker.links.pages.verdicts import VERDICTS

    _require_known("verdict", verdict, VERDICTS)
    settings = where.settings()
    with opened(settings, read_only=True) as db, store.reading(db) as session:
        every = verifying.verdicts(session, workspace_of(session, settings))
    rows = [each for each in _wanted(every, brand, source) if not verdict or each.verdict in verdict]
    if _written(rows, to_csv, as_json):
        return
    if not rows:
        out.print("No claimed link has such a verdict. `citelift links verify` looks at them.")
        return
    counts = Counter(each.verdict for each in rows)
    table("Claimed links", ("verdict", "links"), counts.most_common(), right=(1,))
    columns = ("page", "links to", "verdict", "why", "placement", "looked at")
    shown = [
        (
            each.url,
            each.target_url or each.brand,
            each.verdict,
            " ".join(filter(None, (each.reason, each.barred_by and f"({each.barred_by})"))),
            each.placement,
            each.checked_at.date(),
        )
        for each in rows[:SHOWN]
    ]
    table("\nLinks", columns, shown)
    _more(len(rows))


def listings(
    where: Where,
    brand: BrandOption = None,
    source: FromOption = None,
    unlinked: Annotated[bool, typer.Option("--unlinked", help="Only brands named without a link.")] = False,
    to_csv: CsvOption = None,
    as_json: JsonOption = False,
) -> None:
    """Which brands the pages we read name, with or without a link, and where on the page."""
    from tracker import store
    from tracker.links.pages import alerts as reading

    settings = where.settings()
    with opened(settings, read_only=True) as db, store.reading(db) as session:
        every = reading.listings(session, workspace_of(session, settings))
    rows = _wanted(every, brand, source)
    if unlinked:
        rows = [each for each in rows if each.rank is not None and not each.linked]
    if _written(rows, to_csv, as_json):
        return
    if not rows:
        out.print(
            "No page that was read names a brand. `citelift links verify` and `pages check` read pages."
        )
        return
    columns = ("page", "brand", "rank", "times", "heading", "first screen", "list rank", "stands in", "link")
    shown = [
        (
            each.url,
            each.brand,
            each.rank,
            each.count,
            each.heading,
            each.first_screen,
            each.list_rank,
            each.placement,
            "followed" if each.followed else "nofollow" if each.linked else None,
        )
        for each in rows[:SHOWN]
    ]
    table("Brands on pages", columns, shown, right=(2, 3, 6))
    _more(len(rows))


def kinds(
    where: Where,
    kind: Annotated[
        list[str] | None,
        typer.Option("--kind", help='Only this one: editorial, "guest post", forum, …; may be repeated.'),
    ] = None,
    brand: BrandOption = None,
    source: FromOption = None,
    set_kind: Annotated[
        str | None,
        typer.Option("--set", help="Your own word on a page or a site, as example.com=directory; it wins."),
    ] = None,
    to_csv: CsvOption = None,
    as_json: JsonOption = False,
) -> None:
    """What kind of link each page gives, with its evidence, rel and place; and who stands behind the page.
    Of pages that nobody has read, what their export tells."""
    from tracker import store
    from tracker.links import kinds as reading
    from tracker.links.pages.kinds import KINDS

    _require_known("kind", kind, KINDS)
    settings = where.settings()
    if set_kind is not None:
        place, _, chosen = (part.strip() for part in set_kind.rpartition("="))
        with opened(settings) as db, store.writing(db) as session:
            key = workspace_of(session, settings)
            about = reading.decide(session, key, place, chosen, now=datetime.now(UTC))
        if as_json:
            print_json({"about": about, "kind": chosen})
        else:
            out.print(f"{plain(about)}: {plain(chosen)}")
        return
    with opened(settings, read_only=True) as db, store.reading(db) as session:
        every = reading.kinds(session, workspace_of(session, settings))
    rows = [each for each in _wanted(every, brand, source) if not kind or each.kind in kind]
    if _written(rows, to_csv, as_json):
        return
    if not rows:
        out.print(
            "No such link is known. `citelift import links` brings links; `citelift links verify` and "
            "`pages check` read their pages."
        )
        return
    counts = Counter(each.kind for each in rows)
    table("Kinds of links", ("kind", "links"), counts.most_common(), right=(1,))
    unread = sum(each.checked_at is None for each in rows)
    if unread:
        out.print(
            f"{unread:,} of {len(rows):,} stand on pages that nobody has read: their kind is what the export "
            "and the addresses tell. An article, a guest post and a list of resources show on the page alone "
            "(`citelift links verify`)."
        )
    columns = ("page", "brand", "kind", "because", "rel", "stands in", "author", "published", "site of")
    shown = [
        (
            each.url,
            each.brand,
            each.kind,
            each.because,
            each.rel,
            each.placement,
            each.author,
            each.published,
            each.entity,
        )
        for each in rows[:SHOWN]
    ]
    table("\nLinks", columns, shown)
    _more(len(rows))


def alerts(
    where: Where,
    since: Annotated[
        datetime | None,
        typer.Option(help="From this day on; without it the last 30 days.", formats=["%Y-%m-%d"]),
    ] = None,
    kind: Annotated[
        list[str] | None,
        typer.Option("--kind", help="Only this one: lost, nofollow, moved, named; may be repeated."),
    ] = None,
    brand: BrandOption = None,
    source: FromOption = None,
    to_csv: CsvOption = None,
    as_json: JsonOption = False,
) -> None:
    """What changed between our looks: links lost, turned nofollow, moved out of the text, brands newly named
    without a link.
    """
    from tracker import store
    from tracker.links.pages import alerts as reading

    _require_known("alert", kind, reading.KINDS)
    day = since.replace(tzinfo=UTC) if since else datetime.now(UTC) - timedelta(days=30)
    settings = where.settings()
    with opened(settings, read_only=True) as db, store.reading(db) as session:
        every = reading.alerts(session, workspace_of(session, settings), since=day)
    rows = [each for each in _wanted(every, brand, source) if not kind or each.kind in kind]
    if _written(rows, to_csv, as_json):
        return
    if not rows:
        out.print(f"Nothing changed between our looks since {day.date()}.")
        return
    columns = ("day", "what", "page", "brand", "before", "now", "why", "seen twice")
    shown = [
        (
            each.at.date(),
            each.kind,
            each.url,
            each.brand,
            each.before,
            each.after,
            each.reason,
            each.confirmed if each.kind == "lost" else None,
        )
        for each in rows[:SHOWN]
    ]
    table("Changes", columns, shown)
    _more(len(rows))


def _require_known(what: str, given: Sequence[str] | None, known: Sequence[str]) -> None:
    unknown = sorted(set(given or ()) - set(known))
    if unknown:
        raise UsageError(f"there is no {what} {unknown[0]!r}", f"one of {', '.join(known)}")


def _wanted(rows: Sequence[T], brand: str | None, source: str | None) -> list[T]:
    """The rows of one brand, and from one site or page."""
    from tracker.links.pages.origins import origin_of

    if brand is not None:
        rows = [each for each in rows if each.brand.casefold() == brand.casefold()]
    if source is not None:
        place = origin_of(source)
        rows = [each for each in rows if place.holds(each.source, each.url)]
    return list(rows)


def _written(rows: Sequence[Any], to_csv: Path | None, as_json: bool) -> bool:
    """Whether the rows left by another way than a table."""
    lines = [each.as_json() for each in rows]
    if to_csv is not None:
        _save(to_csv, lines)
        if not as_json:
            out.print(f"{len(lines):,} rows written to {plain(to_csv)}.")
    if as_json:
        print_json({"rows": lines})
    return as_json or to_csv is not None


def _save(path: Path, rows: Sequence[dict[str, object]]) -> None:
    heads = list(rows[0]) if rows else []
    made = spreadsheet.text(heads, ([each[name] for name in heads] for each in rows))
    try:
        path.write_text(made, spreadsheet.ENCODING, newline="")
    except OSError as error:
        fix = "give a file in a folder you may write to"
        raise DataError(f"cannot write {path}: {error.strerror}", fix) from None


def _more(rows: int) -> None:
    if rows > SHOWN:
        out.print(f"… and {rows - SHOWN:,} more: --json or --csv FILE has all.")


def _with_bar(looks: Iterator[Looked], total: int, quiet: bool) -> Iterator[Looked]:
    from rich.progress import track

    return iter(track(looks, "looking at pages", total, console=err, disable=quiet or not total))


def _show_looked(looked: list[Looked]) -> None:
    if not looked:
        out.print("No page is due: import links or answers, or lower --min-age.")
        return
    states = Counter(each.state for each in looked)
    out.print(f"{len(looked):,} pages: {', '.join(f'{n:,} {plain(s)}' for s, n in states.most_common())}.")
    reasons = Counter(each.outcome.reason for each in looked if each.state in ("refused", "barred"))
    table("Not read", ("reason", "pages"), reasons.most_common(), right=(1,)) if reasons else None
    links = Counter((v.brand, v.verdict.state) for each in looked for v in each.verdicts)
    rows = [(brand, state, count) for (brand, state), count in sorted(links.items())]
    table("Links on these pages", ("brand", "link", "pages"), rows, right=(2,)) if rows else None
    unsound = [
        (each.outcome.url, v.brand, v.verdict.state, v.verdict.reason)
        for each in looked
        for v in each.verdicts
        if v.verdict.state in {"suspected", "lost"}
    ]
    table("Lost, or seen lost once", ("page", "brand", "link", "why"), unsound[:SHOWN]) if unsound else None
