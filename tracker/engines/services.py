"""Rows of the engines that litellm does not reach: search APIs, and services that read products off.

Facts as of November 2026, from the services' documentation and public clients, named in each row's `source`.
Fees are those of the smallest plan that is paid by use, or of the smallest plan's unit.
"""

from __future__ import annotations

from tracker.engines.row import UNCAPPED, Call

_DATAFORSEO = ("DATAFORSEO_LOGIN", "DATAFORSEO_PASSWORD")
_AT_DATAFORSEO = ("api.dataforseo.com", "sandbox.dataforseo.com")
_OXYLABS = ("OXYLABS_USERNAME", "OXYLABS_PASSWORD")
_SERPAPI_ENGINES = ("google", "google_ai_overview", "google_ai_mode", "bing_copilot")
_LLM_RESPONSES = {
    "chat_gpt/[go]*": ("country", "city"),
    "claude/claude-*": ("country",),
    "gemini/gemini-*": (),
    "perplexity/sonar*": ("country",),
}
_CLORO_CREDITS = {
    "chatgpt": 7,
    "perplexity": 3,
    "gemini": 4,
    "copilot": 5,
    "grok": 4,
    "google_ai_mode": 4,
    "google_ai_overview": 5,
}
_CREDIT_MICROS = 800
_GOOGLE_PAGES = ("google_ai_mode", "google_ai_overview")


def _of_serpapi(engine: str) -> Call:
    return Call(
        f"serpapi/{engine}",
        "http",
        hosts=("serpapi.com",),
        adapter="serpapi",
        keys=("SERPAPI_API_KEY",),
        search_fee_micros=15_000,
        max_searches=2,
        fee_only=True,
        surface="serp",
        place=("country",),
        place_form="http",
        home="US",
        source="serpapi.com/google-ai-overview-api",
    )


def _of_dataforseo(kind: str) -> Call:
    return Call(
        f"dataforseo/{kind}",
        "http",
        hosts=_AT_DATAFORSEO,
        adapter="dataforseo",
        keys=_DATAFORSEO,
        search_fee_micros=4_000,
        fee_only=True,
        surface="serp",
        place=("country",),
        place_form="http",
        home="US",
        source="docs.dataforseo.com/v3/serp/google",
    )


def _of_dataforseo_scraper(product: str) -> Call:
    return Call(
        f"dataforseo/{product}/llm_scraper",
        "http",
        hosts=_AT_DATAFORSEO,
        adapter="dataforseo_scraper",
        keys=_DATAFORSEO,
        search_fee_micros=4_000,
        fee_only=True,
        surface="consumer",
        place=("country",),
        place_form="http",
        home="US",
        source=f"docs.dataforseo.com/v3/ai_optimization/{product}/llm_scraper/live/advanced",
    )


def _of_dataforseo_responses(models: str) -> Call:
    return Call(
        f"dataforseo/{models}",
        "http",
        hosts=_AT_DATAFORSEO,
        adapter="dataforseo_responses",
        keys=_DATAFORSEO,
        search_fee_micros=10_000,
        max_searches=10,
        resells=True,
        max_tokens=4_096,
        place=_LLM_RESPONSES[models],  # type: ignore[arg-type]
        place_form="http",
        source="docs.dataforseo.com/v3/ai_optimization/chat_gpt/llm_responses/live; 600 micro-dollars on top",
    )


def _of_brightdata(product: str) -> Call:
    return Call(
        f"brightdata/{product}",
        "http",
        hosts=("api.brightdata.com",),
        adapter="brightdata",
        keys=("BRIGHTDATA_API_TOKEN|BRIGHTDATA_API_KEY",),
        search_fee_micros=1_500,
        fee_only=True,
        surface="serp" if product in _GOOGLE_PAGES else "consumer",
        place=("country",),
        place_form="http",
        takes_seconds=600,
        source="docs.brightdata.com/api-reference/scrapers/ai-search-apis",
    )


