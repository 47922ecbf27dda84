"""The dashboard as `citelift dashboard` serves it: the app, and the door before it."""

from __future__ import annotations

import gc
import sys
from pathlib import Path
from threading import Event, Thread

gc.disable()
"""What is loaded here is no garbage: looking for some takes a sixth of the start."""

HERE = Path(__file__).resolve().parents[1]
sys.path[:] = [str(HERE.parent), *(p for p in sys.path if p and Path(p).resolve() != Path(__file__).parent)]

import streamlit as st  # noqa: E402
from starlette.middleware import Middleware  # noqa: E402
from streamlit import env_util  # noqa: E402

from dashboard import computes, drawers, noting, standing  # noqa: E402, F401 - what every page needs, before one is asked for
from dashboard.based import Based  # noqa: E402
from dashboard.data import computing, worker  # noqa: E402
from dashboard.door import Doorkeeper  # noqa: E402

env_util.is_repl()
"""Streamlit asks this when the first page is drawn; where each module's file is, it then knows."""
gc.freeze()
gc.enable()
"""Streamlit collects garbage after each run of a page: nothing that was loaded so far is any."""
computing.beside(worker.InAnotherProcess())
Thread(target=computes.keep_computing, args=(Event(),), name="computing", daemon=True).start()
app = st.App(Path(__file__).with_name("main.py"), middleware=[Middleware(Doorkeeper), Middleware(Based)])
