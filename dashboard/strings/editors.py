"""Pages that change what the catalog says."""

from __future__ import annotations

from typing import Final


class Editors:
    LEADS: Final = {
        "brands": "Yours and its rivals: the names answers are searched for, and the sites that are theirs.",
        "prompts": "The questions that every run asks every engine, word for word.",
        "engines": "Whom every run asks, how often, and what it may spend.",
        "recipients": "Who is told of reports and alerts, over which line. A row opens its form.",
    }
    ONE: Final = {"brands": "brand", "prompts": "question", "engines": "engine", "recipients": "recipient"}
    ADD: Final = {
        "brands": "Add a rival",
        "prompts": "Add one question",
        "engines": "Add an engine",
        "recipients": "Tell somebody",
    }
    COLUMNS: Final = {
        "brands": ("Brand", "Websites", "Other spellings", "Owns elsewhere", "Means something else in"),
        "prompts": ("Question", "Topic", "Country", "Language", "Weight"),
        "engines": ("Engine", "Asks of a question", "Budget of a run", "Key"),
        "recipients": ("Name", "Line", "To", "Gets", "Alerts", "Quiet hours"),
    }
    LABELS: Final = {
        "name": "Name",
        "domains": "Websites",
        "aliases": "Other spellings",
        "owns": "Owns elsewhere",
        "not": "Phrases that mean something else",
        "until": "Last day, where it ended",
        "text": "Question",
        "topic": "Topic",
        "country": "Country",
        "language": "Language",
        "weight": "Weight",
        "model": "Model",
        "repeats": "Asks of a question in each run",
        "budget_usd": "Budget of a run, US dollars",
        "concurrency": "Asks in flight",
        "rpm": "Asks a minute",
        "channel": "Line",
        "to": "E-mail address",
        "url": "Address of the hook",
        "secret": "Signing key",
        "gets": "Gets",
        "when": "Alerts",
        "at": "Of a digest: at",
        "quiet": "Quiet hours",
        "timezone": "Time zone",
        "kinds": "Alerts of",
        "schedules": "Reports of",
    }
    HELP: Final = {
        "domains": "One a line, like norvane.com.",
        "aliases": "One a line. “dm (exact)” counts only as it is written.",
        "owns": "One a line: a page like youtube.com/@norvane, or norvane.* for every country.",
        "not": "One a line, like apple pie for Apple.",
        "until": "Like 2026-05-31. The brand stays in the weeks before.",
        "text": "Another wording is a new question that goes on from the old one; answers stay with theirs.",
        "country": "ISO 3166, like US.",
        "language": "Like en or pt-BR.",
        "weight": "1 if left out.",
        "model": "litellm’s name of it, like openai/gpt-6-luna.",
        "budget_usd": "A hard ceiling: a run stops before it would go over it.",
        "concurrency": "Left out, as the settings say.",
        "rpm": "Left out, no limit.",
        "url": "The environment variable that holds it, like TEAM_WEBHOOK; of a webhook also the address.",
        "secret": "The environment variable that holds it, like CRM_SECRET. It is never shown here.",
        "at": "Like 08:00, which it is if left out.",
        "quiet": "Like 20:00-07:00: what is found then is told when they end.",
        "timezone": "Like Europe/Berlin; left out, as the file says.",
        "schedules": "Names of report schedules, one a line; left out, all of them.",
    }
    SAVE, REMOVE = "Save", "Take it out"
    REMOVE_HELP: Final = {
        "recipients": "Nothing more is sent to them; what was sent stays listed.",
        "": "What was read and asked so far stays, and is counted as before.",
    }
    CHANNELS: Final = {
        "email": "E-mail",
        "slack": "Slack",
        "teams": "Microsoft Teams",
        "discord": "Discord",
        "webhook": "A signed webhook",
        "apprise": "Anything that Apprise knows",
    }
    SAVED, REMOVED = "Saved in {file}.", "Taken out of {file}."
    NOTHING = "Nothing is changed"
    NOTHING_HINT = "change a field first"
    READ_ONLY = "You may look at this. Changing it is for editors, where the dashboard was started for it."
    FILE = "Kept in {path}, comments and all. A row opens its form."
    SUGGESTED = "Named in answers, and not tracked"
    SUGGESTED_SUB = "Companies that stand where tracked brands stand. A row opens the form that adds it."
    SUGGESTED_COLUMNS = ("Name", "Answers", "Beside tracked brands", "Its links lead to")
    MANY, MANY_SAVE = "Add many", "Add them"
    MANY_ADDED = "{n} added, {known} there already."
    KNOWN, ADD_KNOWN = "Engines that come with a row", "Look at it and add it"
    COST = "What the next run costs"
    MONTH = "All runs of a month together: at most {money} (CITELIFT_MONTH_BUDGET_USD)."
    MONTH_NONE = "There is no budget of the month: set CITELIFT_MONTH_BUDGET_USD where citelift runs."
    KEYS = "Do the keys work?"
    RUN = "A run now"
    RUN_START = "Start a run"
    RUN_WAITS = "The newest run"


class SchedulesPage:
    LEAD = "What happens by itself, while citelift serve is running."
    COLUMNS = ("Name", "What", "When", "Next due", "Last outcome")
    ADD = "Add or change a schedule"
    NAME, KIND, WHEN, CRON, ZONE = "Name", "What", "When", "Five fields of cron", "Time zone"
    KINDS: Final = {"run": "Ask every engine", "report": "Write and send the report", "alerts": "Tell alerts"}
    WHENS: Final = {
        "0 6 * * 1": "Mondays at 6:00",
        "0 9 * * 1": "Mondays at 9:00",
        "0 6 * * *": "Every day at 6:00",
        "0 6 1 * *": "On the first of the month at 6:00",
        "": "By five fields of cron",
    }
    PERIOD = "Of a report: what it is of"
    PERIODS: Final = {"week": "The week before", "month": "The month before", "quarter": "The quarter before"}
    SAVE, SAVED, REMOVE, REMOVED = "Save", "Saved.", "Take out of service", "Out of service."
    WHICH = "Schedule"


class PeoplePage:
    LEAD = "Who may sign in, and what they may do."
    COLUMNS = ("Name", "May", "Workspaces", "Since")
    ALL = "all"
    NOBODY = "Nobody has to sign in"
    NOBODY_TEXT = (
        "Whoever reaches this address sees it. From the first person on, everybody has to sign in: make that "
        "one an admin of all workspaces."
    )
    ADD, CHANGE = "Add somebody", "Change or remove"
    NAME, PASSWORD, ROLE, OF = "Name", "Password", "Role", "Workspaces; none chosen: all"
    HELP = "Ten signs or more. Only its Argon2 hash is stored."
    ANOTHER = "Another password; blank leaves it"
    SAVE, REMOVE, SAVED, REMOVED = "Save", "Let them sign in no more", "Saved.", "Removed."
    NOT_YOURS = "This is for admins of all workspaces."
    WHO = "Who"
