"""The dashboard as `citelift dashboard` serves it: the app, and the door before it."""

from __future__ import annotations

import sys
from pathlib import Path
from threading import Event, Thread

HERE = Path(__file__).resolve().parents[1]
sys.path[:] = [str(HERE.parent), *(p for p in sys.path if p and Path(p).resolve() != Path(__file__).parent)]

import streamlit as st  # noqa: E402
from starlette.middleware import Middleware  # noqa: E402

from dashboard import computes, drawers, noting, standing  # noqa: E402, F401 - what every page needs, before one is asked for
from dashboard.data import computing, worker  # noqa: E402
from dashboard.door import Doorkeeper  # noqa: E402

computing.beside(worker.InAnotherProcess())
Thread(target=computes.keep_computing, args=(Event(),), name="computing", daemon=True).start()
app = st.App(Path(__file__).with_name("main.py"), middleware=[Middleware(Doorkeeper)])
