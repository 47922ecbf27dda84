"""Links between our pages, without a reload. A click on a door goes through the browser's history, so that
Back, Forward and filters in the address work as for any page; a click on a row opens its drawer."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

JS = """
const open = (href) => {
  history.pushState({}, '', new URL(href, location.href));
  dispatchEvent(new PopStateEvent('popstate', { state: {} }));
  document.querySelector('[data-testid="stMain"]')?.scrollTo(0, 0);
};
const plain = (e) => !(e.defaultPrevented || e.button || e.metaKey || e.ctrlKey || e.shiftKey || e.altKey);
export default function ({ data, setTriggerValue }) {
  if (data) return open(data);
  const click = (event) => {
    if (!plain(event) || !event.target.closest) return;
    const door = event.target.closest('a.cl-door');
    if (door) {
      event.preventDefault();
      open(door.getAttribute('href'));
    } else if (!event.target.closest('a, button, summary, input, label')) {
      const row = event.target.closest('[data-peek]');
      if (row && !getSelection().toString()) setTriggerValue('peeked', row.dataset.peek);
    }
  };
  document.removeEventListener('click', window.citeliftDoors);
  window.citeliftDoors = click;
  document.addEventListener('click', click);
}
"""
_component = st.components.v2.component("citelift_doors", js=JS)


def go(href: str) -> None:
    """Open one of our pages from Python, after a click on a chart: `href` is that of `widgets.address`."""
    _component(key="went", data=href)


@st.fragment
def listen(drawers: Mapping[str, Callable[[str], None]]) -> None:
    """Follow clicks; `drawers` shows a row's thing by the kind of thing."""
    heard = _component(key="doors", on_peeked_change=lambda: None)
    kind, _, key = str(getattr(heard, "peeked", None) or "").partition(":")
    if kind in drawers:
        drawers[kind](key)
