"""What stands around every page: the menu, and what is said when one cannot be shown."""

from __future__ import annotations


class Nav:
    HOME, ANSWERS, SOURCES, MAP, WORK, TIMELINE, SETTINGS = (
        "Home",
        "Answers",
        "Sources",
        "Map",
        "Work",
        "Timeline",
        "Settings",
    )
    RIVALS, RIVAL, SOURCE = "Rivals", "Rival", "Source"
    PROMPT, ANSWER = "Prompt", "Answer"
    LIFT, CITED, AUTHORITY, LINKS = "Lift", "Cited", "Authority", "Links"
    OWN_SITE = "Your own site"
    LOOKS, REPORTED = "Link checks", "Reported by engines"
    OPPORTUNITIES, PROSPECTS, EXPERIMENTS = "Opportunities", "Prospects", "Experiments"
    REVIEW, AFTER = "Link review", "After a link"
    RUNS, METHODS = "Runs & cost", "Methods"
    SETUP = "First set-up"
    BRANDS, PROMPTS, ENGINES = "Brands", "Questions", "Engines & budgets"
    SCHEDULES, TOLD, PEOPLE = "Schedules", "Notifications", "People"
    DELIVERIES, LETTERHEAD = "Deliveries", "Report look"
    TAB = "{page} · citelift"


class TroublePage:
    TITLE = "This cannot be shown"
    WHAT = "What is wrong, and what to do"


class Lost:
    TITLE = "There is no such page"
    WHAT = "“{name}” is no page of this dashboard. It may have been misspelt, or renamed."
    HOME = "Go to Home"


class Banner:
    SIMULATED = "Simulated: these answers come from the sandbox’s engines, not from real ones."


class SignIn:
    IN, OUT = "Sign in", "Sign out"
    NAME, PASSWORD = "Name", "Password"
    WRONG = "This name and this password do not go together."
    WAIT = "Too many wrong passwords. Wait fifteen minutes, then try again."
    ELSEWHERE = "This form was sent from another site. Try again from here."
    PROVIDER = "Sign in with {provider}"
    NO_PROVIDER = "No OpenID provider is set up for this address."
    GONE = "This link shows nothing"
    GONE_TEXT = "It has ended, was taken back, or is not complete. Ask whoever sent it for another."
