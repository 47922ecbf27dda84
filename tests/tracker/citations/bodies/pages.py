"""Search APIs, result pages and error bodies, all invented."""

from __future__ import annotations

from typing import Any

from tests.tracker.citations.bodies.cases import Case

FRAGMENT = "https://a.example/1#:~:text=gr%C3%B6%C3%9Fe"


def refs(*links: str, first: int = 0) -> list[dict[str, Any]]:
    return [
        {"index": index, "title": link[8].upper(), "link": link, "snippet": "…", "source": "S"}
        for index, link in enumerate(links, start=first)
    ]


def serp(**more: Any) -> dict[str, Any]:
    return {
        "search_metadata": {"id": "1", "status": "Success"},
        "search_parameters": {"engine": "google", "q": "bestes crm"},
        "organic_results": [{"position": 1, "link": "https://organic.example"}],
        **more,
    }


def task(*result_items: Any, kind: str = "organic", code: int = 20000) -> dict[str, Any]:
    result = {"keyword": "bestes crm", "type": kind, "se_domain": "google.com", "items": list(result_items)}
    return {
        "version": "0.1",
        "status_code": 20000,
        "status_message": "Ok.",
        "cost": 0.0035,
        "tasks": [{"id": "1", "status_code": code, "status_message": "Message.", "result": [result]}],
    }


def ref(url: str, title: str = "T") -> dict[str, Any]:
    return {
        "type": "ai_overview_reference",
        "url": url,
        "title": title,
        "domain": "d",
        "text": "…",
        "source": "s",
    }


ANSWERS = [
    Case(
        "SerpApi is still at it",
        "serpapi_overview",
        {"search_metadata": {"status": "Processing"}, "search_parameters": {"engine": "google_ai_overview"}},
        search_used=True,
        stop="Processing",
        problem="pause",
    ),
    Case(
        "Exa cites by links in the answer and lists what it read",
        "exa",
        {
            "requestId": "1",
            "answer": "Größe 🏢 ([A](https://a.example/1), [W](https://en.example/X_(y)), [N](https://n.example/0)).",
            "citations": [
                {"id": "https://a.example/1", "url": "https://a.example/1", "title": "Alpha", "text": "…"},
                {"id": "https://en.example/X_(y)", "url": "https://www.en.example/X_(y)", "title": "Wiki"},
                {"id": "https://b.example/2", "url": "https://b.example/2", "title": "Beta"},
            ],
            "costDollars": {"total": 0.005},
        },
        cited=[
            ("https://a.example/1", "[A](https://a.example/1)", "Alpha"),
            ("https://en.example/X_(y)", "[W](https://en.example/X_(y))", "Wiki"),
            ("https://n.example/0", "[N](https://n.example/0)", None),
        ],
        retrieved=["https://a.example/1", "https://www.en.example/X_(y)", "https://b.example/2"],
        search_used=True,
        billed=1,
        micros=5000,
    ),
    Case(
        "Tavily found pages and says nothing",
        "tavily",
        {
            "query": "crm",
            "answer": None,
            "images": [],
            "results": [{"url": "https://a.example/1", "title": "A", "content": "…", "score": 0.9}, None],
            "response_time": 0.8,
        },
        retrieved=["https://a.example/1"],
        searches=["crm"],
        search_used=True,
        text="",
        problem="empty",
        billed=1,
    ),
    Case(
        "Tavily answers without pointing",
        "tavily",
        {"query": "crm", "answer": "Norvane.", "results": [{"url": "https://a.example/1"}]},
        retrieved=["https://a.example/1"],
        searches=["crm"],
        search_used=True,
        billed=1,
    ),
]

