"""Engines that answer in items, parts, blocks or steps, all invented."""

from __future__ import annotations

from typing import Any

from tests.tracker.citations.bodies.cases import Case

REDIRECT = "https://vertexaisearch.cloud.google.com/grounding-api-redirect/"
LINK = "https://norvane.example.com/a?utm_source=openai"
SAID = f"Größe 🏢 zählt: Norvane ([norvane]({LINK}))."


def response(*output: Any, **more: Any) -> dict[str, Any]:
    return {
        "id": "resp_1",
        "object": "response",
        "status": "completed",
        "model": "gpt-6-luna",
        "output": list(output),
        "usage": {"input_tokens": 5, "output_tokens": 6},
        **more,
    }


def message(text: str, *annotations: Any, **more: Any) -> dict[str, Any]:
    content = [{"type": "output_text", "text": text, "annotations": list(annotations), "logprobs": []}]
    return {"type": "message", "role": "assistant", "status": "completed", "content": content, **more}


def over(text: str, url: str, title: str | None = "T") -> dict[str, Any]:
    start = text.rindex("[", 0, text.index(url))
    end = text.index(url) + len(url) + 1
    return {"type": "url_citation", "url": url, "title": title, "start_index": start, "end_index": end}


def search(query: str | None = "crm", *sources: Any, **more: Any) -> dict[str, Any]:
    action: dict[str, Any] = {"type": "search", "query": query, **more}
    if sources:
        action["sources"] = list(sources)
    return {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": action}


def results(*rows: tuple[int | None, str], queries: list[str]) -> dict[str, Any]:
    found = [{"id": n, "url": url, "title": url[8], "snippet": "…", "source": "web"} for n, url in rows]
    return {"type": "search_results", "queries": queries, "results": found}


RESPONSES = [
    Case(
        "searches, pages opened and searched in, sources of other types",
        "openai_responses",
        response(
            {"type": "reasoning", "summary": [], "content": None},
            search(
                "crm", {"type": "url", "url": "https://a.example/1"}, {"type": "api", "name": "oai-sports"}
            ),
            {"type": "web_search_call", "action": {"type": "open_page", "url": "https://a.example/1"}},
            {"type": "web_search_call", "action": {"type": "open_page", "url": None}},
            {
                "type": "web_search_call",
                "action": {"type": "find_in_page", "url": "https://a.example/1", "pattern": "x"},
            },
            {"type": "web_search_call", "status": "completed"},
            message(SAID, over(SAID, LINK)),
        ),
        cited=[(LINK, f"[norvane]({LINK})", "T")],
        retrieved=["https://a.example/1"] * 3,
        searches=["crm"],
        search_used=True,
        stop="completed",
        billed=2,
    ),
    Case(
        "the search names only variants, and the engine counts its own searches",
        "openai_responses",
        response(
            search(None, queries=["crm", "best crm"]),
            message("Norvane."),
            tool_usage={"web_search": {"num_requests": 3}},
        ),
        searches=["crm", "best crm"],
        search_used=True,
        stop="completed",
        billed=3,
    ),
    Case(
        "commentary is joined by a blank line, and what it links is not the answer's",
        "openai_responses",
        response(
            message("Let me open https://c.example/0.", phase="commentary"),
            search(None, queries=["crm", "ws_call_id=call_1"]),
            {
                "type": "web_search_call",
                "action": {"type": "open_page", "url": "https://a.example/1#ws_call_id=call_2"},
            },
            message("Norvane 🏢: https://a.example/1.", phase="final_answer"),
            model="deepseek-v4-flash",
        ),
        text="Let me open https://c.example/0.\n\nNorvane 🏢: https://a.example/1.",
        retrieved=["https://a.example/1#ws_call_id=call_2"],
        written=["https://a.example/1"],
        search_used=True,
        stop="completed",
        billed=1,
    ),
    Case(
        "several messages and parts keep their places",
        "openai_responses",
        response(
            message("Erst 🏢."), message(SAID, over(SAID, LINK)), {"type": "message", "content": "Ende."}
        ),
        text=f"Erst 🏢.\n\n{SAID}\n\nEnde.",
        cited=[(LINK, f"[norvane]({LINK})", "T")],
        search_used=True,
        stop="completed",
        billed=0,
    ),
    Case(
        "two parts of one message are one text",
        "openai_responses",
        response(
            {
                "type": "message",
                "content": [
                    {"type": "output_text", "text": "Ja. "},
                    {"type": "output_text", "text": SAID, "annotations": [over(SAID, LINK)]},
                ],
            }
        ),
        text=f"Ja. {SAID}",
        cited=[(LINK, f"[norvane]({LINK})", "T")],
        search_used=True,
        stop="completed",
        billed=0,
    ),
    Case(
        "a refusal as a part",
        "openai_responses",
        response({"type": "message", "content": [{"type": "refusal", "refusal": "No."}]}),
        search_used=False,
        text="",
        stop="completed",
        problem="refusal",
        billed=0,
    ),
    Case(
        "failed",
        "openai_responses",
        response(status="failed", error={"code": "server_error", "message": "Sorry."}),
        search_used=False,
        text="",
        stop="failed",
        problem="error",
        billed=0,
    ),
    Case(
        "cut off at the token limit, with a text",
        "openai_responses",
        response(message("Norv"), status="incomplete", incomplete_details={"reason": "max_output_tokens"}),
        search_used=False,
        stop="max_output_tokens",
        problem="cut off",
        billed=0,
    ),
    Case(
        "still running in the background",
        "openai_responses",
        response(status="in_progress"),
        search_used=False,
        text="",
        stop="in_progress",
        problem="pause",
        billed=0,
    ),
    Case(
        "nulls wherever a list could be",
        "openai_responses",
        response(
            {"type": "message", "content": None},
            {"type": "message", "content": [{"type": "output_text", "text": "Hi", "annotations": None}]},
            {"type": "web_search_call", "action": None},
            {"type": "newfangled_call", "action": {"query": "x"}},
            None,
            "stray",
            usage=None,
            error=None,
        ),
        text="Hi",
        search_used=True,
        stop="completed",
        billed=1,
    ),
    Case(
        "xAI before 2026: no places, searches without an action",
        "openai_responses",
        response(
            {
                "type": "x_search_call",
                "name": "x_semantic_search",
                "arguments": '{"query": "ai"}',
                "call_id": "",
            },
            message("Norvane.", {"type": "url_citation", "url": "https://x.com/i/status/1"}),
            usage={"input_tokens": 1, "output_tokens": 2, "num_server_side_tools_used": 1},
        ),
        cited=[("https://x.com/i/status/1", None, None)],
        search_used=True,
        stop="completed",
        billed=1,
        domains=[("x.com", "url")],
    ),
    Case(
        "xAI since 2026: links in double brackets, priced in ticks, custom tool calls",
        "openai_responses",
        response(
            {"type": "custom_tool_call", "name": "x_keyword_search", "input": '{"query":"crm"}'},
            message(
                "Norvane.[[1]](https://a.example/1)",
                {
                    "type": "url_citation",
                    "url": "https://a.example/1",
                    "title": "1",
                    "start_index": 8,
                    "end_index": 34,
                },
            ),
            usage={
                "input_tokens": 1,
                "output_tokens": 2,
                "cost_in_usd_ticks": 160708500,
                "server_side_tool_usage_details": {"web_search_calls": 0, "x_search_calls": 1},
            },
        ),
        cited=[("https://a.example/1", "[[1]](https://a.example/1)", "1")],
        searches=["crm"],
        search_used=True,
        stop="completed",
        billed=1,
        micros=16071,
    ),
    Case(
        "markers are the ids of results, over several searches",
        "perplexity_agent",
        response(
            results((1, "https://a.example/1"), (2, "https://b.example/2"), queries=["crm"]),
            {
                "type": "fetch_url_results",
                "contents": [{"url": "https://d.example/4", "title": "d", "snippet": "…"}],
            },
            results((7, "https://c.example/3"), (1, "https://z.example/9"), queries=["crm preis", ""]),
            message("Größe 🏢[7]; Norvane[web:1][2]. [3] ist keine."),
            model="openai/gpt-5.6-luna",
            usage={
                "input_tokens": 1,
                "output_tokens": 2,
                "cost": {"currency": "USD", "total_cost": 0.00312},
                "tool_calls_details": {"search_web": {"invocation": 2, "cost_usd": 0.0025}},
            },
        ),
        cited=[
            ("https://c.example/3", "[7]", "c"),
            ("https://a.example/1", "[web:1]", "a"),
            ("https://b.example/2", "[2]", "b"),
        ],
        retrieved=[
            "https://a.example/1",
            "https://b.example/2",
            "https://d.example/4",
            "https://c.example/3",
            "https://z.example/9",
        ],
        searches=["crm", "crm preis"],
        search_used=True,
        stop="completed",
        model="openai/gpt-5.6-luna",
        billed=2,
        micros=3120,
    ),
    Case(
        "results without ids count in their order",
        "perplexity_agent",
        response(
            results((None, "https://a.example/1"), (None, "https://b.example/2"), queries=["crm"]),
            message("Norvane[2]."),
        ),
        cited=[("https://b.example/2", "[2]", "b")],
        retrieved=["https://a.example/1", "https://b.example/2"],
        searches=["crm"],
        search_used=True,
        stop="completed",
        billed=1,
    ),
    Case(
        "an agent that did not search",
        "perplexity_agent",
        response(
            message("Four."), usage={"input_tokens": 1, "output_tokens": 1, "cost": {"total_cost": 0.00001}}
        ),
        search_used=False,
        stop="completed",
        billed=0,
        micros=10,
    ),
]


def claude(*content: Any, **more: Any) -> dict[str, Any]:
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-sonnet-5-5",
        "content": list(content),
        "stop_reason": "end_turn",
        "usage": {"input_tokens": 3, "cache_read_input_tokens": 4, "output_tokens": 5},
        **more,
    }


