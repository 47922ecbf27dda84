"""From an empty folder to a first run."""

from __future__ import annotations

from typing import Final


class Setup:
    TITLE = "Set up citelift"
    LEAD = "From your brand to a first run. Each step is kept: come back whenever you like."
    STEPS: Final = {
        "brand": "Brand",
        "rivals": "Rivals",
        "prompts": "Questions",
        "engines": "Engines",
        "plan": "Cost",
        "run": "First run",
    }
    STEPS_LABEL = "Steps of the set-up"
    NEXT, BACK = "Continue", "Back"
    BRAND = "Who are you?"
    BRAND_SUB = "Answers are searched for the name, and citations for the site."
    NAME, NAME_EXAMPLE = "Brand", "Norvane"
    SITE, SITE_EXAMPLE = "Website", "norvane.com"
    RIVALS = "Whom are you compared with?"
    RIVALS_SUB = (
        "Five to ten that buyers really weigh against {brand}. Numbers compare brands inside one answer, so "
        "each rival makes them say more. Leave it empty if you would rather begin alone."
    )
    RIVAL, RIVAL_NAME, RIVAL_SITE = "Rival {n}", "Name of rival {n}", "Website of rival {n}"
    NAME_HINT, SITE_HINT = "Name", "website.com"
    PROMPTS = "What do buyers ask?"
    PROMPTS_SUB = "One question a line, word for word. 30 or more give intervals that tell weeks apart."
    TOPIC, TOPIC_HELP = "What buyers look for", "In one or two words, like CRM: it becomes the topic."
    BEGIN = "Write six to begin with"
    SUGGEST = "Let a model suggest some"
    SUGGEST_MODEL, SUGGEST_COUNT, SUGGEST_LANGUAGE = "Model", "How many", "Language"
    SUGGEST_MODEL_HELP = "One of yours, asked with your key; litellm’s name of another can be typed."
    SUGGEST_NO_KEY = "{model} (no key set)"
    SUGGEST_ASK = "Ask it"
    SUGGEST_COST = (
        "{model} is asked once, without a search. That costs {cost} at most, of the month’s budget."
    )
    SUGGEST_TOPIC = "Say above what buyers look for: then this says what asking costs."
    SUGGEST_RUNS = "The model is being asked."
    SUGGESTED = (
        "{n} of {model} stand in the field below, for {cost}; {known} were there already, {named} named a "
        "tracked brand and were left out. Nothing is written before you go on."
    )
    QUESTIONS = "Questions"
    FILE = "Or hand over a file"
    FILE_HELP = "CSV, Excel or text; a column named text, and topic, country, language, weight if you like."
    HAVE = "{n} in the catalog already."
    NEED_PROMPTS = "No question yet"
    NEED_PROMPTS_HINT = "write one, or let six be written to begin with"
    REJECTED = "Line {line}: {reason}"
    REJECTED_HINT = "correct it: nothing has been written yet"
    MORE_REJECTED = "and {n} more lines"
    ENGINES = "Whom shall citelift ask?"
    ENGINES_SUB = "Simulated engines show how everything works. Real ones need a key each, and cost money."
    KIND = "Kind of engines"
    KINDS: Final = {"sandbox": "Simulated: no key, no cost", "real": "Real engines"}
    SANDBOX_TEXT = (
        "Three simulated engines run on this machine. Their answers are made up around your brands and "
        "questions, every page says so, and they never stand beside real ones."
    )
    REAL = "Engines"
    KEY_COLUMNS = ("Engine", "Model", "Key", "Budget of a run")
    KEY_SET, KEY_LACKS = "set", "not set"
    NO_KEY = "none needed"
    KEYS_HOW = (
        "citelift reads keys from the environment, or from a file named .env in the folder it was started "
        "in. It neither shows nor stores them. After you have set one, look again."
    )
    LOOK_AGAIN = "Look again"
    NEED_ENGINES, NEED_ENGINES_HINT = "No engine is chosen", "choose one, or the simulated ones"
    NEED_KEYS, NEED_KEYS_HINT = "Keys are missing: {names}", "set them and look again, or take the engine out"
    LIVE = "Ask each engine one question"
    LIVE_SUB = "Shows whether keys work and engines search. It costs at most {cost}."
    LIVE_RUNS = "The engines are being asked."
    LIVE_COLUMNS = ("Engine", "Outcome", "Model that answered", "Searched", "Pages cited", "Cost", "Note")
    YES, NO = "yes", "no"
    PLAN = "What a run costs"
    PLAN_FREE = "{asks} to simulated engines: nothing is paid."
    PLAN_SAYS = "{asks}: {likely} expected, {most} at most. The budgets are hard ceilings."
    PLAN_SAYS_NEW = "{asks}: {most} at most, usually less. The budgets are hard ceilings."
    PLAN_MONTH = "As often as planned, that is about {month} a month."
    PLAN_MONTH_NEW = "As often as planned, that is at most {month} a month."
    PLAN_COLUMNS = ("Engine", "Questions × repeats", "Asks", "Expected", "At most", "Budget", "")
    PLAN_DETECTS = "Two such runs tell a change of {points} from chance, at best."
    VERDICTS: Final = {"within budget": "good", "over budget": "bad", "no budget set": "warn"}
    FEW = "Fewer than 30 questions: good for a first look; intervals will be wide."
    START = "Start the first run"
    RUN = "The first run"
    RUNNING = "Asking. You may close this page: the run goes on, and this page finds it again."
    STOP = "Stop"
    STOPPING = "What is in flight may end; the rest is kept for later."
    PROGRESS = "{done} of {asks} asked"
    RUN_COLUMNS = ("Engine", "Answered", "Failed", "Still to ask")
    SPENT = "Spent"
    SIMULATED_SPENT = "{money} had these engines been real"
    GO_ON, ANEW = "Go on with it", "Start a new run"
    WAITS = "It is not done: {reason}."
    WAITS_PLAIN = "some questions are still to be asked"
    DONE = "The first run is done"
    DONE_TEXT = "{answered} of {asks} answered."
    HOME = "See where you stand"
    ELSEWHERE = "It was started elsewhere: stop it there with Ctrl-C."
    READ_ONLY = "Setting up is for those who may change things here."
    CONTINUE = "Go on with the set-up"
