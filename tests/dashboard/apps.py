"""Pages without a browser, run as the dashboard runs them."""

from __future__ import annotations

from streamlit import config
from streamlit.testing.v1 import AppTest

from dashboard.server import STREAMLIT
from tests.shared import ROOT

APP = ROOT / "dashboard" / "app" / "main.py"
for option, value in STREAMLIT.items():
    config.set_option(option, value)


def opened(page: str = "home", **parameters: str | list[str]) -> AppTest:
    """A page as its address opens it, on the database that the settings name."""
    app = AppTest.from_file(str(APP), default_timeout=60)
    if page != "home":
        app.switch_page(f"../pages/{page}.py")
    for name, value in parameters.items():
        app.query_params[name] = value
    return app.run()


def words(app: AppTest) -> str:
    return "\n".join(str(element.proto.body) for element in app.get("html"))


def press(app: AppTest, label: str) -> AppTest:
    next(button for button in app.button if button.label == label).click().run()
    assert not app.exception, app.exception[0].stack_trace
    return app


def say(app: AppTest, label: str, value: str) -> None:
    fields = [*app.text_input, *app.text_area]
    next(field for field in fields if field.label == label).set_value(value)