def hit(url: str, title: str | None = "T") -> dict[str, Any]:
    return {"type": "web_search_result_location", "url": url, "title": title, "cited_text": "…"}


ANTHROPIC = [
    Case(
        "a block is its citations' place, also twice",
        "anthropic",
        claude(
            {"type": "thinking", "thinking": "hm", "signature": "s"},
            {"type": "text", "text": "Ich suche 🏢. "},
            {"type": "server_tool_use", "id": "1", "name": "web_search", "input": {"query": "crm größe"}},
            {
                "type": "web_search_tool_result",
                "tool_use_id": "1",
                "content": [
                    {"type": "web_search_result", "url": "https://a.example/1", "title": "A"},
                    {"type": "web_search_result", "url": "https://b.example/2", "title": "B"},
                ],
            },
            {
                "type": "text",
                "text": "Größe zählt 🏢",
                "citations": [hit("https://a.example/1"), hit("https://a.example/1")],
            },
            {"type": "text", "text": ", und Kiosk", "citations": [hit("https://b.example/2", None)]},
            {"type": "text", "text": ".", "citations": None},
            {"type": "newfangled", "text": "not said"},
            usage={"input_tokens": 3, "output_tokens": 5, "server_tool_use": {"web_search_requests": 1}},
        ),
        text="Ich suche 🏢. Größe zählt 🏢, und Kiosk.",
        cited=[
            ("https://a.example/1", "Größe zählt 🏢", "T"),
            ("https://a.example/1", "Größe zählt 🏢", "T"),
            ("https://b.example/2", ", und Kiosk", None),
        ],
        retrieved=["https://a.example/1", "https://b.example/2"],
        searches=["crm größe"],
        search_used=True,
        stop="end_turn",
        billed=1,
    ),
    Case(
        "a search that only failed is none",
        "anthropic",
        claude(
            {"type": "server_tool_use", "id": "1", "name": "web_search", "input": {}},
            {
                "type": "web_search_tool_result",
                "tool_use_id": "1",
                "content": {"type": "web_search_tool_result_error", "error_code": "max_uses_exceeded"},
            },
            {"type": "text", "text": "Norvane."},
        ),
        search_used=False,
        stop="end_turn",
    ),
    Case(
        "paused in the middle of a turn",
        "anthropic",
        claude({"type": "text", "text": "Let me"}, stop_reason="pause_turn"),
        search_used=False,
        stop="pause_turn",
        problem="pause",
    ),
    Case(
        "refused",
        "anthropic",
        claude(
            stop_reason="refusal", stop_details={"type": "refusal", "category": "cyber", "explanation": None}
        ),
        search_used=False,
        text="",
        stop="refusal",
        problem="refusal",
    ),
    Case(
        "fetched pages are retrieved, and cited by their number",
        "anthropic",
        claude(
            {
                "type": "server_tool_use",
                "id": "1",
                "name": "web_fetch",
                "input": {"url": "https://a.example/1"},
            },
            {
                "type": "web_fetch_tool_result",
                "tool_use_id": "1",
                "content": {
                    "type": "web_fetch_result",
                    "url": "https://a.example/1",
                    "content": {"type": "document", "title": "A", "source": {"data": "…"}},
                },
            },
            {
                "type": "web_fetch_tool_result",
                "tool_use_id": "2",
                "content": {"type": "web_fetch_tool_error", "error_code": "url_not_accessible"},
            },
            {
                "type": "text",
                "text": "Norvane",
                "citations": [
                    {"type": "char_location", "document_index": 0, "document_title": "A"},
                    {"type": "char_location", "document_index": 5},
                    {"type": "search_result_location", "source": "https://b.example/2", "title": "B"},
                    {"type": "search_result_location", "source": "notes"},
                ],
            },
        ),
        cited=[("https://a.example/1", "Norvane", "A"), ("https://b.example/2", "Norvane", "B")],
        retrieved=["https://a.example/1"],
        search_used=True,
        stop="end_turn",
    ),
    Case(
        "content is a string",
        "anthropic",
        {"type": "message", "content": "Norvane: https://a.example/1", "stop_reason": "max_tokens"},
        written=["https://a.example/1"],
        search_used=False,
        stop="max_tokens",
        problem="cut off",
    ),
]


