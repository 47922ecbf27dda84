"""Resellers' additions, dumps of client libraries, and the rarer blocks of result pages, all invented."""

from __future__ import annotations

from typing import Any

from tests.tracker.citations.bodies.cases import Case
from tests.tracker.citations.bodies.chats import SONAR, chat
from tests.tracker.citations.bodies.pages import ref, refs, serp

A, B, C = "https://a.example/1", "https://b.example/2", "https://c.example/3"
SHELF = "https://shelf.example/größe"
GOOGLE = "https://www.google.com/search?q=Norvane&sa=X"
NO_GROUNDING: dict[str, Any] = {
    "vertex_ai_grounding_metadata": [],
    "vertex_ai_url_context_metadata": [],
    "vertex_ai_safety_results": [[{"category": "HARM", "probability": "LOW", "severityScore": 0.1}]],
    "vertex_ai_citation_metadata": [],
}

CHATS = [
    Case(
        "a single piece of a stream has a delta in place of the message",
        "perplexity_chat",
        {
            "id": "1",
            "object": "chat.completion.chunk",
            "model": "sonar",
            "choices": [
                {
                    "index": 0,
                    "delta": {"role": "assistant", "content": "Norvane[2]."},
                    "finish_reason": None,
                }
            ],
            "usage": None,
            "citations": [{"url": A, "title": "A"}, {"url": B, "title": "B"}],
        },
        text="Norvane[2].",
        cited=[(B, "[2]", "B")],
        retrieved=[A, B],
        search_used=True,
    ),
    Case(
        "Pro Search tells what it looked for and which pages it met on the way",
        "perplexity_chat",
        chat(
            {
                "content": "Norvane[1].",
                "tool_call_id": None,
                "reasoning_steps": [
                    {
                        "thought": "Erst suchen.",
                        "type": "web_search",
                        "web_search": {
                            "search_keywords": ["bestes crm", "crm größe"],
                            "search_results": [
                                {"url": A, "title": "A", "date": None},
                                {"url": "https://d.example/4", "title": "D", "snippet": "…"},
                            ],
                        },
                    },
                    {
                        "thought": "Dann lesen.",
                        "type": "fetch_url_content",
                        "fetch_url_content": {"contents": [{"url": "https://e.example/5", "title": "E"}]},
                    },
                    {"type": "execute_python", "execute_python": {"code": "1", "result": "1"}},
                ],
            },
            **SONAR,
        ),
        cited=[(A, "[1]", None)],
        retrieved=[A, B, C, "https://d.example/4", "https://e.example/5"],
        searches=["bestes crm", "crm größe"],
        search_used=True,
        stop="stop",
        billed=2,
        micros=6140,
    ),
    Case(
        "a message brings the pages it was written from, its links say which it cites",
        "openai_chat",
        chat(
            {
                "content": f"Norvane 🏢 ([N]({A})).",
                "citations": [
                    {"id": A, "url": A, "title": "Norvane", "text": "…", "publishedDate": "2026-01-01"},
                    {"id": B, "url": B, "title": "Kiosk", "author": "x"},
                ],
            },
            model="exa",
            costDollars={"total": 0.005},
        ),
        cited=[(A, f"[N]({A})", "Norvane")],
        retrieved=[A, B],
        search_used=True,
        stop="stop",
        micros=5000,
    ),
    Case(
        "the pages of a message are pointed at by number",
        "openai_chat",
        chat({"content": "Norvane[2].", "citations": [A, B]}, model="reseller"),
        cited=[(B, "[2]", None)],
        retrieved=[A, B],
        search_used=True,
        stop="stop",
    ),
    Case(
        "Groq points into the caller's own documents and tools",
        "openai_chat",
        chat(
            {
                "content": "Vier Prozent.",
                "annotations": [
                    {
                        "type": "document_citation",
                        "document_citation": {"document_id": "d", "start_index": 0, "end_index": 4},
                    },
                    {
                        "type": "function_citation",
                        "function_citation": {"tool_call_id": "c", "start_index": 0, "end_index": 4},
                    },
                ],
            },
            model="llama-3.3-70b-versatile",
        ),
        stop="stop",
    ),
    Case(
        "Groq looks at one page, which it lists nowhere",
        "groq",
        chat(
            {
                "content": "Norvane wächst.",
                "executed_tools": [
                    {
                        "index": 0,
                        "type": "visit",
                        "arguments": f'{{"url": "{A}"}}',
                        "output": f"Title: A\nURL: {A}",
                        "search_results": {"results": []},
                    }
                ],
            },
            model="groq/compound",
        ),
        search_used=True,
        stop="stop",
    ),
    Case(
        "OpenRouter's Responses name the price as a number",
        "openai_responses",
        {
            "object": "response",
            "id": "gen-1",
            "model": "anthropic/claude",
            "status": "completed",
            "output_text": "",
            "output": [
                {
                    "type": "message",
                    "role": "assistant",
                    "content": [{"type": "output_text", "text": "Ja.", "annotations": []}],
                }
            ],
            "usage": {
                "input_tokens": 1,
                "output_tokens": 2,
                "cost": 0.003837,
                "is_byok": False,
                "cost_details": {"upstream_inference_cost": None},
            },
        },
        text="Ja.",
        search_used=False,
        stop="completed",
        micros=3837,
        billed=0,
    ),
    Case(
        "OpenRouter's own tools fetch pages, of which one failed, and say what it cost",
        "openai_responses",
        {
            "object": "response",
            "id": "gen-1",
            "model": "openai/gpt-5",
            "status": "completed",
            "output": [
                {"type": "openrouter:web_fetch", "url": A, "title": "A", "content": "…", "httpStatus": 200},
                {"type": "openrouter:web_fetch", "url": C, "httpStatus": 404, "error": "Not found"},
                {"type": "openrouter:bash", "command": "ls", "exitCode": 0, "stdout": "", "stderr": ""},
                {
                    "type": "message",
                    "role": "assistant",
                    "content": [
                        {
                            "type": "output_text",
                            "text": "Ja.",
                            "annotations": [{"type": "url_citation", "url": B, "title": "B", "content": "…"}],
                        }
                    ],
                },
            ],
            "usage": {
                "input_tokens": 1,
                "output_tokens": 2,
                "cost": 0.008,
                "server_tool_use_details": {"web_search_requests": 0, "tool_calls_executed": 3},
            },
        },
        text="Ja.",
        cited=[(B, None, "B")],
        retrieved=[A],
        search_used=True,
        stop="completed",
        micros=8000,
        billed=0,
    ),
    Case(
        "Cohere's queries over the caller's own documents are no search of the web",
        "cohere",
        {
            "text": "Norvane wins.",
            "generation_id": "1",
            "finish_reason": "COMPLETE",
            "citations": [{"start": 0, "end": 7, "text": "Norvane", "document_ids": ["doc-2"]}],
            "documents": [{"id": "doc-2", "text": "Norvane wins."}],
            "search_queries": [{"text": "crm", "generation_id": "2"}],
        },
        cited=[("doc-2", "Norvane", None)],
        searches=["crm"],
        search_used=False,
        stop="COMPLETE",
    ),
]