def _of_oxylabs(product: str) -> Call:
    return Call(
        f"oxylabs/{product}",
        "http",
        hosts=("data.oxylabs.io",),
        adapter="oxylabs",
        keys=_OXYLABS,
        search_fee_micros=500,
        fee_only=True,
        surface="serp" if product in _GOOGLE_PAGES else "consumer",
        place=("country",),
        place_form="http",
        takes_seconds=600,
        source="developers.oxylabs.io/api-targets/llms-and-ai; push-pull, the only way for those",
    )


def _of_cloro(product: str) -> Call:
    return Call(
        f"cloro/{product}",
        "http",
        hosts=("api.cloro.dev",),
        adapter="cloro",
        keys=("CLORO_API_KEY",),
        search_fee_micros=_CLORO_CREDITS[product] * _CREDIT_MICROS,
        fee_only=True,
        surface="serp" if product in _GOOGLE_PAGES else "consumer",
        place=("country",),
        place_form="http",
        home="US",
        takes_seconds=900,
        source="docs.cloro.dev/guides/making-requests/async; credits of the smallest plan",
    )


def _of_searchapi(engine: str) -> Call:
    google = engine.startswith("google")
    return Call(
        f"searchapi/{engine}",
        "http",
        hosts=("www.searchapi.io",),
        adapter="searchapi",
        keys=("SEARCHAPI_API_KEY",),
        search_fee_micros=4_000,
        max_searches=2 if engine == "google_ai_overview" else 1,
        fee_only=True,
        surface="serp" if google else "consumer",
        place=("country",) if google else (),
        place_form="http",
        home="US" if google else None,
        source=f"searchapi.io/openapi/{engine}.yaml",
    )


SERVICES: tuple[Call, ...] = (
    Call(
        "mistral/*",
        "http",
        hosts=("api.mistral.ai",),
        adapter="mistral",
        keys=("MISTRAL_API_KEY",),
        search_fee_micros=30_000,
        max_searches=UNCAPPED,
    ),
    Call(
        "exa/*",
        "http",
        hosts=("api.exa.ai",),
        adapter="exa",
        keys=("EXA_API_KEY",),
        search_fee_micros=5_000,
        fee_only=True,
    ),
    *map(_of_serpapi, _SERPAPI_ENGINES),
    *map(_of_dataforseo, ("organic", "ai_mode")),
    *map(_of_dataforseo_scraper, ("chat_gpt", "gemini")),
    *map(_of_dataforseo_responses, _LLM_RESPONSES),
    *map(_of_brightdata, ("chatgpt", "perplexity", "gemini", "copilot", "grok", "google_ai_mode")),
    *map(_of_oxylabs, ("chatgpt", "perplexity", "gemini", "google_ai_mode", "google_ai_overview")),
    *map(_of_cloro, _CLORO_CREDITS),
    *map(
        _of_searchapi,
        ("chatgpt", "gemini", "perplexity", "bing_copilot", "google_ai_mode", "google_ai_overview"),
    ),
    Call(
        "scrapingdog/google_ai_mode",
        "http",
        hosts=("api.scrapingdog.com",),
        adapter="scrapingdog",
        keys=("SCRAPINGDOG_API_KEY",),
        search_fee_micros=2_000,
        fee_only=True,
        surface="serp",
        place=("country",),
        place_form="http",
        home="US",
        source="docs.scrapingdog.com/google-ai-mode-api; 10 credits of the smallest plan",
    ),
    Call(
        "apify/*/*",
        "http",
        hosts=("api.apify.com",),
        adapter="apify",
        keys=("APIFY_TOKEN|APIFY_API_TOKEN",),
        search_fee_micros=5_000,
        fee_only=True,
        surface="consumer",
        place=("country",),
        place_form="http",
        takes_seconds=600,
        source="docs.apify.com/api/v2; apify.com/apify/chatgpt-search-scraper, …/google-ai-mode-scraper",
    ),
)
