"""Chat completions of several engines, all invented."""

from __future__ import annotations

from typing import Any

from tests.tracker.citations.bodies.cases import Case

NORVANE = "https://norvane.example.com/crm?utm_source=openai"
KIOSK = "https://kiosk.example.org/a_(b)"
TEXT = f"Für kleine Büros 🏢🏢: Norvane ([norvane]({NORVANE})) – und 中文 ([kiosk]({KIOSK}))."
MARKED = "Norvane 🚀 ist gut[1][3]. Auch Kiosk[2, 3], Ärger[1-2]; `list[1]` zählt nicht, [9] auch nicht."


def chat(message: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "gpt-5-search-api",
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", **message}}],
        "usage": {"prompt_tokens": 11, "completion_tokens": 22, "total_tokens": 33},
        **more,
    }


def note(text: str, url: str, title: str, units: str = "code points", nested: bool = True) -> dict[str, Any]:
    """An annotation over the Markdown link that holds `url`."""
    start, end = text.rindex("[", 0, text.index(url)), text.index(url) + len(url) + 1
    if units == "utf-16":
        start, end = (len(text[:place].encode("utf-16-le")) // 2 for place in (start, end))
    place = {"url": url, "title": title, "start_index": start, "end_index": end}
    return {"type": "url_citation", **({"url_citation": place} if nested else place)}


BOTH = [note(TEXT, NORVANE, "Norvane"), note(TEXT, KIOSK, "Kiosk")]
CITED = [
    (NORVANE, f"[norvane]({NORVANE})", "Norvane"),
    (KIOSK, f"[kiosk]({KIOSK})", "Kiosk"),
]
SONAR = {
    "model": "sonar-pro",
    "citations": ["https://a.example/1", "https://b.example/2", "https://c.example/3"],
    "usage": {
        "prompt_tokens": 1,
        "completion_tokens": 2,
        "total_tokens": 3,
        "search_context_size": "low",
        "num_search_queries": 2,
        "cost": {"total_cost": 0.0061405, "request_cost": 0.006},
    },
}
SONAR_CITED = [
    ("https://a.example/1", "[1]", None),
    ("https://c.example/3", "[3]", None),
    ("https://b.example/2", "[2, 3]", None),
    ("https://c.example/3", "[2, 3]", None),
    ("https://a.example/1", "[1-2]", None),
    ("https://b.example/2", "[1-2]", None),
]
UNPLACED = [
    {"type": "url_citation", "url_citation": {"url": u, "title": t, "start_index": 0, "end_index": 0}}
    for u, t in (("https://a.example/1", "A"), ("https://b.example/2", "B"))
]

CASES = [
    Case(
        "annotations are nested",
        "openai_chat",
        chat({"content": TEXT, "refusal": None, "annotations": BOTH}),
        cited=CITED,
        search_used=True,
        stop="stop",
        model="gpt-5-search-api",
        domains=[("example.com", "url"), ("example.org", "url")],
    ),
    Case(
        "annotations are flat, as a bridge writes them",
        "openai_chat",
        chat({"content": TEXT, "annotations": [note(TEXT, KIOSK, "Kiosk", nested=False)]}, model="gpt-5.2"),
        cited=CITED[1:],
        written=[NORVANE],
        search_used=True,
        stop="stop",
    ),
    Case(
        "offsets count UTF-16 units",
        "openai_chat",
        chat({"content": TEXT, "annotations": [note(TEXT, KIOSK, "Kiosk", "utf-16")]}),
        cited=CITED[1:],
        written=[NORVANE],
        search_used=True,
        stop="stop",
    ),
    Case(
        "offsets drifted, so the URL itself is the place",
        "openai_chat",
        chat(
            {
                "content": TEXT,
                "annotations": [
                    {
                        "type": "url_citation",
                        "url_citation": {"url": KIOSK, "title": "Kiosk", "start_index": 3, "end_index": 9},
                    }
                ],
            }
        ),
        cited=[(KIOSK, KIOSK, "Kiosk")],
        written=[NORVANE],
        search_used=True,
        stop="stop",
    ),
    Case(
        "the place is the claim, and the URL is nowhere in the text",
        "openai_chat",
        chat(
            {
                "content": "Kiosk is fine.",
                "annotations": [
                    {"type": "url_citation", "url": KIOSK, "start_index": 0, "end_index": 5},
                    {"type": "url_citation", "url": KIOSK, "start_index": 0, "end_index": 500},
                    {"type": "file_citation", "file_citation": {"file_id": "f"}},
                    {"type": "url_citation", "url_citation": {"url": None}},
                    {"type": "url_citation", "url_citation": None, "url": "  "},
                ],
            }
        ),
        cited=[(KIOSK, "Kiosk", None), (KIOSK, None, None)],
        search_used=True,
        stop="stop",
    ),
    Case(
        "a model that cannot search writes a URL",
        "openai_chat",
        chat({"content": "See https://kiosk.example.org/x, or http://b.example."}, model="gpt-4.1"),
        written=["https://kiosk.example.org/x", "http://b.example"],
        stop="stop",
    ),
    Case(
        "a search model that cites nothing has searched all the same",
        "openai_chat",
        chat({"content": "Sunny.", "annotations": []}, model="gpt-4o-mini-search-preview-2025-03-11"),
        search_used=True,
        stop="stop",
    ),
    Case(
        "a refusal",
        "openai_chat",
        chat({"content": None, "refusal": "I cannot help.", "annotations": None}),
        search_used=True,
        text="",
        stop="stop",
        problem="refusal",
    ),
    Case(
        "no choice at all",
        "openai_chat",
        {"object": "chat.completion", "model": "m", "choices": []},
        text="",
        problem="empty",
    ),
    Case(
        "content is a list of parts",
        "openai_chat",
        chat(
            {
                "content": [
                    {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]},
                    {"type": "text", "text": "Norvane "},
                    "and Kiosk",
                    {"type": "text", "text": None},
                    7,
                ]
            },
            model="magistral",
        ),
        text="Norvane and Kiosk",
        stop="stop",
    ),
    Case(
        "markers are single, grouped, ranged, in code and beyond the list",
        "perplexity_chat",
        chat({"content": MARKED}, **SONAR),
        cited=SONAR_CITED,
        retrieved=SONAR["citations"],
        search_used=True,
        stop="stop",
        billed=2,
        micros=6140,
    ),
    Case(
        "the list but no marker: nothing is cited",
        "perplexity_chat",
        chat({"content": "BLUE-LANTERN-42"}, **SONAR),
        retrieved=SONAR["citations"],
        search_used=True,
        stop="stop",
        billed=2,
        micros=6140,
    ),
    Case(
        "only search results are listed, with a gap in them",
        "perplexity_chat",
        chat(
            {"content": "A[1] B[2] C[3]"},
            model="sonar",
            search_results=[
                {"title": "A", "url": "https://a.example/1", "date": None},
                {"title": "lost", "url": None},
                {"title": "C", "url": "https://c.example/3"},
            ],
        ),
        cited=[("https://a.example/1", "[1]", "A"), ("https://c.example/3", "[3]", "C")],
        retrieved=["https://a.example/1", "https://c.example/3"],
        search_used=True,
        stop="stop",
    ),
    Case(
        "the model thought aloud first, and tagged its sources",
        "perplexity_chat",
        chat(
            {"content": "<think>\nmaybe [2]\n</think>\n\nNorvane [web:1][web:3]."},
            **{**SONAR, "model": "sonar-reasoning-pro"},
        ),
        cited=[("https://a.example/1", "[web:1]", None), ("https://c.example/3", "[web:3]", None)],
        retrieved=SONAR["citations"],
        search_used=True,
        stop="stop",
        billed=2,
        micros=6140,
    ),
    Case(
        "Sonar did not search",
        "perplexity_chat",
        chat({"content": "Four."}, model="sonar", citations=[], search_results=None),
        search_used=False,
        stop="stop",
    ),
    Case(
        "OpenRouter's native search has places",
        "openrouter",
        chat(
            {"content": TEXT, "annotations": BOTH},
            id="gen-1",
            provider="OpenAI",
            model="openai/gpt-5",
            usage={"prompt_tokens": 1, "completion_tokens": 1, "cost": 0.0133176},
        ),
        cited=CITED,
        search_used=True,
        stop="stop",
        micros=13318,
    ),
    Case(
        "OpenRouter lists without places: the one list counts as cited",
        "openrouter",
        chat(
            {"content": "Norvane[2] it is.", "annotations": UNPLACED},
            id="gen-2",
            provider="Perplexity",
            model="perplexity/sonar",
            citations=["https://a.example/1", "https://b.example/2"],
        ),
        cited=[("https://a.example/1", "", "A"), ("https://b.example/2", "", "B")],
        retrieved=["https://a.example/1", "https://b.example/2"],
        search_used=True,
        stop="stop",
    ),
    Case(
        "OpenRouter searched without annotating",
        "openrouter",
        chat(
            {"content": "https://kiosk.example.org/x "},
            provider="OpenAI",
            usage={"server_tool_use_details": {"web_search_requests": 1}, "cost": 0},
        ),
        written=["https://kiosk.example.org/x"],
        search_used=True,
        stop="stop",
        billed=1,
    ),
    Case(
        "OpenRouter has only the list, and the text counts in it",
        "openrouter",
        chat(
            {"content": "Norvane[2]."}, id="gen-3", citations=["https://a.example/1", "https://b.example/2"]
        ),
        cited=[("https://b.example/2", "[2]", None)],
        retrieved=["https://a.example/1", "https://b.example/2"],
        search_used=True,
        stop="stop",
    ),
    Case(
        "OpenRouter's provider failed in the middle",
        "openrouter",
        {
            "id": "gen-4",
            "provider": "X",
            "model": "x/y",
            "choices": [
                {
                    "finish_reason": "error",
                    "error": {"code": 502, "message": "gone"},
                    "message": {"content": ""},
                }
            ],
        },
        text="",
        stop="error",
        problem="error",
    ),
    Case(
        "Groq's tools searched, visited and browsed",
        "groq",
        chat(
            {
                "content": "Norvane, see https://norvane.example.com/.",
                "reasoning": "…",
                "executed_tools": [
                    {
                        "index": 0,
                        "type": "search",
                        "arguments": '{"query": "beste CRM"}',
                        "output": "…",
                        "search_results": {
                            "results": [{"url": "https://a.example/1", "title": "A", "score": 1}]
                        },
                    },
                    {"index": 1, "type": "visit", "arguments": "not json", "search_results": {"results": []}},
                    {
                        "index": 2,
                        "type": "browser_search",
                        "browser_results": [{"url": "https://b.example/2"}],
                    },
                ],
            },
            model="groq/compound",
        ),
        retrieved=["https://a.example/1", "https://b.example/2"],
        searches=["beste CRM"],
        written=["https://norvane.example.com/"],
        search_used=True,
        stop="stop",
    ),
    Case(
        "Groq used no tool",
        "groq",
        chat({"content": "Four.", "executed_tools": []}, model="groq/compound-mini"),
        search_used=False,
        stop="stop",
    ),
    Case(
        "litellm dumped Anthropic: citations without places",
        "litellm",
        chat(
            {
                "content": "Norvane wins.",
                "annotations": None,
                "tool_calls": [{"function": {"name": "web_search", "arguments": '{"query": "crm"}'}}],
                "provider_specific_fields": {
                    "citations": [
                        [{"type": "web_search_result_location", "url": "https://a.example/1", "title": "A"}],
                        None,
                        [{"type": "char_location", "document_index": 0}],
                    ],
                    "web_search_results": [
                        {
                            "content": [
                                {"url": "https://a.example/1", "title": "A"},
                                {"url": "https://b.example/2"},
                            ]
                        },
                        {
                            "content": {
                                "type": "web_search_tool_result_error",
                                "error_code": "max_uses_exceeded",
                            }
                        },
                    ],
                },
            },
            model="claude-sonnet-5-5",
            usage={"prompt_tokens": 1, "completion_tokens": 1, "server_tool_use": {"web_search_requests": 2}},
        ),
        cited=[("https://a.example/1", None, "A")],
        retrieved=["https://a.example/1", "https://b.example/2"],
        searches=["crm"],
        search_used=True,
        stop="stop",
        billed=2,
    ),
    Case(
        "litellm dumped Anthropic in the middle of a turn",
        "litellm",
        chat({"content": "Let me", "provider_specific_fields": {"stop_reason": "pause_turn"}}),
        stop="pause_turn",
        problem="pause",
    ),
    Case(
        "litellm dumped Gemini: grounding beside the message counts bytes",
        "litellm",
        chat(
            {
                "content": "Größe zählt. Norvane.",
                "annotations": [{"type": "url_citation", "url": "https://x.example"}],
            },
            vertex_ai_grounding_metadata=[
                {
                    "webSearchQueries": ["größe"],
                    "groundingChunks": [{"web": {"uri": "https://a.example/1", "title": "A"}}],
                    "groundingSupports": [
                        {
                            "segment": {"startIndex": 15, "endIndex": 23, "text": "Norvane."},
                            "groundingChunkIndices": [0],
                        }
                    ],
                }
            ],
        ),
        cited=[("https://a.example/1", "Norvane.", "A")],
        retrieved=["https://a.example/1"],
        searches=["größe"],
        search_used=True,
        stop="stop",
    ),
]