OVERVIEW = {
    "text_blocks": [
        {"type": "paragraph", "snippet": "Größe 🏢 zählt.", "reference_indexes": [0, 1]},
        {"type": "heading", "snippet": "Auswahl"},
        {
            "type": "list",
            "list": [
                {"title": "Norvane", "snippet": "Gut.", "reference_indexes": [2]},
                {
                    "snippet": "Kiosk",
                    "text_blocks": [
                        {"type": "paragraph", "snippet": "Tief.", "reference_indexes": [1, 77, None]}
                    ],
                },
            ],
        },
        {
            "type": "table",
            "table": [["Name", "Preis"], ["Norvane", {"snippet": "10 €", "reference_indexes": [0]}]],
        },
        {
            "type": "comparison",
            "product_labels": ["N", "K"],
            "comparison": [{"feature": "Preis", "values": ["10", "20"], "reference_indexes": [2]}],
        },
    ],
    "references": refs(FRAGMENT, "https://b.example/2", "https://c.example/3", "https://d.example/4"),
}
OVERVIEW_TEXT = (
    "Größe 🏢 zählt.\nAuswahl\nNorvane\nGut.\nKiosk\nTief.\nName | Preis\nNorvane | 10 €\nPreis: 10 | 20"
)
OVERVIEW_CITED = [
    (FRAGMENT, "Größe 🏢 zählt.", "A"),
    ("https://b.example/2", "Größe 🏢 zählt.", "B"),
    ("https://c.example/3", "Norvane\nGut.", "C"),
    ("https://b.example/2", "Tief.", "B"),
    (FRAGMENT, "10 €", "A"),
    ("https://c.example/3", "Preis: 10 | 20", "C"),
]
OVERVIEW_READ = [FRAGMENT, "https://b.example/2", "https://c.example/3", "https://d.example/4"]

RESULT_PAGES = [
    Case(
        "blocks refer at every depth; one reference is never referred to",
        "serpapi_overview",
        serp(ai_overview=OVERVIEW),
        text=OVERVIEW_TEXT,
        cited=OVERVIEW_CITED,
        retrieved=OVERVIEW_READ,
        searches=["bestes crm"],
        search_used=True,
        stop="Success",
    ),
    Case(
        "only a page token",
        "serpapi_overview",
        serp(ai_overview={"page_token": "abc", "serpapi_link": "https://serp.example"}),
        searches=["bestes crm"],
        search_used=True,
        text="",
        stop="Success",
        problem="pause",
    ),
    Case(
        "no overview shown is a result",
        "serpapi_overview",
        serp(),
        searches=["bestes crm"],
        search_used=True,
        text="",
        stop="not_shown",
    ),
    Case(
        "Google had nothing at all",
        "serpapi_overview",
        serp(error="Google hasn't returned any results for this query."),
        searches=["bestes crm"],
        search_used=True,
        text="",
        stop="not_shown",
    ),
    Case(
        "the search failed",
        "serpapi_overview",
        {"search_metadata": {"status": "Error"}, "error": "Invalid API key."},
        search_used=True,
        text="",
        stop="Error",
        problem="error",
    ),
    Case(
        "AI Mode has the blocks at the top",
        "serpapi_ai_mode",
        {
            "search_metadata": {"status": "Success"},
            "search_parameters": {"engine": "google_ai_mode", "q": "bestes crm"},
            "reconstructed_markdown": "…",
            **OVERVIEW,
        },
        text=OVERVIEW_TEXT,
        cited=OVERVIEW_CITED,
        retrieved=OVERVIEW_READ,
        searches=["bestes crm"],
        search_used=True,
        stop="Success",
    ),
    Case(
        "SearchAPI calls its references links and counts from one",
        "serpapi_ai_mode",
        {
            "search_parameters": {"engine": "google_ai_mode", "q": "crm"},
            "text_blocks": [{"type": "paragraph", "answer": "Norvane.", "reference_indexes": [1]}],
            "reference_links": refs("https://a.example/1", "https://b.example/2", first=1),
        },
        cited=[("https://a.example/1", "Norvane.", "A")],
        retrieved=["https://a.example/1", "https://b.example/2"],
        searches=["crm"],
        search_used=True,
    ),
    Case(
        "no block refers to anything: the shown list is what is cited",
        "serpapi_ai_mode",
        {
            "search_parameters": {"engine": "google_ai_mode"},
            "text_blocks": [{"type": "paragraph", "snippet": "Norvane."}],
            "references": refs("https://a.example/1"),
        },
        cited=[("https://a.example/1", None, "A")],
        retrieved=["https://a.example/1"],
        search_used=True,
    ),
    Case(
        "DataForSEO's elements carry references, links, tables, and paid ones do not count",
        "dataforseo",
        task(
            {"type": "organic", "url": "https://organic.example"},
            {
                "type": "ai_overview",
                "markdown": "…",
                "references": [ref("https://a.example/1", "A"), ref("https://u.example/9", "U")],
                "items": [
                    {
                        "type": "ai_overview_element",
                        "title": "Größe 🏢",
                        "text": "Zählt.",
                        "references": [ref("https://a.example/1", "A")],
                        "links": [{"type": "link_element", "url": "https://l.example/5", "title": "L"}],
                    },
                    {
                        "type": "ai_overview_expanded_element",
                        "title": "Mehr",
                        "components": [
                            {
                                "type": "ai_overview_element",
                                "text": "Tief.",
                                "references": [ref("https://b.example/2")],
                            }
                        ],
                    },
                    {
                        "type": "ai_overview_table_element",
                        "table": {"table_header": ["N", "P"], "table_content": [["Norvane", "10"]]},
                        "references": None,
                    },
                    {
                        "type": "ai_overview_video_element",
                        "title": "Film",
                        "snippet": "…",
                        "url": "https://v.example/7",
                    },
                    {
                        "type": "ai_overview_paid",
                        "items": [{"type": "ai_overview_paid_element", "url": "https://ad.example"}],
                    },
                ],
            },
        ),
        text="Größe 🏢\nZählt.\nMehr\nTief.\nN | P\nNorvane | 10\nFilm\n…",
        cited=[
            ("https://a.example/1", "Größe 🏢\nZählt.", "A"),
            ("https://l.example/5", "Größe 🏢\nZählt.", "L"),
            ("https://b.example/2", "Tief.", "T"),
            ("https://v.example/7", "Film\n…", "Film"),
        ],
        retrieved=[
            "https://a.example/1",
            "https://u.example/9",
            "https://l.example/5",
            "https://b.example/2",
            "https://v.example/7",
        ],
        searches=["bestes crm"],
        search_used=True,
        stop="shown",
        micros=3500,
    ),
    Case(
        "DataForSEO's AI Mode with a list only",
        "dataforseo",
        task(
            {"type": "ai_overview", "markdown": "Norvane.", "references": [ref("https://a.example/1")]},
            kind="ai_mode",
        ),
        text="Norvane.",
        cited=[("https://a.example/1", None, "T")],
        retrieved=["https://a.example/1"],
        searches=["bestes crm"],
        search_used=True,
        stop="shown",
        micros=3500,
    ),
    Case(
        "DataForSEO's page shows no overview",
        "dataforseo",
        task({"type": "organic"}),
        searches=["bestes crm"],
        search_used=True,
        text="",
        stop="not_shown",
        micros=3500,
    ),
    Case(
        "DataForSEO's task failed",
        "dataforseo",
        {
            "version": "0.1",
            "status_code": 40100,
            "status_message": "Not authorized.",
            "tasks": None,
            "cost": 0,
        },
        search_used=True,
        text="",
        stop="40100",
        problem="error",
    ),
]


