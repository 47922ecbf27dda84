"""Databases that every page of the dashboard must stand: from nothing at all to hostile text."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import Engine

from tests.facts import BRANDS, Facts, week
from tracker import store
from tracker.links.pages import checks
from tracker.links.pages.look import check
from tracker.links.pages.verdicts import Claim
from tracker.links.web.fetch import Fetched, Refused
from tracker.mentions import BrandNames, Finder
from tracker.models import Ask, Event, Ledger, Run, Schedule

HOSTILE = (
    '<script>window.hacked=1</script><img src=x onerror="window.hacked=1"> **Norvane** '
    "[x](javascript:alert(1)) "
    "\u202egnirts desrever\u202c =cmd|' /C calc'!A0 <b>bold</b> {{7*7}} $$x^2$$ :material/home:"
)
PROMPTS = tuple(f"which crm is good for case {n}" for n in range(1, 9))
SITES = ("techdaily.com", "softpickery.com", "opsforumhall.com", "openbizwikia.org")


def nothing(database: Engine) -> None:
    """Migrated, and empty."""


def _answers(facts: Facts, weeks: int) -> None:
    names = [brand[0] for brand in facts.brands]
    for number in range(weeks):
        for p, prompt in enumerate(facts.prompts):
            for e, engine in enumerate(facts.engines):
                turn = number + p + 2 * e
                cited = [f"https://{SITES[turn % 4]}/a/{p}", f"https://{SITES[(turn + 1) % 4]}/b"]
                if turn % 5 == 0:
                    cited.append("https://norvane.com/")
                told = [name for i, name in enumerate(names) if (turn + i) % (2 + i) == 0]
                fetched = cited if engine == "beta" else ()
                facts.answer(
                    prompt,
                    engine,
                    week(number),
                    named=told,
                    cited=cited,
                    retrieved=fetched,
                    text=" and ".join(told) or "none",
                )


def _links(facts: Facts) -> None:
    for n, site in enumerate(SITES):
        target = facts.brands[n % len(facts.brands)]
        if len(target) > 1:
            facts.link(
                f"https://{site}/a/{n}",
                f"https://{target[1]}/",
                first=week(-4 + n),
                anchor=f"see {target[0]}",
            )
    facts.link(
        f"https://{SITES[1]}/a/0", "https://norvane.com/x", first=week(-9), lost=week(2), anchor="=1+1"
    )


def small(database: Engine) -> None:
    facts = Facts(prompts=(*PROMPTS, "is Norvane good"))
    _answers(facts, 6)
    _links(facts)
    facts.authority("list_rank", {site: float(10 * n + 1) for n, site in enumerate(SITES)})
    facts.store(database)
    with store.writing(database) as session:
        session.add(Event(workspace_id=1, at=week(3), kind="pr", title="a prize"))
        for n in (2, 5):
            run = Run(workspace_id=1, key=f"r{n}", planned_at=week(n), asked_for=week(n), state="done")
            session.add(run)
            session.flush()
            session.add(Ledger(run_id=run.id, engine_id=100, budget_micros=9_000_000, spent_micros=1_234_567))
        session.add(
            Schedule(workspace_id=1, name="weekly", kind="run", cron="0 6 * * 1", last_due_at=week(0))
        )


def failed(database: Engine) -> None:
    """A run of which every ask failed."""
    Facts().store(database)
    with store.writing(database) as session:
        run = Run(
            workspace_id=1,
            key="r",
            planned_at=week(0),
            asked_for=week(0),
            state="partial",
            reason="6 key refused",
        )
        session.add(run)
        session.flush()
        session.add(Ledger(run_id=run.id, engine_id=100))
        for prompt in range(3):
            for engine in (100, 101):
                session.add(
                    Ask(
                        workspace_id=1,
                        run_id=run.id,
                        prompt_id=10_000 + prompt,
                        engine_id=engine,
                        state="failed",
                        reason="key refused",
                        detail=HOSTILE,
                        ended_at=week(0),
                    )
                )


def links_only(database: Engine) -> None:
    facts = Facts(engines=(), prompts=())
    _links(facts)
    facts.store(database)


def looked_at(database: Engine) -> None:
    """Our own looks at the pages that are said to link: live, lost, blocked, named without a link."""
    facts = Facts(engines=(), prompts=())
    pages = {
        "https://techdaily.com/crm": (_page(LINKED), _page("<p>We like Norvane best.</p>")),
        "https://softpickery.com/best?list=1": (_page(LINKED), _page("", f"<footer>{LINKED}</footer>")),
        "https://opsforumhall.com/t/7": (_page(LINKED), _page(LINKED.replace("<a ", "<a rel=nofollow "))),
        "https://openbizwikia.org/crm": (CHALLENGE, CHALLENGE),
        "https://walled.example/post": ("<div id=root></div><script src=/a.js></script>",) * 2,
        "https://hostile.example/<b>x</b>": (_page(LINKED.replace("Norvane", HOSTILE)),) * 2,
    }
    for url in pages:
        facts.link(url, "https://norvane.com/crm", first=week(-4), anchor="=1+1")
    facts.store(database)
    finder = Finder([BrandNames(facts.brand_ids[name], name) for name, *_ in facts.brands])
    claims = (Claim(facts.brand_ids["Norvane"], "https://norvane.com/crm"),)
    with store.writing(database) as session:
        targets = checks.targets_of(session, 1)
        for url, looks in pages.items():
            for number, html in enumerate(looks):
                page = Fetched(url, url, week(number), 200, html)
                checks.save_check(session, 1, check(page, targets=targets, finder=finder), claims)
        refusal = Refused("https://hostile.example/<b>x</b>", week(2), "dns", "no such name")
        checks.save_check(session, 1, refusal, claims)


LINKED = '<p>See <a href="https://norvane.com/crm">Norvane</a>.</p>'
CHALLENGE = "<title>Just a moment...</title><script>window._cf_chl_opt={}</script>"


def _page(inner: str, below: str = "") -> str:
    prose = "<p>A list of tools for sales teams.</p>" * 9
    return f"<title>T</title><main><h1>Six tools</h1>{prose}{inner}</main>{below}"


def without_domains(database: Engine) -> None:
    """The own brand has no site: nothing can be its citation or its link."""
    facts = Facts(brands=(("Norvane",), *BRANDS[1:]), prompts=PROMPTS)
    _answers(facts, 3)
    _links(facts)
    facts.store(database)


def one_week(database: Engine) -> None:
    facts = Facts(prompts=PROMPTS[:2])
    _answers(facts, 1)
    facts.store(database)


def unknown_citations(database: Engine) -> None:
    """Recorded answers that do not say what they cite."""
    facts = Facts(prompts=PROMPTS[:3], engines=("alpha",))
    for number in range(2):
        for prompt in facts.prompts:
            facts.answer(
                prompt, "alpha", week(number), named=["Norvane"], known=False, served=None, searched=None
            )
    facts.store(database)


def rivals_only(database: Engine) -> None:
    """Nobody of the workspace is the own brand."""
    facts = Facts(prompts=PROMPTS)
    for row in facts.rows.values():
        for values in row:
            if "own" in values:
                values["own"] = False
    _answers(facts, 2)
    _links(facts)
    facts.store(database)


NAMES = (
    ("株式会社ノルヴァーネ・ソフトウェア", "norvane.com"),
    ("Норвейн Системс", "oltera.com"),
    ("نورفان للبرمجيات", "quillo.io"),
    ("Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft", "vantra.com"),
    ("א", "alef.example.com"),
)
"""Of other scripts, of one very long word, of one letter."""


def names(database: Engine) -> None:
    """Brands, prompts, topics and events in every script, long and short."""
    prompts = tuple(f"最高のCRMは？ どれがいい {n}" for n in range(8))
    facts = Facts(brands=NAMES, prompts=prompts, topics=dict.fromkeys(prompts, "顧客管理"))
    _answers(facts, 5)
    _links(facts)
    facts.store(database)
    with store.writing(database) as session:
        session.add(Event(workspace_id=1, at=week(3), kind="pr", title="ニュース記事 " * 20))


def alone(database: Engine) -> None:
    """One brand, no rivals, no links."""
    facts = Facts(brands=BRANDS[:1], prompts=PROMPTS)
    _answers(facts, 4)
    facts.store(database)


def eventful(database: Engine) -> None:
    """More events than letters, and links that came in the middle."""
    facts = Facts(prompts=PROMPTS)
    _answers(facts, 14)
    for n, site in enumerate(SITES):
        for brand, domain in BRANDS[: 1 + n % 2]:
            facts.link(f"https://{site}/b/{n}", f"https://{domain}/", first=week(6 + n), anchor=brand)
    facts.store(database)
    with store.writing(database) as session:
        for n in range(60):
            session.add(Event(workspace_id=1, at=week(0, day=n), kind="content", title=f"page {n}"))


def moved(database: Engine) -> None:
    """Six brands; three of them gain links of two sites after eight weeks, the others never."""
    brands = tuple((f"Brand {n}", f"brand{n}.com") for n in range(6))
    facts = Facts(brands=brands, prompts=PROMPTS, engines=("alpha",))
    for number in range(14):
        for p, prompt in enumerate(PROMPTS):
            for repeat in range(3):
                turn = 7 * number + 5 * p + 3 * repeat
                told = [name for i, (name, _) in enumerate(brands) if (turn * (i + 3) + i) % 11 < 4]
                facts.answer(
                    prompt,
                    "alpha",
                    week(number),
                    named=told,
                    cited=[f"https://{SITES[p % 4]}/a"],
                    repeat=repeat,
                )
    for n, (_, domain) in enumerate(brands[:3]):
        facts.link(f"https://{SITES[0]}/a", f"https://{domain}/", first=week(8 + n % 2))
        facts.link(f"https://{SITES[2]}/a", f"https://{domain}/", first=week(9 - n % 2))
    facts.store(database)


def hostile(database: Engine) -> None:
    facts = Facts(prompts=(HOSTILE, *PROMPTS), topics={HOSTILE: HOSTILE[:60]})
    _answers(facts, 2)
    _links(facts)
    key = facts.answer(HOSTILE, "alpha", week(1) + timedelta(hours=2), named=["Norvane"], text=HOSTILE)
    facts.link("https://evil.example.com/<b>", "https://norvane.com/", anchor=HOSTILE, first=week(0))
    facts.store(database)
    from tracker.models import Citation

    with store.writing(database) as session:
        for n, url in enumerate(
            ("javascript:alert(1)", "https://ok.example.com/?q=<script>", "data:text/html,x", HOSTILE)
        ):
            session.add(
                Citation(
                    workspace_id=1,
                    answer_id=key,
                    kind="cited",
                    position=n + 1,
                    start=0,
                    end=30,
                    url=url,
                    title=HOSTILE,
                )
            )
        session.add(Event(workspace_id=1, at=week(1), kind="pr", title=HOSTILE))


def reports(database: Engine) -> None:
    """What engines report to the owner, and nothing else."""
    from tracker.models import CitationCount, LinkImport

    facts = Facts(BRANDS, ("alpha",), PROMPTS[:1])
    facts.store(database)
    day = week(3).date()
    layouts = {"bing": "citations", "clarity": "citations", "google-search-console": "impressions"}
    with store.writing(database) as session:
        for number, (vendor, measure) in enumerate(layouts.items(), start=1):
            head = LinkImport(
                workspace_id=1,
                vendor=vendor,
                layout=vendor,
                scope="counts",
                as_of=day,
                imported_at=week(3),
                file_name=f"{vendor}.csv",
                file_hash=vendor,
            )
            session.add(head)
            session.flush()
            subjects = [("site", "", day), ("site", "", day - timedelta(days=1)), ("query", HOSTILE, None)]
            subjects += [("page", f"https://norvane.com/{n}", None) for n in range(30)]
            for n, (dimension, subject, on) in enumerate(subjects):
                count = CitationCount(
                    workspace_id=1,
                    import_id=head.id,
                    subject=subject,
                    dimension=dimension,
                    measure=measure,
                    day=on,
                    citations=number * 100 + n,
                )
                session.add(count)


WORLDS: dict[str, Callable[[Engine], None]] = {
    "an empty database": nothing,
    "a small world": small,
    "a failed run": failed,
    "links only": links_only,
    "a brand without domains": without_domains,
    "one week": one_week,
    "unknown citations": unknown_citations,
    "no own brand": rivals_only,
    "reports of engines": reports,
    "hostile text": hostile,
    "names of every script": names,
    "one brand": alone,
    "many events": eventful,
    "links that moved": moved,
    "links looked at": looked_at,
}