def gemini(parts: Any, grounding: Any = None, **more: Any) -> dict[str, Any]:
    candidate = {"content": {"role": "model", "parts": parts}, "finishReason": "STOP", "index": 0}
    if grounding is not None:
        candidate["groundingMetadata"] = grounding
    return {
        "candidates": [candidate],
        "modelVersion": "gemini-3.8-flash",
        "usageMetadata": {"promptTokenCount": 2, "candidatesTokenCount": 3, "thoughtsTokenCount": 4},
        **more,
    }


def support(text: str, *chunks: Any, within: str, part: int | None = None) -> dict[str, Any]:
    start = within.encode().index(text.encode())
    segment: dict[str, Any] = {"endIndex": start + len(text.encode()), "text": text}
    if start:
        segment["startIndex"] = start
    if part is not None:
        segment["partIndex"] = part
    return {"segment": segment, "groundingChunkIndices": list(chunks)}


ANSWER = "Größe 🏢 zählt. Norvane ist groß. 中文也可以。"
CHUNKS = [
    {"web": {"uri": REDIRECT + "1", "title": "blog.norvane.co.uk", "domain": "norvane.co.uk"}},
    {"web": {"uri": REDIRECT + "2", "title": "www.Kiosk.org"}},
    {"web": {"uri": REDIRECT + "3", "title": "Why Node.js"}},
    {"web": {"uri": "https://www.google.com/search?q=time", "title": "Current time."}},
    {"web": {"title": "no address"}},
    {"retrievedContext": {"uri": "https://docs.example/x", "title": "Docs"}},
]