DUMPS = [
    Case(
        "litellm dumped Gemini that had looked nothing up",
        "litellm",
        chat({"content": "आधार.", "tool_calls": None, "images": []}, model="gemini-2.5-pro", **NO_GROUNDING),
        search_used=False,
        stop="stop",
    ),
    Case(
        "litellm counts a model's searches among the tokens of the prompt",
        "openai_chat",
        chat(
            {"content": "Norvane."},
            model="gemini-2.5-pro",
            usage={
                "prompt_tokens": 1,
                "completion_tokens": 2,
                "prompt_tokens_details": {"web_search_requests": 2, "cached_tokens": None},
            },
        ),
        search_used=True,
        stop="stop",
        billed=2,
    ),
    Case(
        "litellm dumped Anthropic: a citation quotes its block, a fetched page is named by its number",
        "litellm",
        chat(
            {
                "content": "Ich lese. Norvane ist groß.Kiosk ist groß.",
                "provider_specific_fields": {
                    "citations": [
                        [
                            {
                                "type": "web_search_result_location",
                                "url": A,
                                "title": "A",
                                "supported_text": "Norvane ist groß.",
                            }
                        ],
                        [
                            {
                                "type": "char_location",
                                "document_index": 0,
                                "document_title": "Kiosk",
                                "supported_text": "Kiosk ist groß.",
                            }
                        ],
                        [{"type": "web_search_result_location", "url": C, "supported_text": "Anderswo."}],
                    ],
                    "web_search_results": [
                        {
                            "type": "web_search_tool_result",
                            "content": [{"type": "web_search_result", "url": A, "title": "A"}],
                        },
                        {
                            "type": "web_fetch_tool_result",
                            "content": {
                                "type": "web_fetch_result",
                                "url": B,
                                "content": {"type": "document", "title": "Kiosk"},
                            },
                        },
                    ],
                    "web_search_calls": [{"action": {"type": "search", "query": "crm", "queries": ["crm"]}}],
                },
            },
            model="claude-sonnet-4-5",
        ),
        cited=[(A, "Norvane ist groß.", "A"), (B, "Kiosk ist groß.", "Kiosk"), (C, None, None)],
        retrieved=[A, B],
        searches=["crm"],
        search_used=True,
        stop="stop",
    ),
    Case(
        "litellm dumped Cohere without the documents, whose names are left",
        "litellm",
        chat(
            {"content": "Größe: Norvane."},
            model="command-r",
            citations=[{"start": 7, "end": 14, "text": "Norvane", "document_ids": ["web-search_0", "doc-1"]}],
        ),
        cited=[("web-search_0", "Norvane", None), ("doc-1", "Norvane", None)],
        stop="stop",
    ),
    Case(
        "litellm names the caller's own documents as if they were addresses",
        "openai_chat",
        chat(
            {
                "content": "Größe: Norvane.",
                "annotations": [
                    {
                        "type": "url_citation",
                        "url_citation": {
                            "url": "source:doc:0",
                            "title": "Akte",
                            "start_index": 7,
                            "end_index": 14,
                        },
                    }
                ],
            },
            model="command-r",
        ),
        cited=[("source:doc:0", "Norvane", "Akte")],
        stop="stop",
    ),
    Case(
        "litellm dumped a reseller's error, and what the request asked for",
        "openai_chat",
        chat(
            {"content": None},
            model="openrouter/",
            error={"message": "Provider returned error", "code": 429, "metadata": {"raw": "{}"}},
            user_id="u",
            frequency_penalty=0.0,
            presence_penalty=0.0,
        ),
        stop="stop",
        problem="error",
    ),
]


