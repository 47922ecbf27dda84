"""Answers of products as services read them off, written after the services' documentation; all invented."""

from __future__ import annotations

from typing import Any

from tests.tracker.citations.bodies.cases import Case

A, B, C = "https://a.example/1", "https://b.example/2", "https://c.example/3"
TRACKED = f"{A}?utm_source=chatgpt.com"
TABLE = "| Name | Preis |\n|---|---|\n| Norvane | 9 € |"
MARKDOWN = f"**Norvane** führt 🏢 ([A]({TRACKED})).\n\n{TABLE}"


def scraped(result: dict[str, Any], **more: Any) -> dict[str, Any]:
    """DataForSEO's envelope."""
    return {
        "version": "0.1.20261101",
        "status_code": 20000,
        "status_message": "Ok.",
        "cost": 0.004,
        "tasks_count": 1,
        "tasks_error": 0,
        "tasks": [
            {
                "id": "11261140-1535-0066-0000-0a1b2c3d4e5f",
                "status_code": 20000,
                "status_message": "Ok.",
                "cost": 0.004,
                "result_count": 1,
                "path": ["v3", "ai_optimization"],
                "data": {"api": "ai_optimization"},
                "result": [result],
            }
        ],
        **more,
    }


def source(url: str, title: str, **more: Any) -> dict[str, Any]:
    return {"type": "chat_gpt_source", "title": title, "snippet": "…", "domain": "d", "url": url, **more}


def annotation(url: str, **more: Any) -> dict[str, Any]:
    return {"title": url[8].upper(), "url": url, **more}


def answered(*sections: dict[str, Any], **more: Any) -> dict[str, Any]:
    result = {
        "model_name": "gpt-6-luna",
        "input_tokens": 120,
        "output_tokens": 80,
        "web_search": True,
        "money_spent": 0.0123,
        "datetime": "2026-11-26 10:00:00 +00:00",
        "fan_out_queries": ["crm preis"],
        "items": [
            {"type": "reasoning", "sections": [{"type": "summary_text", "text": "Let me think."}]},
            {"type": "message", "sections": list(sections)},
        ],
        **more,
    }
    return scraped(result, cost=0.0129)


CHATGPT_SCRAPED = {
    "keyword": "bestes crm",
    "location_code": 2276,
    "language_code": "de",
    "model": "gpt-5-6",
    "check_url": "https://chatgpt.com/?q=bestes+crm",
    "datetime": "2026-11-26 10:00:00 +00:00",
    "markdown": MARKDOWN,
    "search_results": [
        {
            "type": "chatgpt_search_result",
            "url": A,
            "domain": "a.example",
            "title": "Alpha",
            "breadcrumb": "x",
        },
        {"type": "chatgpt_search_result", "url": C, "domain": "c.example", "title": "Gamma"},
    ],
    "sources": [source(TRACKED, "Alpha"), source(B, "Beta", publication_date=None)],
    "fan_out_queries": ["crm 2026", "crm preis"],
    "brand_entities": [{"type": "chat_gpt_brand_entity", "title": "Norvane", "category": "CRM", "urls": []}],
    "se_results_count": 0,
    "item_types": ["chat_gpt_text", "chat_gpt_table"],
    "items_count": 3,
    "items": [
        {
            "type": "chat_gpt_text",
            "rank_group": 1,
            "rank_absolute": 1,
            "markdown": f"**Norvane** führt 🏢 ([A]({TRACKED})).",
            "sources": [source(TRACKED, "Alpha")],
        },
        {"type": "chat_gpt_table", "rank_group": 1, "rank_absolute": 2, "markdown": TABLE, "sources": None},
        {"type": "chat_gpt_ad", "title": "Buy now", "url": "https://ad.example/", "domain": "ad.example"},
    ],
}

BRIGHTDATA = {
    "url": "https://chatgpt.com/?q=crm",
    "prompt": "bestes crm",
    "answer_html": "<div>…</div>",
    "answer_text": "Norvane führt. Quillmere folgt.",
    "answer_text_markdown": f"Norvane führt [A]({A}). Quillmere folgt.",
    "model": "gpt-5-6",
    "web_search_triggered": False,
    "web_search_query": ["crm 2026"],
    "citations": [
        {"title": "Alpha", "url": TRACKED, "position": 1, "cited": True},
        {"title": "Beta", "url": B, "position": 2, "cited": True},
        {"title": "Gamma", "url": C, "position": 3, "cited": False},
    ],
    "search_sources": [{"url": C, "title": "Gamma", "favicon": "https://c.example/i.ico"}],
    "links_attached": [{"url": "https://quillmere.example/", "text": "Quillmere", "position": 1}],
    "recommendations": [],
    "references": [],
    "country": "DE",
    "is_map": False,
    "shopping_visible": False,
    "prompt_sent_at": "2026-11-26T10:00:00.000Z",
    "index": 1,
    "input": {"url": "https://chatgpt.com/", "prompt": "bestes crm", "country": "DE", "index": 1},
    "timestamp": "2026-11-26T10:00:41.000Z",
}


