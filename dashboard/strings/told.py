"""Who is told, what was sent, and how reports look."""

from __future__ import annotations

from typing import Final


class ToldPage:
    NONE = "Nobody is told yet"
    NONE_TEXT = "Whoever stands here gets reports and alerts. Secrets stay in the environment."
    NONE_COMMANDS = ("citelift notify add ana --to ana@example.com",)
    TEST, TEST_WHO, ALL = "Send a test", "To", "everybody"
    SENT = "{name}: {state} ({detail})"
    MAIL = "From where e-mail is sent"
    MAIL_SUB = "Login and password are names of environment variables: their values are never shown here."
    MAIL_FIELDS: Final = {
        ("sender", "email"): "Address it comes from",
        ("sender", "name"): "Name beside it",
        ("sender", "reply_to"): "Answers go to",
        ("smtp", "host"): "Mail server",
        ("smtp", "port"): "Port",
        ("smtp", "security"): "Security: starttls, tls or none",
        ("smtp", "login"): "Variable with the login",
        ("smtp", "password"): "Variable with the password",
    }


class DeliveriesPage:
    LEAD = "What was sent to whom, whether it arrived, and what the other side said."
    NONE = "Nothing was sent yet"
    NONE_TEXT = "Reports and alerts go out by schedule; a test on Notifications shows whether they arrive."
    NONE_COMMANDS = ('citelift schedule add report "0 9 * * 1" --kind report', "citelift notify test")
    CARDS = ("Arrived", "Failed", "Nobody knows", "Waiting")
    CARD_STATES = ("sent", "failed", "unknown", "waiting")
    CARD_NOTES = (
        "",
        "refused, or tried for nineteen hours",
        "a process or line broke at the very moment; not sent twice",
        "tried again by citelift serve",
    )
    COLUMNS = ("To", "What", "State", "Tries", "When", "What the other side said", "No.")
    STATES: Final = {
        "sent": ("sent", "good"),
        "failed": ("failed", "bad"),
        "unknown": ("nobody knows", "warn"),
        "waiting": ("waiting", "quiet"),
        "sending": ("being sent", "quiet"),
    }
    WHICH, EVERY = "State", "All states"
    NEXT = "next try {at}"
    AGAIN, AGAIN_WHICH = "Send it once more", "Delivery"
    AGAIN_LINE = "{id} · {notice} → {to}"
    AGAIN_HELP = "Of one of which nobody knows, the receiver may get it twice."
    CAME = "What came of it: {sent}."


class LetterheadPage:
    LEAD = "Whose reports are, in which colours and figures, and your words in them."
    FIELDS: Final = {
        "name": "From",
        "accent": "Colour",
        "language": "Figures and days as in",
        "contact": "Contact",
        "pages": "Where this dashboard is, for links",
    }
    HELP: Final = {
        "name": "Left out, it says citelift.",
        "accent": "Like #0b6e63.",
        "language": "Like de or en-GB; the sentences are English.",
        "contact": "Like Ana Ruiz, ana@acme.com.",
        "pages": "Like https://citelift.acme.com.",
    }
    LOGO, LOGO_HELP = "Logo", "A .png, .svg or .jpg of at most 500 kB. It is copied beside the catalog."
    NO_LOGO = "Take the logo out"
    SAVE, SAVED = "Save", "Saved in {file}."
    PREVIEW, PREVIEW_SUB = "So it begins", "{week} · {brand}"
    COMMENT = "Your words in a week’s report"
    COMMENT_SUB = "Kept by week, so that none is sent twice. A blank one is taken out."
    WEEK, WORDS = "Week from", "Comment"
    COMMENTS = ("Week", "Comment")
    PLAIN = "citelift"