def mode(*blocks: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "search_metadata": {"id": "1", "status": "Success"},
        "search_parameters": {"engine": "google_ai_mode", "q": "bestes crm"},
        "text_blocks": list(blocks),
        **more,
    }


PAGES = [
    Case(
        "Bright Data names a list by its first entry, and says the query elsewhere",
        "serpapi_overview",
        {
            "general": {"query": "bestes crm"},
            "ai_overview": {
                "texts": [
                    {
                        "type": "list",
                        "title": "Norvane: groß.",
                        "list": [
                            {"type": "paragraph", "snippet": "Norvane: groß."},
                            {"type": "paragraph", "snippet": "Kiosk: klein.", "reference_indexes": [0]},
                        ],
                    }
                ],
                "references": [{"href": A, "title": "A", "index": 0}],
            },
        },
        text="Norvane: groß.\nKiosk: klein.",
        cited=[(A, "Kiosk: klein.", "A")],
        retrieved=[A],
        searches=["bestes crm"],
        search_used=True,
    ),
    Case(
        "links in the words cite, those to Google's own search do not, nor twice what a reference names",
        "serpapi_ai_mode",
        mode(
            {"type": "heading", "snippet": "Größe", "level": 3},
            {
                "type": "paragraph",
                "snippet": "Norvane und Kiosk.",
                "snippet_links": [
                    {"text": "Norvane", "link": GOOGLE},
                    {"text": "Kiosk", "link": C},
                    {"text": "Norvane", "link": A},
                ],
                "reference_indexes": [0],
            },
            {
                "type": "table",
                "table": [["Laden", "Seite"], ["Shelf", "Zur Seite"]],
                "detailed": [
                    [{"snippet": "Laden"}, {"snippet": "Seite"}],
                    [
                        {"snippet": "Shelf"},
                        {
                            "snippet": "Zur Seite",
                            "snippet_links": [{"text": "Zur Seite", "link": SHELF}],
                            "reference_indexes": [1],
                        },
                    ],
                ],
                "formatted": [{"laden": "Shelf", "seite": "Zur Seite"}],
            },
            references=refs(A, B),
        ),
        text="Größe\nNorvane und Kiosk.\nLaden | Seite\nShelf | Zur Seite",
        cited=[
            (A, "Norvane und Kiosk.", "A"),
            (C, "Kiosk", None),
            (B, "Zur Seite", "B"),
            (SHELF, "Zur Seite", None),
        ],
        retrieved=[A, B],
        searches=["bestes crm"],
        search_used=True,
        stop="Success",
    ),
    Case(
        "no block names a reference: the links and the rest of the list",
        "serpapi_ai_mode",
        mode(
            {"type": "list", "list": [{"snippet": "Norvane.", "snippet_links": [{"link": A}]}]},
            references=refs(A, B),
        ),
        text="Norvane.",
        cited=[(A, "Norvane.", "A"), (B, None, "B")],
        retrieved=[A, B],
        searches=["bestes crm"],
        search_used=True,
        stop="Success",
    ),
    Case(
        "a list refers as a whole",
        "serpapi_ai_mode",
        mode(
            {
                "type": "list",
                "list": [{"snippet": "Eins."}, {"snippet": "Zwei.", "reference_indexes": [1]}],
                "reference_indexes": [0],
            },
            references=refs(A, B),
        ),
        text="Eins.\nZwei.",
        cited=[(B, "Zwei.", "B"), (A, "Eins.\nZwei.", "A")],
        retrieved=[A, B],
        searches=["bestes crm"],
        search_used=True,
        stop="Success",
    ),
    Case(
        "an answer of Markdown alone",
        "serpapi_ai_mode",
        mode(
            reconstructed_markdown=f"**Norvane** ist groß.\n\n### References\n\n[0] {A}\n", references=refs(A)
        ),
        text="**Norvane** ist groß.\n",
        cited=[(A, None, "A")],
        retrieved=[A],
        searches=["bestes crm"],
        search_used=True,
        stop="Success",
    ),
    Case(
        "an overview opens sections and shows stories",
        "serpapi_overview",
        serp(
            ai_overview={
                "text_blocks": [
                    {
                        "type": "expandable",
                        "title": "Anfang",
                        "subtitle": "Wie es geht",
                        "text_blocks": [{"type": "paragraph", "snippet": "So.", "reference_indexes": [0]}],
                    },
                    {
                        "type": "top_stories",
                        "top_stories": [
                            {"title": "Norvane wächst", "link": B, "source": "B", "live": True},
                            {"title": "Suche", "link": GOOGLE, "source_icon": "x"},
                        ],
                    },
                ],
                "references": refs(A),
            }
        ),
        text="Anfang\nWie es geht\nSo.\nNorvane wächst\nSuche",
        cited=[(A, "So.", "A"), (B, "Norvane wächst", "Norvane wächst")],
        retrieved=[A],
        searches=["bestes crm"],
        search_used=True,
        stop="Success",
    ),
    Case(
        "DataForSEO lists a reference among the elements",
        "dataforseo",
        {
            "status_code": 20000,
            "tasks": [
                {
                    "status_code": 20000,
                    "result": [
                        {
                            "keyword": "crm",
                            "items": [
                                {
                                    "type": "ai_overview",
                                    "items": [
                                        {
                                            "type": "ai_overview_element",
                                            "text": "Norvane.",
                                            "references": None,
                                        },
                                        ref(A),
                                    ],
                                }
                            ],
                        }
                    ],
                }
            ],
        },
        text="Norvane.",
        cited=[(A, None, "T")],
        retrieved=[A],
        searches=["crm"],
        search_used=True,
        stop="shown",
    ),
    Case(
        "DataForSEO's short form has no tasks",
        "dataforseo",
        {
            "id": "1",
            "status_code": 20000,
            "status_message": "Ok.",
            "items": [
                {
                    "type": "ai_overview",
                    "rank_group": 1,
                    "items": [{"type": "ai_overview_element", "text": "Norvane.", "references": [ref(A)]}],
                    "references": [ref(A), ref(B)],
                },
                {"type": "organic", "url": C},
            ],
        },
        text="Norvane.",
        cited=[(A, "Norvane.", "T")],
        retrieved=[A, B],
        search_used=True,
        stop="shown",
    ),
]

CASES = [*CHATS, *DUMPS, *PAGES]