GEMINI = [
    Case(
        "offsets count bytes, and the first has no start",
        "gemini",
        gemini(
            [{"text": ANSWER}],
            {
                "webSearchQueries": ["größe", "", "crm"],
                "searchEntryPoint": {"renderedContent": "<div>"},
                "groundingChunks": CHUNKS,
                "groundingSupports": [
                    support("Größe 🏢 zählt.", 0, 1, within=ANSWER),
                    support("中文也可以。", 2, 3, 4, 99, None, within=ANSWER),
                    {"segment": {"text": "Norvane ist groß."}, "groundingChunkIndices": [5]},
                    {"groundingChunkIndices": [0]},
                    {"segment": {"startIndex": 1, "endIndex": 0}, "groundingChunkIndices": None},
                ],
                "retrievalMetadata": {},
            },
        ),
        cited=[
            (REDIRECT + "1", "Größe 🏢 zählt.", "blog.norvane.co.uk"),
            (REDIRECT + "2", "Größe 🏢 zählt.", "www.Kiosk.org"),
            (REDIRECT + "3", "中文也可以。", "Why Node.js"),
            ("https://www.google.com/search?q=time", "中文也可以。", "Current time."),
            ("https://docs.example/x", "Norvane ist groß.", "Docs"),
            (REDIRECT + "1", None, "blog.norvane.co.uk"),
        ],
        retrieved=[
            REDIRECT + "1",
            REDIRECT + "2",
            REDIRECT + "3",
            "https://www.google.com/search?q=time",
            "https://docs.example/x",
        ],
        searches=["größe", "crm"],
        search_used=True,
        stop="STOP",
        billed=2,
        domains=[
            ("norvane.co.uk", "title"),
            ("kiosk.org", "title"),
            (None, "redirect"),
            ("google.com", "url"),
            ("docs.example", "url"),
            ("norvane.co.uk", "title"),
        ],
    ),
    Case(
        "thoughts are no text, and parts count from themselves",
        "gemini",
        gemini(
            [
                {"text": "secret", "thought": True},
                {"functionCall": {"name": "f"}},
                {"text": "Größe 🏢. "},
                {"text": "Größe: Norvane."},
            ],
            {
                "groundingChunks": CHUNKS[:1],
                "groundingSupports": [
                    support("Norvane.", 0, within="Größe: Norvane.", part=3),
                    support("Größe:", 0, within="Größe: Norvane."),
                ],
            },
            modelVersion="gemini-2.5-flash",
        ),
        text="Größe 🏢. Größe: Norvane.",
        cited=[
            (REDIRECT + "1", "Norvane.", "blog.norvane.co.uk"),
            (REDIRECT + "1", "Größe:", "blog.norvane.co.uk"),
        ],
        retrieved=[REDIRECT + "1"],
        search_used=True,
        stop="STOP",
        billed=1,
    ),
    Case(
        "search was on, nothing was searched",
        "gemini",
        gemini([{"text": "Four."}], {}),
        search_used=False,
        stop="STOP",
        billed=0,
    ),
    Case(
        "a page of the URL context that no chunk names",
        "gemini",
        {
            "candidates": [
                {
                    "content": {"parts": [{"text": "Norvane."}]},
                    "finishReason": "STOP",
                    "urlContextMetadata": {
                        "urlMetadata": [
                            {
                                "retrievedUrl": "https://a.example/1",
                                "urlRetrievalStatus": "URL_RETRIEVAL_STATUS_SUCCESS",
                            },
                            {
                                "retrievedUrl": "https://b.example/2",
                                "urlRetrievalStatus": "URL_RETRIEVAL_STATUS_ERROR",
                            },
                        ]
                    },
                }
            ]
        },
        retrieved=["https://a.example/1"],
        search_used=True,
        stop="STOP",
        billed=0,
    ),
    Case(
        "the prompt was blocked",
        "gemini",
        {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, "usageMetadata": {"promptTokenCount": 1}},
        search_used=False,
        text="",
        problem="refusal",
        billed=0,
    ),
    Case(
        "stopped for safety",
        "gemini",
        {"candidates": [{"finishReason": "SAFETY", "safetyRatings": [{"category": "x"}]}]},
        search_used=False,
        text="",
        stop="SAFETY",
        problem="refusal",
        billed=0,
    ),
    Case(
        "interactions in steps, annotations in bytes of their block",
        "gemini_interactions",
        {
            "object": "interaction",
            "id": "v1_x",
            "status": "completed",
            "model": "gemini-3.8-flash",
            "steps": [
                {"type": "thought", "signature": "s"},
                {
                    "type": "google_search_call",
                    "id": "1",
                    "arguments": {"queries": ["größe"]},
                    "search_type": "web_search",
                },
                {
                    "type": "google_search_result",
                    "call_id": "1",
                    "result": [
                        {"search_suggestions": "<div>"},
                        {"url": "https://b.example/2", "title": "B"},
                    ],
                },
                {"type": "model_output", "content": [{"type": "text", "text": "Ja 🏢. "}]},
                {
                    "type": "model_output",
                    "content": [
                        {
                            "type": "text",
                            "text": ANSWER,
                            "annotations": [
                                {
                                    "type": "url_citation",
                                    "url": REDIRECT + "1",
                                    "title": "norvane.com",
                                    "end_index": len("Größe 🏢".encode()),
                                },
                                {
                                    "type": "url_citation",
                                    "url": "https://b.example/2",
                                    "start_index": 900,
                                    "end_index": 901,
                                },
                                {"type": "file_citation", "file_name": "f", "url": "https://c.example/3"},
                            ],
                        }
                    ],
                },
            ],
            "usage": {
                "total_input_tokens": 1,
                "total_output_tokens": 2,
                "grounding_tool_count": [{"type": "google_search", "count": 1, "search_query_count": 4}],
            },
        },
        text=f"Ja 🏢. {ANSWER}",
        cited=[(REDIRECT + "1", "Größe 🏢", "norvane.com"), ("https://b.example/2", None, None)],
        retrieved=["https://b.example/2"],
        searches=["größe"],
        search_used=True,
        stop="completed",
        billed=4,
        domains=[("norvane.com", "title"), ("b.example", "url")],
    ),
    Case(
        "interactions as first published, in outputs with a source",
        "gemini_interactions",
        {
            "object": "interaction",
            "status": "completed",
            "model": "gemini-2.5-flash",
            "outputs": [
                {
                    "type": "text",
                    "text": "Norvane.",
                    "annotations": [{"source": "https://a.example/1", "start_index": 0, "end_index": 7}],
                }
            ],
        },
        cited=[("https://a.example/1", "Norvane", None)],
        search_used=True,
        stop="completed",
        billed=1,
    ),
    Case(
        "an interaction that waits",
        "gemini_interactions",
        {"object": "interaction", "status": "requires_action", "steps": []},
        search_used=False,
        text="",
        stop="requires_action",
        problem="pause",
        billed=0,
    ),
]

