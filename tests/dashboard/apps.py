"""Pages without a browser, run as the dashboard runs them."""

from __future__ import annotations

from streamlit import config
from streamlit.testing.v1 import AppTest

from dashboard.server import STREAMLIT
from tests.shared import ROOT

APP = ROOT / "dashboard" / "app" / "main.py"
for option, value in STREAMLIT.items():
    config.set_option(option, value)


def opened(page: str = "home", **parameters: str) -> AppTest:
    """A page as its address opens it, on the database that the settings name."""
    app = AppTest.from_file(str(APP), default_timeout=60)
    if page != "home":
        app.switch_page(f"../pages/{page}.py")
    for name, value in parameters.items():
        app.query_params[name] = value
    return app.run()


def words(app: AppTest) -> str:
    return "\n".join(str(element.proto.body) for element in app.get("html"))
