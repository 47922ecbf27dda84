"""The drawers of work: what is known of a site, what people do about it, and the form that writes it down."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from analysis.frames import Scope
from analysis.work import WEEKS, After
from dashboard import access, data, numbered, strings, widgets
from tracker import numbers
from tracker.links.decisions import Decision
from tracker.links.prospects import STAGES, Prospect, ProspectChange, dollars
from tracker.models import AuditEntry

words = strings.WorkDrawer
PAGES = 12


def work(site: str) -> None:
    """A site to work on."""
    here = widgets.here()
    record = data.records_of(here.workspace).get(site, Prospect(site))
    widgets.html(f"<p>{numbered.door(words.ANSWERS, 'source_rate', scope=whole(here), source=site)}</p>")
    reasons(here, site)
    widgets.section(words.WORK, words.WORK_SUB)
    if access.may("edit"):
        form(here, record)
    elif record.changed_at:
        widgets.html(said(record))
    if record.won_at:
        since(here, record)
    pages = linking(here, site)
    widgets.section(words.PAGES)
    if pages:
        rows = [(widgets.link(url), ", ".join(brands)) for url, brands in list(pages.items())[:PAGES]]
        widgets.table(widgets.columns(words.PAGE_COLUMNS), rows)
    else:
        widgets.quiet(words.NO_PAGES)
    pitch(here, site, pages)
    history(here, site)


def reasons(here: widgets.Here, site: str) -> None:
    """Why it is worth working on, and the next step of each reason."""
    if here.world.own is None or not data.weeks(here.workspace):
        return
    offers = widgets.computed(data.opportunities, here.workspace, whole(here)) or []
    offer = next((o for o in offers if o.source == site), None)
    if offer is not None:
        next_step = strings.Opportunities.NEXT
        widgets.html(
            widgets.bullets(widgets.small(r.text, next_step.format(step=r.next_step)) for r in offer.reasons)
        )
        widgets.quiet(offer.ask.words)


def whole(here: widgets.Here) -> Scope:
    return data.whole(here.workspace, Scope())


def linking(here: widgets.Here, site: str) -> Mapping[str, list[str]]:
    """Pages of the site and the brands that each links to now."""
    if not data.has_links(here.workspace):
        return {}
    links = data.links_of(here.workspace, site)
    mine = links[links["lost"].isna() & links["url"].notna()]
    pages: dict[str, list[str]] = {}
    for url, brand in zip(mine["url"], mine["brand"], strict=True):
        if brand not in pages.setdefault(str(url), []):
            pages[str(url)].append(str(brand))
    return pages


def form(here: widgets.Here, record: Prospect) -> None:
    stages = strings.ProspectsPage.STAGES
    with st.form(f"work-{record.domain}", border=False):
        left, right = st.columns(2)
        stage = left.selectbox(
            words.STAGE, list(STAGES), index=STAGES.index(record.stage), format_func=stages.__getitem__
        )
        owner = right.text_input(words.OWNER, record.owner)
        due = left.date_input(words.DUE, record.due, format="YYYY-MM-DD")
        value = right.text_input(words.VALUE, dollars(record.value_micros))
        cost = left.text_input(words.COST, dollars(record.cost_micros))
        campaign = right.text_input(words.CAMPAIGN, record.campaign)
        contact = st.text_input(words.CONTACT, record.contact)
        note = st.text_area(words.NOTE, record.note, height=80)
        if not st.form_submit_button(words.SAVE, type="primary"):
            return
    day = due.isoformat() if due else ""
    what = ProspectChange(stage, owner, campaign, contact, note, cost, day, value)
    done = widgets.tried(lambda: data.change_work(here.workspace, record.domain, what))
    if done is not None:
        st.toast(words.SAVED.format(site=done.domain, stage=stages[done.stage]))
        st.rerun()


def said(record: Prospect) -> str:
    """The record where nobody may write."""
    names = {"stage": words.STAGE, "cost_usd": words.COST, "value_usd": words.VALUE}
    shown = ((names.get(name, name.capitalize()), value) for name, value in record.as_said().items())
    each = "".join(
        f"<div><dt>{widgets.text(name)}</dt><dd>{widgets.text(value)}</dd></div>" for name, value in shown
    )
    return f'<dl class="cl-facts">{each}</dl>'


def since(here: widgets.Here, record: Prospect) -> None:
    assert record.won_at is not None
    widgets.section(words.SINCE, words.SINCE_SUB.format(day=numbers.day(record.won_at.date())))
    found = data.after_work(here.workspace, record)
    widgets.quiet(moved(found) if found else words.SINCE_YET.format(n=WEEKS))


def moved(found: After) -> str:
    change = found.change
    if change is None or change.difference.estimate is None:
        return words.SINCE_YET.format(n=WEEKS)
    sentence = words.SINCE_MOVED.format(
        change=numbers.points(change.difference.estimate),
        span=numbers.points_range(change.difference.low, change.difference.high),
        weeks=numbers.counted(found.weeks, "week"),
        before=numbers.percent(change.before),
        after=numbers.percent(change.after),
    )
    more = words.SINCE_MORE.format(n=found.weeks, of=WEEKS)
    return sentence if found.whole else f"{sentence} {more}"


def pitch(here: widgets.Here, site: str, pages: Mapping[str, list[str]]) -> None:
    own = here.world.own
    if own is None or not own.domains:
        return
    page, brands = next(iter(pages.items()), (f"https://{site}/", []))
    rivals = ", ".join(brand for brand in brands if brand != own.name) or words.RIVALS_ELSE
    site_of_ours = f"https://{own.domains[0]}/"
    text = words.PITCH.format(page=page, rivals=rivals, brand=own.name, own=site_of_ours)
    widgets.section(words.PITCH_HEAD, words.PITCH_SUB)
    st.code(widgets.visible(text), language=None, wrap_lines=True)


def history(here: widgets.Here, subject: str) -> None:
    changes = data.history_of(here.workspace, subject)
    if changes:
        widgets.section(words.HISTORY)
        rows = [(numbers.moment(entry.at), entry.who, what_changed(entry)) for entry in changes]
        widgets.table(widgets.columns(words.HISTORY_COLUMNS, wide=(2,)), rows)


def what_changed(entry: AuditEntry) -> str:
    before: Mapping[str, Any] = entry.before or {}
    parts = []
    for name, after in (entry.after or {}).items():
        shown = words.FIELDS.get(name, name)
        said = words.FROM_TO if before.get(name) else words.SET
        parts.append(said.format(name=shown, before=before.get(name), after=after))
    gone = [name for name in before if name not in (entry.after or {})]
    parts += [words.FROM_TO.format(name=words.FIELDS.get(n, n), before=before[n], after="–") for n in gone]
    return "; ".join(parts)


def review(domain: str) -> None:
    """A site that links to the own brand: keep it, or disavow it."""
    here, texts = widgets.here(), strings.ReviewPage
    found = widgets.computed(data.link_profile, here.workspace)
    queue = [each for each in found.queue if each.domain == domain] if found else []
    row = next(iter(data.reviews(here.workspace, queue)), None)
    if row is None:
        return
    widgets.html(widgets.bullets(row.reasons))
    if access.may("edit"):
        note = st.text_input(texts.NOTE, row.note)
        with widgets.bar():
            labels: dict[Decision, str] = {"keep": texts.KEEP, "disavow": texts.DISAVOW}
            for decision, label in labels.items():
                if st.button(label, key=f"review-{decision}"):
                    data.decide_link(here.workspace, domain, decision, note)
                    st.rerun()
    widgets.section(texts.PAGES)
    widgets.html(widgets.bullets(map(widgets.link, row.pages)))
    history(here, f"domain:{domain}")