OTHERS = [
    Case(
        "Nova's citations follow the text, or hold it",
        "bedrock",
        {
            "output": {
                "message": {
                    "role": "assistant",
                    "content": [
                        {"reasoningContent": {"reasoningText": {"text": "hm"}}},
                        {"toolUse": {"name": "nova_grounding", "input": {"query": "crm"}, "toolUseId": "1"}},
                        {"toolResult": {"content": [{"text": "[HIDDEN]"}], "toolUseId": "1"}},
                        {"text": "Größe 🏢. "},
                        {
                            "citationsContent": {
                                "citations": [
                                    {
                                        "location": {
                                            "web": {"url": "https://a.example/1", "domain": "a.example"}
                                        }
                                    },
                                    {"location": {"documentChar": {"documentIndex": 0}}},
                                ]
                            }
                        },
                        {
                            "citationsContent": {
                                "content": [{"text": "Norvane."}],
                                "citations": [
                                    {"title": "B", "location": {"web": {"url": "https://b.example/2"}}}
                                ],
                            }
                        },
                    ],
                }
            },
            "stopReason": "end_turn",
            "usage": {"inputTokens": 1, "outputTokens": 2, "totalTokens": 3},
        },
        text="Größe 🏢. Norvane.",
        cited=[("https://a.example/1", None, "a.example"), ("https://b.example/2", "Norvane.", "B")],
        searches=["crm"],
        search_used=True,
        stop="end_turn",
        billed=1,
    ),
    Case(
        "Nova did not search",
        "bedrock",
        {"output": {"message": {"content": [{"text": "Four."}]}}, "stopReason": "end_turn"},
        search_used=False,
        stop="end_turn",
        billed=0,
    ),
    Case(
        "Nova's guardrail stepped in",
        "bedrock",
        {"output": {"message": {"content": [{"text": "I cannot."}]}}, "stopReason": "guardrail_intervened"},
        search_used=False,
        stop="guardrail_intervened",
        problem="refusal",
        billed=0,
    ),
    Case(
        "Cohere ended in an error in the middle of a sentence",
        "cohere",
        {
            "id": "1",
            "finish_reason": "ERROR",
            "message": {"role": "assistant", "content": [{"type": "text", "text": "Norvane is"}]},
            "usage": {"tokens": {"input_tokens": 1, "output_tokens": 2}},
        },
        text="Norvane is",
        search_used=False,
        stop="ERROR",
        problem="error",
    ),
    Case(
        "Cohere's first chat ran out of time",
        "cohere",
        {
            "text": "Norvane is",
            "generation_id": "g",
            "finish_reason": "TIMEOUT",
            "chat_history": [],
            "meta": {"api_version": {"version": "1"}, "billed_units": {"input_tokens": 1}},
        },
        text="Norvane is",
        search_used=False,
        stop="TIMEOUT",
        problem="error",
    ),
    Case(
        "Cohere's spans count in their block; plans are no citations",
        "cohere",
        {
            "id": "1",
            "finish_reason": "COMPLETE",
            "message": {
                "role": "assistant",
                "content": [
                    {"type": "thinking", "thinking": "Größe"},
                    {"type": "text", "text": "Größe 🏢. "},
                    {"type": "text", "text": "Norvane zählt."},
                ],
                "citations": [
                    {
                        "start": 0,
                        "end": 7,
                        "text": "Norvane",
                        "content_index": 2,
                        "type": "TEXT_CONTENT",
                        "sources": [
                            {
                                "type": "document",
                                "id": "doc:0",
                                "document": {"id": "doc:0", "title": "facts.txt", "text": "…"},
                            },
                            {
                                "type": "tool",
                                "id": "t:1",
                                "tool_output": {"url": "https://a.example/1", "title": "A"},
                            },
                        ],
                    },
                    {"start": 1, "end": 9, "text": "zählt", "sources": [{"type": "document", "id": "doc:1"}]},
                    {"start": 0, "end": 1, "type": "THINKING_CONTENT", "sources": [{"id": "doc:2"}]},
                ],
            },
            "usage": {"tokens": {"input_tokens": 1, "output_tokens": 2}},
        },
        text="Größe 🏢. Norvane zählt.",
        cited=[
            ("doc:0", "Norvane", "facts.txt"),
            ("https://a.example/1", "Norvane", "A"),
            ("doc:1", "zählt", None),
        ],
        search_used=True,
        stop="COMPLETE",
    ),
    Case(
        "Mistral's references stand behind the words they support",
        "mistral",
        {
            "object": "conversation.response",
            "conversation_id": "conv_1",
            "outputs": [
                {
                    "type": "tool.execution",
                    "name": "web_search",
                    "arguments": '{"query": "crm"}',
                    "id": "1",
                    "info": {},
                },
                {
                    "type": "message.output",
                    "model": "mistral-medium-latest",
                    "role": "assistant",
                    "content": [
                        {
                            "type": "tool_reference",
                            "tool": "web_search",
                            "url": "https://z.example/0",
                            "title": "Z",
                        },
                        {"type": "text", "text": "Größe 🏢 zählt"},
                        {
                            "type": "tool_reference",
                            "tool": "web_search",
                            "url": "https://a.example/1",
                            "title": "A",
                            "favicon": None,
                        },
                        {
                            "type": "tool_reference",
                            "tool": "web_search",
                            "url": "https://b.example/2",
                            "title": "B",
                        },
                        {"type": "tool_reference", "tool": "web_search", "title": "no address"},
                        {"type": "text", "text": "."},
                    ],
                },
            ],
            "usage": {
                "prompt_tokens": 1,
                "completion_tokens": 2,
                "total_tokens": 3,
                "connectors": {"web_search": 2},
            },
        },
        text="Größe 🏢 zählt.",
        cited=[
            ("https://z.example/0", None, "Z"),
            ("https://a.example/1", "Größe 🏢 zählt", "A"),
            ("https://b.example/2", "Größe 🏢 zählt", "B"),
        ],
        searches=["crm"],
        search_used=True,
        model="mistral-medium-latest",
        billed=2,
    ),
    Case(
        "Mistral's reference before the first word has no place: the address in the text is that citation",
        "mistral",
        {
            "object": "conversation.response",
            "conversation_id": "conv_1",
            "outputs": [
                {
                    "type": "message.output",
                    "content": [
                        {
                            "type": "tool_reference",
                            "tool": "web_search",
                            "url": "https://a.example/1",
                            "title": "A",
                        },
                        {
                            "type": "text",
                            "text": "See https://a.example/1 and https://b.example/2 for prices.",
                        },
                    ],
                },
            ],
            "usage": {"prompt_tokens": 1, "completion_tokens": 2},
        },
        cited=[("https://a.example/1", None, "A")],
        written=["https://b.example/2"],
        search_used=True,
    ),
    Case(
        "Mistral answered from memory",
        "mistral",
        {"outputs": [{"type": "message.output", "model": "m", "content": "Four."}], "usage": {}},
        search_used=False,
    ),
]

CASES = [*RESPONSES, *ANTHROPIC, *GEMINI, *OTHERS]