def error(name: str, body: dict[str, Any], stop: str | None) -> Case:
    return Case(name, "error", body, text="", stop=stop, problem="error")


ERRORS = [
    error(
        "OpenAI 401",
        {
            "error": {
                "message": "Incorrect key.",
                "type": "invalid_request_error",
                "param": None,
                "code": "bad_key",
            }
        },
        "invalid_request_error",
    ),
    error(
        "Anthropic 529",
        {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}, "request_id": "r"},
        "overloaded_error",
    ),
    error(
        "Google 429",
        {
            "error": {
                "code": 429,
                "message": "Quota.",
                "status": "RESOURCE_EXHAUSTED",
                "details": [{"@type": "x"}],
            }
        },
        "RESOURCE_EXHAUSTED",
    ),
    error(
        "OpenRouter 402",
        {"error": {"message": "Credits.", "code": 402, "metadata": {}}, "user_id": "u"},
        "402",
    ),
    error(
        "xAI 400",
        {"code": "Client specified an invalid argument", "error": "No."},
        "Client specified an invalid argument",
    ),
    error(
        "Mistral 422",
        {
            "object": "error",
            "message": {"detail": [{"loc": ["body"], "msg": "Field required"}]},
            "type": "invalid",
        },
        "invalid",
    ),
    error("Mistral 401", {"detail": "Unauthorized"}, None),
    error("FastAPI 422", {"detail": [{"loc": ["q"], "msg": "Field required", "type": "missing"}]}, None),
    error("Cohere 401", {"id": "1", "message": "invalid api token"}, None),
    error("Bedrock 400", {"__type": "ThrottlingException", "message": "Slow down."}, "ThrottlingException"),
    error("Bedrock 403", {"Message": "Signature expired."}, None),
    error("Tavily 432", {"detail": {"error": "Plan limit."}}, None),
    error(
        "Exa 400", {"requestId": "1", "error": "Bad.", "tag": "INVALID_REQUEST_BODY"}, "INVALID_REQUEST_BODY"
    ),
    error("SerpApi 401", {"error": "Invalid API key."}, None),
    error("a list of errors", {"errors": ["One.", {"message": "Two."}]}, None),
]

CASES = [*ANSWERS, *RESULT_PAGES, *ERRORS]
