"""Every sentence the pages say, one module for each page. Text from outside never comes through here."""

from dashboard.strings.answers import AnswersPage
from dashboard.strings.authority import AssociationPage
from dashboard.strings.cited import Reported, Sources
from dashboard.strings.common import Common, Empty, Measure
from dashboard.strings.drawer import Drawer
from dashboard.strings.editors import Editors, PeoplePage, SchedulesPage
from dashboard.strings.home import Glance, Overview
from dashboard.strings.lift import Lift
from dashboard.strings.links import LinksPage, LooksPage
from dashboard.strings.mapped import MapPage
from dashboard.strings.methods import Methods
from dashboard.strings.noting import Noting, Views
from dashboard.strings.owned import OwnSite
from dashboard.strings.rivals import Rivals
from dashboard.strings.settings import Runs
from dashboard.strings.setup import Setup
from dashboard.strings.shell import Banner, Lost, Nav, SignIn, TroublePage
from dashboard.strings.sourced import RivalPage, SourcePage
from dashboard.strings.timeline import Events, Timeline
from dashboard.strings.told import DeliveriesPage, LetterheadPage, ToldPage
from dashboard.strings.work import (
    ExperimentsPage,
    Opportunities,
    ProspectsPage,
    ReviewPage,
    WorkDrawer,
)

PRODUCT = "citelift"
TAGLINE = "Which link sources go with visibility in AI answers"

__all__ = [
    "PRODUCT",
    "TAGLINE",
    "AnswersPage",
    "AssociationPage",
    "Banner",
    "Common",
    "DeliveriesPage",
    "Drawer",
    "Editors",
    "Empty",
    "Events",
    "ExperimentsPage",
    "Glance",
    "LetterheadPage",
    "Lift",
    "LinksPage",
    "LooksPage",
    "Lost",
    "MapPage",
    "Measure",
    "Methods",
    "Nav",
    "Noting",
    "Opportunities",
    "Overview",
    "OwnSite",
    "PeoplePage",
    "ProspectsPage",
    "Reported",
    "ReviewPage",
    "RivalPage",
    "Rivals",
    "Runs",
    "SchedulesPage",
    "Setup",
    "SignIn",
    "SourcePage",
    "Sources",
    "Timeline",
    "ToldPage",
    "TroublePage",
    "Views",
    "WorkDrawer",
]
