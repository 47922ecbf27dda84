"""What our own looks at pages say: of claimed links, of brands that are named, of what changed."""

from __future__ import annotations

import streamlit as st

from dashboard.data.opened import OpenWorkspace, database, world
from tracker import store
from tracker.links.pages import alerts as changes
from tracker.links.pages import verify
from tracker.links.pages.alerts import Alert, StoredListing
from tracker.links.pages.verify import StoredVerdict


@st.cache_data(show_spinner=False, max_entries=16)
def link_verdicts(workspace: OpenWorkspace) -> list[StoredVerdict]:
    with store.reading(database(workspace)) as session:
        return verify.verdicts(session, world(workspace).id)


@st.cache_data(show_spinner=False, max_entries=16)
def link_alerts(workspace: OpenWorkspace) -> list[Alert]:
    with store.reading(database(workspace)) as session:
        return changes.alerts(session, world(workspace).id)


@st.cache_data(show_spinner=False, max_entries=16)
def page_listings(workspace: OpenWorkspace) -> list[StoredListing]:
    with store.reading(database(workspace)) as session:
        return changes.listings(session, world(workspace).id)
