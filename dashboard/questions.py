"""Fields for many questions at once: typed, handed over, six to begin with, or suggested by a model."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from dashboard import forms, strings, widgets
from dashboard.data import Suggesting
from tracker import numbers, starter
from tracker.catalog.pasted import Pasted
from tracker.suggesting import MOST, Wish

words = strings.Setup
SHOWN_REJECTS, COUNT = 5, 20


def fields(
    shown: forms.Fields, key: str, suggesting: Suggesting
) -> tuple[str, str, tuple[str, bytes] | None]:
    """Their topic, what is typed, and a file."""
    said = _suggested(key, suggesting) or st.session_state.get(f"{key}_said")
    st.session_state[f"{key}_said"] = said
    with st.container(horizontal=True, vertical_alignment="bottom"):
        topic = st.text_input(words.TOPIC, key=f"{key}_topic", help=words.TOPIC_HELP, width=320).strip()
        st.button(words.BEGIN, on_click=_write_six, args=(key,))
    with st.expander(words.SUGGEST, icon=":material/auto_awesome:", expanded=bool(said)):
        _ask(key, topic, suggesting, said)
    text = shown.area("text", words.QUESTIONS, key=_field(key), height=220)
    given = st.file_uploader(words.FILE, type=["csv", "tsv", "txt", "xlsx"], help=words.FILE_HELP)
    return topic, text, (given.name, given.getvalue()) if given else None


def _field(key: str) -> str:
    """The text's key: another after each time that lines are put into it, since a browser that has not got
    them yet would send what it has under the old one."""
    return f"{key}_questions_{st.session_state.get(f'{key}_round', 0)}"


def _put(key: str, lines: Iterable[str]) -> None:
    old = str(st.session_state.get(_field(key), "")).strip()
    there = set(old.splitlines())
    text = "\n".join([old, *(line for line in lines if line not in there)]).strip()
    st.session_state[f"{key}_round"] = st.session_state.get(f"{key}_round", 0) + 1
    st.session_state[_field(key)] = text


def _write_six(key: str) -> None:
    topic = str(st.session_state.get(f"{key}_topic", "")).strip()
    if topic:
        _put(key, starter.questions(topic))


def _suggested(key: str, suggesting: Suggesting) -> widgets.Safe | None:
    """What a model suggested since is put into the field; what it cost, or why there is nothing."""
    ended = suggesting.taken()
    if ended is None:
        return None
    if ended.problem or "rows" not in ended.said:
        return forms.refusal(ended.problem)
    rows = ended.said["rows"]
    _put(key, [str(row["text"]) for row in rows])
    said = words.SUGGESTED.format(
        n=numbers.counted(len(rows), "question"),
        model=ended.said.get("served_model") or ended.said["model"],
        cost=numbers.money(ended.said["cost_micros"]),
        known=ended.said["known"],
        named=ended.said["named"],
    )
    return widgets.Safe(f'<p class="cl-quiet" role="status">{widgets.text(said)}</p>')


def _ask(key: str, topic: str, suggesting: Suggesting, said: widgets.Safe | None) -> None:
    """Whom to ask for how many, with the most that it may cost; nothing is asked before a click."""
    if suggesting.is_running():
        st.fragment(_waiting, run_every=1.0)(suggesting)
        return
    models = suggesting.models()
    shown = forms.Fields()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        model = st.selectbox(
            words.SUGGEST_MODEL,
            list(models),
            format_func=lambda name: name if models.get(name) else words.SUGGEST_NO_KEY.format(model=name),
            key=f"{key}_model",
            accept_new_options=True,
            help=words.SUGGEST_MODEL_HELP,
            width=320,
        )
        count = st.number_input(words.SUGGEST_COUNT, 1, MOST, COUNT, key=f"{key}_count", width=120)
        language = st.text_input(words.SUGGEST_LANGUAGE, key=f"{key}_language", width=140).strip()
    wish = Wish(str(model), topic, int(count), language or None)
    most = shown.tried(lambda: suggesting.ceiling(wish)) if topic else None
    clicked = st.button(words.SUGGEST_ASK, disabled=most is None, key=f"{key}_suggest")
    shown.end()
    cost = words.SUGGEST_COST.format(model=model, cost=numbers.money(most)) if most is not None else ""
    widgets.quiet(cost or words.SUGGEST_TOPIC)
    if said:
        widgets.html(said)
    if clicked and shown.did(lambda: suggesting.begin(wish)):
        st.rerun()


def _waiting(suggesting: Suggesting) -> None:
    widgets.quiet(words.SUGGEST_RUNS)
    if not suggesting.is_running():
        st.rerun(scope="app")


def rejected(shown: forms.Fields, found: Pasted) -> bool:
    """Whether lines are refused: they are named, and nothing is written."""
    if not found.rejects:
        return False
    said = [words.REJECTED.format(line=r.line, reason=r.reason) for r in found.rejects[:SHOWN_REJECTS]]
    more = len(found.rejects) - len(said)
    said += [words.MORE_REJECTED.format(n=more)] if more else []
    shown.refuse("text", "; ".join(said), words.REJECTED_HINT)
    return True