def job(content: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Oxylabs' envelope."""
    result = {
        "content": {"parse_status_code": 12000, **content},
        "created_at": "2026-11-26 10:00:00",
        "updated_at": "2026-11-26 10:01:00",
        "page": 1,
        "url": "https://chatgpt.com/?hints=search",
        "job_id": "7352996936896485377",
        "is_render_forced": False,
        "status_code": 200,
        "parser_type": "chatgpt",
        "parser_preset": None,
        **more,
    }
    return {"results": [result], "job": {"id": "7352996936896485377", "status": "done", "source": "chatgpt"}}


def task(response: dict[str, Any] | None, status: str = "COMPLETED") -> dict[str, Any]:
    """Cloro's, when it is looked at."""
    about = {"task": {"id": "1f3c", "taskType": "CHATGPT", "status": status}, "credits": {"charged": 7}}
    return about if response is None else {**about, "response": response}


def cells(header: list[str], *rows: list[str]) -> dict[str, Any]:
    return {"table_header": header, "table_content": list(rows)}


CASES = [
    Case(
        "DataForSEO's table stands in the text once, whether its words come flat, as Markdown or as cells",
        "dataforseo",
        scraped(
            {
                "keyword": "crm",
                "se_domain": "google.com",
                "items": [
                    {
                        "type": "ai_overview",
                        "items": [
                            {
                                "type": "ai_overview_table_element",
                                "markdown": TABLE,
                                "table": {
                                    "table_header": ["Name", "Preis"],
                                    "table_content": [["Norvane", "9 €"]],
                                },
                            },
                            {
                                "type": "ai_overview_table_element",
                                "text": "Stadt\nOrt\nQuillmere\nUlm",
                                "table": {
                                    "table_header": ["Stadt", "Ort"],
                                    "table_content": [["Quillmere", "Ulm"]],
                                },
                            },
                            {"type": "ai_overview_table_element", "markdown": "| Tarnwick |"},
                        ],
                    }
                ],
            }
        ),
        text="Name | Preis\nNorvane | 9 €\nStadt\nOrt\nQuillmere\nUlm\n| Tarnwick |",
        searches=["crm"],
        search_used=True,
        stop="shown",
        micros=4000,
    ),
    Case(
        "ChatGPT by the LLM Scraper: sources of an item have its place, an advertisement is no answer",
        "dataforseo_scraper",
        scraped(CHATGPT_SCRAPED),
        cited=[
            (TRACKED, f"**Norvane** führt 🏢 ([A]({TRACKED})).", "Alpha"),
            (B, None, "Beta"),
        ],
        retrieved=[TRACKED, B, C],
        searches=["crm 2026", "crm preis"],
        text=MARKDOWN,
        search_used=True,
        model="gpt-5-6",
        billed=1,
        micros=4000,
    ),
    Case(
        "Gemini by the LLM Scraper: no text of the whole, no search",
        "dataforseo_scraper",
        scraped(
            {
                "keyword": "crm",
                "model": "gemini",
                "search_results": None,
                "sources": None,
                "fan_out_queries": None,
                "items": [
                    {"type": "gemini_text", "markdown": "Norvane.", "sources": None},
                    {"type": "gemini_text", "markdown": "Quillmere.", "sources": []},
                ],
            }
        ),
        text="Norvane.\nQuillmere.",
        search_used=False,
        model="gemini",
        billed=1,
        micros=4000,
    ),
    Case(
        "LLM Responses with places: they count in the section, and its words decide",
        "dataforseo_responses",
        answered(
            {
                "type": "text",
                "text": "Norvane führt.",
                "annotations": [annotation(A, start_index=0, end_index=7, text="Norvane")],
            },
            {
                "type": "text",
                "text": "Dann 🏢 Quillmere.",
                "annotations": [
                    annotation(B, start_index=8, end_index=17, text="Quillmere"),
                    annotation(
                        "https://vertexaisearch.cloud.google.com/x", direct_url=C, start_index=0, end_index=4
                    ),
                ],
            },
        ),
        cited=[(A, "Norvane", "A"), (B, "Quillmere", "B"), (C, "Dann", "V")],
        retrieved=[A, B, C],
        searches=["crm preis"],
        text="Norvane führt.\n\nDann 🏢 Quillmere.",
        search_used=True,
        model="gpt-6-luna",
        micros=12900,
    ),
    Case(
        "LLM Responses of Perplexity count in the text",
        "dataforseo_responses",
        answered(
            {
                "type": "text",
                "text": "Norvane [2] und Quillmere [1][2].",
                "annotations": [annotation(A), annotation(B), annotation(C)],
            },
            fan_out_queries=None,
        ),
        cited=[(B, "[2]", "B"), (A, "[1]", "A"), (B, "[2]", "B")],
        retrieved=[A, B, C],
        search_used=True,
        micros=12900,
    ),
    Case(
        "LLM Responses without a search",
        "dataforseo_responses",
        answered(
            {"type": "text", "text": "Norvane.", "annotations": None}, fan_out_queries=None, web_search=False
        ),
        search_used=False,
        micros=12900,
    ),
    Case(
        "Bright Data's ChatGPT: the panel, its lower half, links, and a flag that says less than the sources",
        "brightdata",
        BRIGHTDATA,
        cited=[
            (A, f"[A]({A})", "Alpha"),
            ("https://quillmere.example/", "Quillmere", None),
            (B, None, "Beta"),
        ],
        retrieved=[TRACKED, B, C],
        searches=["crm 2026"],
        text=f"Norvane führt [A]({A}). Quillmere folgt.",
        search_used=True,
        model="gpt-5-6",
        billed=1,
    ),
    Case(
        "Bright Data's Perplexity counts in the text",
        "brightdata",
        {
            "url": "https://www.perplexity.ai/",
            "prompt": "crm",
            "answer_text_markdown": "Norvane [2].",
            "sources": [{"title": "Alpha", "url": A}, {"title": "Beta", "url": B}],
            "is_shopping_data": False,
        },
        cited=[(B, "[2]", "Beta")],
        retrieved=[A, B],
        search_used=True,
        billed=1,
    ),
    Case(
        "Bright Data's ChatGPT did not search",
        "brightdata",
        {"prompt": "crm", "answer_text": "Norvane.", "web_search_triggered": False, "citations": None},
        search_used=False,
        billed=1,
    ),
    Case(
        "Bright Data could not read the page",
        "brightdata",
        {
            "error": "Crawler error: prompt was not answered",
            "error_code": "timeout",
            "input": {"url": "https://chatgpt.com/", "prompt": "crm"},
            "timestamp": "2026-11-26T10:00:41.000Z",
        },
        text="",
        stop="timeout",
        problem="error",
        billed=1,
    ),
    Case(
        "Oxylabs' ChatGPT",
        "oxylabs",
        job(
            {
                "prompt": "crm",
                "llm_model": "gpt-5-6",
                "markdown_text": f"Norvane führt ([A]({TRACKED})). Quillmere folgt.",
                "response_text": "Norvane führt (A). Quillmere folgt.",
                "markdown_json": [{"type": "paragraph"}],
                "search_queries": ["crm 2026"],
                "citations": [{"url": A, "title": "Alpha"}, {"url": B, "title": "Beta"}],
                "links": [{"url": "https://quillmere.example/", "text": "Quillmere"}],
            }
        ),
        cited=[
            (TRACKED, f"[A]({TRACKED})", "Alpha"),
            ("https://quillmere.example/", "Quillmere", None),
            (B, None, "Beta"),
        ],
        retrieved=[A, B],
        searches=["crm 2026"],
        search_used=True,
        model="gpt-5-6",
        billed=1,
    ),
    Case(
        "Oxylabs' Perplexity: one list, whose pages all count as cited; suggested questions are no searches",
        "oxylabs",
        job(
            {
                "url": "https://www.perplexity.ai/search/crm",
                "model": "turbo",
                "prompt_query": "crm",
                "answer_results": ["Norvane."],
                "answer_results_md": "\nNorvane.",
                "displayed_tabs": ["search"],
                "related_queries": ["What about Quillmere"],
                "top_sources": [{"url": A, "title": "Alpha", "source": "a"}],
                "additional_results": {
                    "sources_results": [{"url": A, "title": "Alpha"}, {"url": B, "title": "Beta"}],
                    "images_results": [],
                },
            },
            parser_type="perplexity",
        ),
        cited=[(A, None, "Alpha"), (B, None, "Beta")],
        retrieved=[A, B],
        search_used=True,
        model="turbo",
        billed=1,
    ),
    Case(
        "Oxylabs' AI Mode names the words that a citation stands behind; a shopping search is no page",
        "oxylabs",
        job(
            {
                "prompt": "crm",
                "response_text": "Norvane leads. Quillmere follows.",
                "citations": [
                    {"text": "Norvane leads.", "urls": [A, B]},
                    {
                        "text": "Quillmere follows.",
                        "urls": ["https://www.google.com/search?q=product&ibp=oshop"],
                    },
                ],
            },
            parser_type="google_ai_mode",
        ),
        cited=[(A, "Norvane leads.", None), (B, "Norvane leads.", None)],
        search_used=True,
        billed=1,
    ),
    Case(
        "Oxylabs' result page with an overview",
        "oxylabs",
        job(
            {
                "url": "https://www.google.com/search?q=crm",
                "results": {
                    "organic": [{"url": C}],
                    "ai_overviews": [
                        {
                            "answer_text": [
                                {"fragments": [{"text": "Norvane "}, {"text": "leads."}]},
                                "Quillmere follows.",
                            ],
                            "source_panel": {"items": [{"url": A, "title": "Alpha"}]},
                        }
                    ],
                },
            },
            parser_type="google_search",
        ),
        cited=[(A, None, "Alpha")],
        retrieved=[A],
        text="Norvane leads.\nQuillmere follows.",
        search_used=True,
        billed=1,
    ),
    Case(
        "Oxylabs' result page without an overview",
        "oxylabs",
        job({"results": {"organic": [{"url": C}]}}, parser_type="google_search"),
        text="",
        stop="not_shown",
        search_used=True,
        billed=1,
    ),
    Case(
        "Oxylabs could not read the page",
        "oxylabs",
        job({"parse_status_code": 12005}, status_code=613),
        text="",
        stop="613",
        problem="error",
        billed=1,
    ),
    Case(
        "Cloro's ChatGPT at once: chips behind sentences, a panel, and what it lists under more",
        "cloro",
        {
            "success": True,
            "result": {
                "text": "Norvane führt. Quillmere folgt.",
                "markdown": f"Norvane führt ([A]({TRACKED})). Quillmere folgt.",
                "model": "gpt-5-6",
                "html": "https://storage.example/1.html",
                "searchQueries": ["crm 2026"],
                "citationPills": [
                    {
                        "citationPillId": 1,
                        "url": TRACKED,
                        "label": "Alpha",
                        "domain": "a.example",
                        "position": 1,
                    }
                ],
                "sources": [
                    {"position": 1, "url": TRACKED, "label": "Alpha", "description": "…", "footnote": False},
                    {"position": 2, "url": B, "label": "Beta", "description": "…", "footnote": False},
                    {"position": 3, "url": C, "label": "Gamma", "description": "…", "footnote": True},
                ],
                "entities": [{"type": "company", "name": "Norvane"}],
            },
        },
        cited=[(TRACKED, f"[A]({TRACKED})", "Alpha"), (B, None, "Beta")],
        retrieved=[TRACKED, B, C],
        searches=["crm 2026"],
        search_used=True,
        model="gpt-5-6",
        billed=1,
    ),
    Case(
        "Cloro's task, done: Perplexity counts in the text",
        "cloro",
        task(
            {
                "text": "Norvane [1].",
                "sources": [
                    {"position": 1, "url": A, "label": "Alpha"},
                    {"position": 2, "url": B, "label": "B"},
                ],
                "search_model_queries": ["bestes crm"],
                "related_queries": ["And Quillmere?"],
            }
        ),
        cited=[(A, "[1]", "Alpha")],
        retrieved=[A, B],
        searches=["bestes crm"],
        search_used=True,
        billed=1,
    ),
    Case(
        "Cloro's overview of a result page",
        "cloro",
        task(
            {
                "organicResults": [],
                "aioverview": {
                    "text": "Norvane leads.",
                    "markdown": "**Norvane** leads.",
                    "sources": [{"position": 1, "url": A, "label": "Alpha"}],
                    "relatedLinks": [{"url": "https://www.google.com/search?q=product", "label": "P"}],
                },
            }
        ),
        cited=[(A, None, "Alpha")],
        retrieved=[A],
        text="**Norvane** leads.",
        search_used=True,
        billed=1,
    ),
    Case(
        "Cloro's result page shows no overview",
        "cloro",
        task({"organicResults": [], "aioverview": None}),
        text="",
        stop="not_shown",
        search_used=True,
        billed=1,
    ),
    Case(
        "Cloro's task is still waiting",
        "cloro",
        task(None, "QUEUED"),
        text="",
        stop="QUEUED",
        problem="pause",
        billed=1,
    ),
    Case(
        "Cloro's task failed",
        "cloro",
        task({"error": {"code": "PROVIDER_ERROR", "message": "ChatGPT did not answer"}}, "FAILED"),
        text="",
        stop="FAILED",
        problem="error",
        billed=1,
    ),
    Case(
        "Apify's ChatGPT says in which part of the panel a source stands",
        "apify",
        {
            "searchQuery": {"term": "crm", "countryCode": "US"},
            "chatGptSearchResult": {
                "engine": "ChatGPT Search",
                "provider": "OpenAI",
                "text": f"Norvane führt [A]({TRACKED}).",
                "sources": [
                    {"id": 1, "title": "Alpha", "url": TRACKED, "section": "Citations"},
                    {"id": 2, "title": "Gamma", "url": C, "section": "More"},
                ],
                "queryFanOut": ["crm 2026"],
            },
        },
        cited=[(TRACKED, f"[A]({TRACKED})", "Alpha")],
        retrieved=[TRACKED, C],
        searches=["crm 2026"],
        search_used=True,
        billed=1,
    ),
    Case(
        "Apify's AI Mode",
        "apify",
        {
            "searchQuery": {"term": "crm"},
            "aiModeResult": {
                "engine": "Google AI Mode",
                "provider": "Google",
                "text": "Norvane leads.",
                "sources": [{"title": "Alpha", "url": A, "description": "…", "imageUrl": None}],
            },
        },
        cited=[(A, None, "Alpha")],
        retrieved=[A],
        search_used=True,
        billed=1,
    ),
    Case(
        "Apify's result page shows no overview",
        "apify",
        {"searchQuery": {"term": "crm"}, "aiOverview": None, "organicResults": [{"url": C}]},
        text="",
        stop="not_shown",
        search_used=True,
        billed=1,
    ),
    Case(
        "SearchAPI's ChatGPT: the blocks of its AI answers, and the model that gave it",
        "serpapi_ai_mode",
        {
            "search_metadata": {"id": "search_1", "status": "Success"},
            "search_parameters": {"engine": "chatgpt", "q": "crm", "web_search": "true"},
            "text_blocks": [
                {"type": "paragraph", "answer": "Norvane leads.", "reference_indexes": [0]},
                {
                    "type": "unordered_list",
                    "items": [
                        {"type": "list_item", "answer": "Quillmere follows.", "reference_indexes": [1]}
                    ],
                },
            ],
            "markdown": "Norvane leads.\n- Quillmere follows.",
            "reference_links": [
                {"index": 0, "title": "Alpha", "link": A, "source": "a", "snippet": "…"},
                {"index": 1, "title": "Beta", "link": B},
            ],
            "response_metadata": {"model": "gpt-5-6"},
        },
        cited=[(A, "Norvane leads.", "Alpha"), (B, "Quillmere follows.", "Beta")],
        retrieved=[A, B],
        text="Norvane leads.\nQuillmere follows.",
        search_used=True,
        stop="Success",
        model="gpt-5-6",
    ),
    Case(
        "SearchAPI's ChatGPT did not search",
        "serpapi_ai_mode",
        {
            "search_metadata": {"status": "Success"},
            "search_parameters": {"engine": "chatgpt", "q": "crm"},
            "text_blocks": [{"type": "paragraph", "answer": "Norvane."}],
            "response_metadata": {"model": "gpt-5-6"},
        },
        search_used=False,
        stop="Success",
        model="gpt-5-6",
    ),
    Case(
        "Scrapingdog's AI Mode",
        "serpapi_ai_mode",
        {
            "references": [{"link": f"{A}#:~:text=crm", "title": "Alpha", "source": "A", "index": 0}],
            "text_blocks": [{"type": "paragraph", "snippet": "Norvane leads.", "reference_indexes": [0]}],
        },
        cited=[(f"{A}#:~:text=crm", "Norvane leads.", "Alpha")],
        retrieved=[f"{A}#:~:text=crm"],
        search_used=True,
    ),
]
