"""The same engines saying other things: scripts that count differently, unusual ends, odd combinations."""

from __future__ import annotations

from typing import Any

from tests.tracker.citations.bodies.blocks import (
    REDIRECT,
    claude,
    gemini,
    hit,
    message,
    over,
    response,
    results,
    search,
)
from tests.tracker.citations.bodies.cases import Case
from tests.tracker.citations.bodies.chats import chat
from tests.tracker.citations.bodies.pages import ref, refs, serp, task

A, B, C = "https://alpha.example/1", "https://beta.example/2", "https://gamma.example/3"
FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
ACCENT = "Cafe\u0301"


def source(url: str) -> dict[str, str]:
    return {"type": "url", "url": url}


def utf16(text: str, url: str) -> dict[str, Any]:
    note = over(text, url)
    for key in ("start_index", "end_index"):
        note[key] = len(text[: note[key]].encode("utf-16-le")) // 2
    return note


def segment(text: str, words: str, *chunks: int, quoted: bool = True, **more: Any) -> dict[str, Any]:
    start = len(text[: text.index(words)].encode())
    place: dict[str, Any] = {"startIndex": start, "endIndex": start + len(words.encode()), **more}
    if quoted:
        place["text"] = words
    return {"segment": place, "groundingChunkIndices": list(chunks)}


def grounded(text: str, chunks: list[Any], *supports: Any, **more: Any) -> dict[str, Any]:
    return gemini(
        [{"text": text}],
        {
            "groundingChunks": chunks,
            "groundingSupports": list(supports),
            "webSearchQueries": ["crm"],
            **more,
        },
    )


def web(number: str, title: str | None = "alpha.example", **more: Any) -> dict[str, Any]:
    return {"web": {"uri": REDIRECT + number, "title": title, **more}}


def found(*urls: str) -> dict[str, Any]:
    rows = [{"type": "web_search_result", "url": url, "title": url[8:13], "page_age": None} for url in urls]
    return {"type": "web_search_tool_result", "tool_use_id": "s", "content": rows}


def asks(query: str, **more: Any) -> dict[str, Any]:
    return {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {"query": query}, **more}


ZWJ = f"{FAMILY} {ACCENT}: Norvane ([alpha]({A})) と Kiosk ([beta]({B}))。"
THAI = f"แนะนำ Norvane 🏢 ([alpha]({A}))"
ARABIC = f"نوصي بـ Norvane [[1]]({A})، وKiosk [[2]]({B})."

RESPONSES = [
    Case(
        "joined emoji and combining accents, offsets in code points",
        "openai_responses",
        response(search("crm"), message(ZWJ, over(ZWJ, A), over(ZWJ, B))),
        cited=[(A, f"[alpha]({A})", "T"), (B, f"[beta]({B})", "T")],
        searches=["crm"],
        search_used=True,
        stop="completed",
        billed=1,
    ),
    Case(
        "joined emoji, offsets in UTF-16 units",
        "openai_responses",
        response(search("crm"), message(ZWJ, utf16(ZWJ, A), utf16(ZWJ, B))),
        cited=[(A, f"[alpha]({A})", "T"), (B, f"[beta]({B})", "T")],
        searches=["crm"],
        search_used=True,
        stop="completed",
        billed=1,
    ),
    Case(
        "refused after it had searched",
        "openai_responses",
        response(
            search("crm", source(A)),
            {"type": "message", "content": [{"type": "refusal", "refusal": "I cannot say."}]},
        ),
        retrieved=[A],
        searches=["crm"],
        search_used=True,
        text="",
        stop="completed",
        problem="refusal",
        billed=1,
    ),
    Case(
        "cut off by a content filter",
        "openai_responses",
        response(
            search("crm"),
            message("Norv"),
            status="incomplete",
            incomplete_details={"reason": "content_filter"},
        ),
        searches=["crm"],
        search_used=True,
        stop="content_filter",
        problem="refusal",
        billed=1,
    ),
    Case(
        "failed on the server after a search",
        "openai_responses",
        response(
            search("crm"),
            status="failed",
            error={"code": "server_error", "message": "Something broke."},
        ),
        searches=["crm"],
        search_used=True,
        text="",
        stop="failed",
        problem="error",
        billed=1,
    ),
    Case(
        "files were searched, the web was not",
        "openai_responses",
        response(
            {"type": "file_search_call", "queries": ["crm"], "results": None, "status": "completed"},
            message("Norvane.", {"type": "file_citation", "file_id": "f", "filename": "a.pdf", "index": 3}),
        ),
        search_used=False,
        stop="completed",
        billed=0,
    ),
    Case(
        "a search that failed, among other tools",
        "openai_responses",
        response(
            {"type": "web_search_call", "status": "failed", "action": {"type": "search", "query": "crm"}},
            {"type": "mcp_list_tools", "server_label": "x", "tools": []},
            {"type": "image_generation_call", "result": "aGk="},
            {"type": "code_interpreter_call", "code": "1", "outputs": None, "container_id": "c"},
            message("Norvane."),
        ),
        search_used=False,
        stop="completed",
        billed=0,
    ),
    Case(
        "one page three times in one answer",
        "openai_responses",
        response(
            message(
                f"[a]({A}) [a]({A})",
                {"type": "url_citation", "url": A, "title": "T", "start_index": 0, "end_index": len(A) + 5},
                {
                    "type": "url_citation",
                    "url": A,
                    "title": "T",
                    "start_index": len(A) + 6,
                    "end_index": 2 * len(A) + 11,
                },
                {"type": "url_citation", "url": A, "title": "T", "start_index": 0, "end_index": len(A) + 5},
            )
        ),
        cited=[(A, f"[a]({A})", "T")] * 3,
        search_used=True,
        stop="completed",
        billed=0,
    ),
    Case(
        "Azure's own fields, Thai text",
        "openai_responses",
        response(
            {"type": "web_search_call", "status": "searching", "action": {"type": "search", "query": "crm"}},
            message(THAI, over(THAI, A, None)),
            content_filters=[{"blocked": False}],
        ),
        cited=[(A, f"[alpha]({A})", None)],
        searches=["crm"],
        search_used=True,
        stop="completed",
        billed=1,
    ),
    Case(
        "Grok's numbered links in Arabic, the same pages found twice",
        "openai_responses",
        response(
            search("crm", source(A), source(B)),
            search("crm arabic", source(B)),
            message(ARABIC, over(ARABIC, A, "1"), over(ARABIC, B, "2")),
            model="grok-4.7",
            usage={"input_tokens": 1, "output_tokens": 1, "cost_in_usd_ticks": 25_000_000},
        ),
        cited=[(A, f"[1]]({A})", "1"), (B, f"[2]]({B})", "2")],
        retrieved=[A, B, B],
        searches=["crm", "crm arabic"],
        search_used=True,
        stop="completed",
        micros=2500,
        billed=2,
    ),
    Case(
        "Grok lists the pages it met beside its citations",
        "openai_responses",
        response(
            search("crm"),
            message(ARABIC, over(ARABIC, B, "2")),
            model="grok-4-1-fast",
            citations=[A, B, C],
        ),
        cited=[(B, f"[2]]({B})", "2")],
        retrieved=[A, B, C],
        written=[A],
        searches=["crm"],
        search_used=True,
        stop="completed",
        billed=1,
    ),
    Case(
        "a list beside the answer is all that is cited where no annotation is",
        "openai_responses",
        response(search("crm"), message("Norvane."), model="grok-4-1-fast", citations=[A]),
        cited=[(A, None, None)],
        searches=["crm"],
        search_used=True,
        stop="completed",
        billed=1,
    ),
    Case(
        "the search call holds its results itself",
        "openai_responses",
        response(
            {
                **search("crm"),
                "results": [{"type": "text_result", "url": A, "title": "A"}, {"type": "image"}],
            },
            message("Norvane."),
        ),
        retrieved=[A],
        searches=["crm"],
        search_used=True,
        stop="completed",
        billed=1,
    ),
    Case(
        "an agent on Azure asks Bing and says no words of it",
        "openai_responses",
        response(
            {"type": "bing_grounding_call", "call_id": "1", "arguments": "{}", "status": "completed"},
            {"type": "bing_grounding_call_output", "call_id": "1", "output": None, "response_id": "r"},
            message(THAI, over(THAI, A)),
            agent_reference={"type": "agent_reference", "name": "norvane", "version": "2"},
        ),
        cited=[(A, f"[alpha]({A})", "T")],
        search_used=True,
        stop="completed",
        billed=1,
    ),
    Case(
        "OpenRouter's own search stands among the items",
        "openai_responses",
        response(
            {
                "type": "openrouter:web_search",
                "id": "st_1",
                "status": "completed",
                "action": {"type": "search", "query": "crm", "sources": [source(A)]},
            },
            {"type": "openrouter:datetime", "id": "st_2", "status": "completed"},
            message(THAI, over(THAI, A)),
            usage={"input_tokens": 1, "output_tokens": 1},
        ),
        cited=[(A, f"[alpha]({A})", "T")],
        retrieved=[A],
        searches=["crm"],
        search_used=True,
        stop="completed",
        billed=1,
    ),
    Case(
        "a search whose words Azure keeps to itself, and a programme's output",
        "openai_responses",
        response(
            search(None),
            {"type": "program_output", "call_id": "1", "output": "4"},
            message("Norvane."),
            access_programs={"kind": "standard"},
        ),
        search_used=True,
        stop="completed",
        billed=1,
    ),
    Case(
        "posts on X are cited as they are",
        "openai_responses",
        response(
            {"type": "x_search_call", "name": "x_keyword_search", "arguments": '{"query":"crm"}'},
            message("Norvane.", {"type": "url_citation", "url": "https://x.com/i/status/1"}),
            model="grok-4-fast",
        ),
        cited=[("https://x.com/i/status/1", None, None)],
        search_used=True,
        stop="completed",
        billed=1,
    ),
    Case(
        "a gateway's dump with nothing in every optional field",
        "openai_responses",
        response(
            {"type": "web_search_call", "id": "w", "action": None, "status": None},
            {
                "type": "message",
                "role": "assistant",
                "content": [
                    {"type": "output_text", "text": f"See {B}.", "annotations": None, "logprobs": None}
                ],
            },
            error=None,
            incomplete_details=None,
        ),
        written=[B],
        search_used=True,
        stop="completed",
        billed=1,
    ),
]

AGENT = [
    Case(
        "result numbers go on over several searches",
        "perplexity_agent",
        response(
            results((1, A), (2, B), queries=["crm", "crm price"]),
            results((11, C), queries=["crm 2026"]),
            message("Norvane[11][1]。Kiosk[2]。"),
        ),
        cited=[(C, "[11]", "g"), (A, "[1]", "a"), (B, "[2]", "b")],
        retrieved=[A, B, C],
        searches=["crm", "crm price", "crm 2026"],
        search_used=True,
        stop="completed",
        billed=2,
    ),
    Case(
        "an agent with a sandbox, a skill, an adviser and a file to fetch",
        "perplexity_agent",
        response(
            {"type": "skill_loaded", "name": "tables"},
            {"type": "advisor_result", "call_id": "1", "status": "completed", "advice": "Look at [2]."},
            results((1, A), queries=["crm"]),
            {"type": "sandbox_results", "call_id": "2", "code": "1", "language": "python", "results": []},
            {
                "type": "sandbox_read_file",
                "call_id": "3",
                "file_path": "/a",
                "content": "x",
                "total_lines": 1,
            },
            {"type": "share_file", "call_id": "4", "filename": "a.csv", "url": "/v1/files/1/content"},
            {"type": "unknown", "item_name": "new", "payload": {"a": 1}},
            message("Norvane[1]."),
        ),
        cited=[(A, "[1]", "a")],
        retrieved=[A],
        searches=["crm"],
        search_used=True,
        stop="completed",
        billed=1,
    ),
    Case(
        "a number that links somewhere else is a link, one that links to its page cites it",
        "perplexity_agent",
        response(
            results((1, A), (2, B), (3, C), queries=["crm"]),
            message(f"Norvane [1](https://other.example/) or [2]({B}) or [[3]]({C})."),
        ),
        cited=[(B, f"[2]({B})", "b"), (C, f"[[3]]({C})", "g")],
        retrieved=[A, B, C],
        searches=["crm"],
        written=["https://other.example/"],
        search_used=True,
        stop="completed",
        billed=1,
    ),
    Case(
        "a fetched page is retrieved too",
        "perplexity_agent",
        response(
            results((1, A), queries=["crm"]),
            {"type": "fetch_url_results", "contents": [{"url": B, "title": "B", "snippet": "…"}]},
            message("Norvane[1]; in 2026 [2026] too."),
        ),
        cited=[(A, "[1]", "a")],
        retrieved=[A, B],
        searches=["crm"],
        search_used=True,
        stop="completed",
        billed=1,
    ),
    Case(
        "cut off, with the results it had",
        "perplexity_agent",
        response(
            results((1, A), queries=["crm"]),
            message("Norvane [1"),
            status="incomplete",
            incomplete_details={"reason": "max_output_tokens"},
        ),
        retrieved=[A],
        searches=["crm"],
        search_used=True,
        stop="max_output_tokens",
        problem="cut off",
        billed=1,
    ),
]

CHATS = [
    Case(
        "deep research lists objects, and its reasoning is not the answer",
        "perplexity_chat",
        chat(
            {
                "content": f"<think>First {C} and [1].</think>\n\nノルヴェイン[2]は安い[1]。",
                "reasoning_steps": [{"thought": "x", "type": "web_search"}],
            },
            model="sonar-deep-research",
            search_results=[{"title": "A", "url": A, "date": "2026-01-01"}, {"title": "B", "url": B}],
            images=[],
            videos=[],
            related_questions=["And?"],
        ),
        cited=[(B, "[2]", "B"), (A, "[1]", "A")],
        retrieved=[A, B],
        search_used=True,
        stop="stop",
    ),
    Case(
        "markers stick to Chinese text and to bold names",
        "perplexity_chat",
        chat(
            {"content": "推荐**Norvane**[1]，以及Kiosk[2][1]。【3】"},
            model="sonar-pro",
            citations=[A, B],
        ),
        cited=[(A, "[1]", None), (B, "[2]", None), (A, "[1]", None)],
        retrieved=[A, B],
        search_used=True,
        stop="stop",
    ),
    Case(
        "the answer ran into its limit",
        "perplexity_chat",
        {
            **chat({"content": "Norvane[1"}, model="sonar", citations=[A]),
            "choices": [{"finish_reason": "length", "message": {"content": "Norvane[1"}}],
        },
        retrieved=[A],
        search_used=True,
        stop="length",
        problem="cut off",
    ),
    Case(
        "two choices: the first is the answer",
        "openai_chat",
        {
            **chat({"content": "Norvane."}, model="gpt-5.2"),
            "choices": [
                {"index": 0, "finish_reason": "stop", "message": {"content": "Norvane."}},
                {"index": 1, "finish_reason": "stop", "message": {"content": f"Kiosk {A}"}},
            ],
        },
        text="Norvane.",
        stop="stop",
    ),
    Case(
        "a model without search links in Markdown",
        "openai_chat",
        chat({"content": f"Siehe [Norvane]({A}) und <{B}>."}, model="gpt-4o"),
        written=[A, B],
        stop="stop",
    ),
    Case(
        "it wants to call a tool and says nothing",
        "openai_chat",
        {
            **chat({}, model="gpt-5.2"),
            "choices": [
                {
                    "finish_reason": "tool_calls",
                    "message": {"content": None, "tool_calls": [{"id": "1", "function": {"name": "f"}}]},
                }
            ],
        },
        text="",
        stop="tool_calls",
        problem="empty",
    ),
    Case(
        "Azure filtered the answer",
        "openai_chat",
        {
            **chat({}, model="gpt-4o"),
            "choices": [{"finish_reason": "content_filter", "message": {"content": ""}}],
        },
        text="",
        stop="content_filter",
        problem="refusal",
    ),
    Case(
        "OpenRouter counts no search at all",
        "openrouter",
        chat(
            {"content": "Norvane."},
            id="gen-9",
            provider="Anthropic",
            model="anthropic/claude-sonnet-5",
            usage={"prompt_tokens": 1, "server_tool_use": {"web_search_requests": 0}, "cost": 0.00002},
        ),
        search_used=False,
        stop="stop",
        billed=0,
        micros=20,
    ),
    Case(
        "Groq ran code and never searched",
        "groq",
        chat(
            {
                "content": "4",
                "executed_tools": [
                    {"index": 0, "type": "python", "arguments": '{"code": "2+2"}', "output": "4"}
                ],
            },
            model="groq/compound",
        ),
        search_used=False,
        stop="stop",
    ),
    Case(
        "Groq searched twice, arguments as an object, results null",
        "groq",
        chat(
            {
                "content": "Norvane.",
                "executed_tools": [
                    {"type": "search", "arguments": {"query": "crm größe"}, "search_results": None},
                    {
                        "type": "search",
                        "arguments": '{"query": "中文"}',
                        "search_results": {"results": [{"url": A, "title": "A", "score": 0.1}, {"url": ""}]},
                    },
                ],
            },
            model="compound-beta",
        ),
        retrieved=[A],
        searches=["crm größe", "中文"],
        search_used=True,
        stop="stop",
    ),
    Case(
        "Grok's chat of 2025 gives one list, which it calls citations",
        "openai_chat",
        chat(
            {"content": "Norvane."},
            model="grok-4",
            citations=[A, B],
            usage={"prompt_tokens": 1, "completion_tokens": 1, "num_sources_used": 2},
        ),
        cited=[(A, None, None), (B, None, None)],
        search_used=True,
        stop="stop",
    ),
    Case(
        "Grok's chat of 2025 numbered its list in the text",
        "openai_chat",
        chat({"content": "Norvane [2]."}, model="xai/grok-3-mini", citations=[A, B]),
        cited=[(B, "[2]", None)],
        retrieved=[A, B],
        search_used=True,
        stop="stop",
    ),
    Case(
        "Grok's chat used no source, and names its price in ticks",
        "openai_chat",
        chat(
            {"content": "Norvane.", "reasoning_content": "Hm."},
            model="grok-4.3",
            usage={"prompt_tokens": 1, "num_sources_used": 0, "cost_in_usd_ticks": 30_000_000},
        ),
        search_used=False,
        stop="stop",
        micros=3000,
    ),
    Case(
        "a gateway tells how it routed and what it charges",
        "openai_chat",
        chat(
            {"content": "Norvane.", "provider_metadata": {"gateway": {"cost": "0.1"}}},
            id="gen_1",
            model="maker/model-1",
            generationId="gen_1",
            usage={"prompt_tokens": 1, "cost": 0.00003, "market_cost": 0.00003, "gateway_cost": 0.0001},
        ),
        stop="stop",
        micros=30,
    ),
    Case(
        "litellm dumped Nova",
        "litellm",
        chat(
            {
                "content": "Norvane.",
                "tool_calls": [{"function": {"name": "nova_grounding", "arguments": '{"query": "crm"}'}}],
                "provider_specific_fields": {
                    "citationsContent": [
                        {"citations": [{"location": {"web": {"url": A, "domain": "alpha.example"}}}]}
                    ]
                },
            },
            model="us.amazon.nova-2-lite-v1:0",
        ),
        cited=[(A, None, "alpha.example")],
        searches=["crm"],
        search_used=True,
        stop="stop",
    ),
    Case(
        "litellm dumped a Gemini that did not ground",
        "litellm",
        chat(
            {"content": "Norvane.", "provider_specific_fields": {"thought_signatures": ["x"]}},
            model="gemini-3.8-flash",
            vertex_ai_grounding_metadata=[],
        ),
        search_used=False,
        stop="stop",
    ),
]

CJK = "最適なCRMはノルヴェインです。価格は月額￥980から。安い🏢。"
MIXED = f"{FAMILY} {ACCENT} wählt Norvane. Ende."
GEMINI = [
    Case(
        "Japanese, several chunks a support, no words quoted",
        "gemini",
        grounded(
            CJK,
            [web("1", "norvane.co.jp"), web("2", "例え.jp"), web("3", "kakaku.com")],
            segment(CJK, "価格は月額￥980から。", 1, 0, quoted=False),
            segment(CJK, "安い🏢。", 2, quoted=False),
        ),
        cited=[
            (REDIRECT + "2", "価格は月額￥980から。", "例え.jp"),
            (REDIRECT + "1", "価格は月額￥980から。", "norvane.co.jp"),
            (REDIRECT + "3", "安い🏢。", "kakaku.com"),
        ],
        retrieved=[REDIRECT + "1", REDIRECT + "2", REDIRECT + "3"],
        searches=["crm"],
        search_used=True,
        stop="STOP",
        domains=[("xn--r8jz45g.jp", "title"), ("norvane.co.jp", "title"), ("kakaku.com", "title")],
        billed=1,
    ),
    Case(
        "joined emoji and combining accents in bytes",
        "gemini",
        grounded(MIXED, [web("1")], segment(MIXED, "wählt Norvane", 0), segment(MIXED, FAMILY, 0)),
        cited=[
            (REDIRECT + "1", "wählt Norvane", "alpha.example"),
            (REDIRECT + "1", FAMILY, "alpha.example"),
        ],
        retrieved=[REDIRECT + "1"],
        searches=["crm"],
        search_used=True,
        stop="STOP",
        billed=1,
    ),
    Case(
        "chunks but no supports: found, not cited",
        "gemini",
        grounded("Norvane.", [web("1"), web("2", "beta.example")]),
        retrieved=[REDIRECT + "1", REDIRECT + "2"],
        searches=["crm"],
        search_used=True,
        stop="STOP",
        billed=1,
    ),
    Case(
        "a page of Maps and a document of one's own",
        "gemini",
        grounded(
            "Kiosk am Eck.",
            [
                {"maps": {"uri": "https://maps.google.com/?cid=1", "title": "Kiosk", "placeId": "p"}},
                {"retrievedContext": {"uri": "gs://bucket/a.pdf", "title": "a.pdf", "text": "…"}},
            ],
            segment("Kiosk am Eck.", "Kiosk", 0, 1),
        ),
        cited=[
            ("https://maps.google.com/?cid=1", "Kiosk", "Kiosk"),
            ("gs://bucket/a.pdf", "Kiosk", "a.pdf"),
        ],
        retrieved=["https://maps.google.com/?cid=1", "gs://bucket/a.pdf"],
        searches=["crm"],
        search_used=True,
        stop="STOP",
        domains=[(None, "url"), (None, "url")],
        billed=1,
    ),
    Case(
        "two candidates: the first is the answer",
        "gemini",
        {
            "candidates": [
                gemini([{"text": "Norvane."}], {})["candidates"][0],
                grounded("Kiosk.", [web("1")])["candidates"][0],
            ],
            "modelVersion": "gemini-2.5-flash",
        },
        text="Norvane.",
        search_used=False,
        stop="STOP",
        billed=0,
    ),
    Case(
        "a thought between two parts; the segment is in the last",
        "gemini",
        gemini(
            [{"text": "Größe. "}, {"text": "hm", "thought": True}, {"text": "Norvane passt."}],
            {
                "groundingChunks": [web("1")],
                "groundingSupports": [
                    {
                        "segment": {"partIndex": 2, "endIndex": 7, "text": "Norvane"},
                        "groundingChunkIndices": [0],
                    }
                ],
            },
        ),
        text="Größe. Norvane passt.",
        cited=[(REDIRECT + "1", "Norvane", "alpha.example")],
        retrieved=[REDIRECT + "1"],
        search_used=True,
        stop="STOP",
    ),
    Case(
        "the text ran over two parts and segments count through both",
        "gemini",
        gemini(
            [{"text": "Größe zählt. "}, {"text": "Norvane passt."}],
            {
                "groundingChunks": [web("1")],
                "groundingSupports": [segment("Größe zählt. Norvane passt.", "Norvane passt.", 0)],
                "webSearchQueries": ["crm"],
            },
        ),
        cited=[(REDIRECT + "1", "Norvane passt.", "alpha.example")],
        retrieved=[REDIRECT + "1"],
        searches=["crm"],
        search_used=True,
        stop="STOP",
        billed=1,
    ),
    Case(
        "Python's client writes its keys in snake case",
        "gemini",
        {
            "candidates": [
                {
                    "content": {"parts": [{"text": "Größe: Norvane."}], "role": "model"},
                    "finish_reason": "STOP",
                    "grounding_metadata": {
                        "web_search_queries": ["crm"],
                        "grounding_chunks": [web("1")],
                        "grounding_supports": [
                            {
                                "segment": {"start_index": 9, "end_index": 16, "text": "Norvane"},
                                "grounding_chunk_indices": [0],
                                "confidence_scores": None,
                            }
                        ],
                        "search_entry_point": {"rendered_content": "<div>"},
                    },
                }
            ],
            "model_version": "gemini-3.8-flash",
            "usage_metadata": {"prompt_token_count": 2, "candidates_token_count": 3},
        },
        cited=[(REDIRECT + "1", "Norvane", "alpha.example")],
        retrieved=[REDIRECT + "1"],
        searches=["crm"],
        search_used=True,
        stop="STOP",
        model="gemini-3.8-flash",
        billed=1,
    ),
    Case(
        "out of tokens before a word was said",
        "gemini",
        {
            "candidates": [{"content": {"role": "model"}, "finishReason": "MAX_TOKENS", "index": 0}],
            "modelVersion": "gemini-2.5-pro",
        },
        search_used=False,
        text="",
        stop="MAX_TOKENS",
        problem="empty",
        billed=0,
    ),
    Case(
        "its tool call was malformed",
        "gemini",
        {"candidates": [{"finishReason": "MALFORMED_FUNCTION_CALL"}], "modelVersion": "gemini-2.5-pro"},
        search_used=False,
        text="",
        stop="MALFORMED_FUNCTION_CALL",
        problem="error",
        billed=0,
    ),
]

ANTHROPIC = [
    Case(
        "searches made from code",
        "anthropic",
        claude(
            {"type": "server_tool_use", "id": "c", "name": "code_execution", "input": {"code": "…"}},
            asks("crm", caller={"type": "code_execution_20260120", "tool_id": "c"}),
            found(A),
            asks("crm preis"),
            found(B, A),
            {"type": "code_execution_tool_result", "content": {"type": "encrypted_code_execution_result"}},
            {"type": "text", "text": "Größe: "},
            {"type": "text", "text": "Norvane", "citations": [hit(B), hit(A, "A")]},
            usage={"input_tokens": 1, "output_tokens": 1, "server_tool_use": {"web_search_requests": 2}},
        ),
        text="Größe: Norvane",
        cited=[(B, "Norvane", "T"), (A, "Norvane", "A")],
        retrieved=[A, B, A],
        searches=["crm", "crm preis"],
        search_used=True,
        stop="end_turn",
        billed=2,
    ),
    Case(
        "only the bill tells of a search",
        "anthropic",
        claude(
            {"type": "text", "text": "Norvane."},
            usage={"input_tokens": 1, "output_tokens": 1, "server_tool_use": {"web_search_requests": 1}},
        ),
        search_used=True,
        stop="end_turn",
        billed=1,
    ),
    Case(
        "joined emoji in blocks, an empty block between",
        "anthropic",
        claude(
            asks("crm"),
            found(A),
            {"type": "text", "text": f"{FAMILY} "},
            {"type": "text", "text": "", "citations": []},
            {"type": "text", "text": f"{ACCENT}!", "citations": [hit(A)]},
            stop_reason="max_tokens",
        ),
        cited=[(A, f"{ACCENT}!", "T")],
        retrieved=[A],
        searches=["crm"],
        search_used=True,
        stop="max_tokens",
        problem="cut off",
    ),
    Case(
        "too many requests inside the answer",
        "anthropic",
        claude(
            asks("crm"),
            {
                "type": "web_search_tool_result",
                "content": {"type": "web_search_tool_result_error", "error_code": "too_many_requests"},
            },
            asks("crm 2"),
            found(),
            {"type": "text", "text": f"Vielleicht {A}"},
        ),
        searches=["crm", "crm 2"],
        written=[A],
        search_used=True,
        stop="end_turn",
    ),
]

OTHERS = [
    Case(
        "one agent of Mistral's hands over to another after it searched",
        "mistral",
        {
            "object": "conversation.response",
            "conversation_id": "conv_1",
            "outputs": [
                {"type": "agent.handoff", "agent_id": "ag_1", "agent_name": "finder"},
                {"type": "tool.execution", "name": "web_search", "function": "web_search", "info": {}},
                {
                    "type": "message.output",
                    "model": "mistral-medium-2505",
                    "content": [
                        {"type": "text", "text": "Norvane costs 4 €"},
                        {"type": "tool_reference", "tool": "web_search", "title": "A", "url": A},
                        {"type": "tool_reference", "tool": None, "title": None, "url": B},
                        {"type": "text", "text": "."},
                    ],
                },
                {"type": "message.output", "model": "mistral-medium-2505", "content": "Kiosk costs 5 €."},
            ],
            "usage": {"prompt_tokens": 1, "connectors": {"web_search": 1, "code_interpreter": 2}},
        },
        cited=[(A, "Norvane costs 4 €", "A"), (B, "Norvane costs 4 €", None)],
        search_used=True,
        text="Norvane costs 4 €.\n\nKiosk costs 5 €.",
        billed=1,
    ),
    Case(
        "Mistral looked into the caller's own documents, not at the web",
        "mistral",
        {
            "object": "conversation.response",
            "conversation_id": "conv_1",
            "outputs": [
                {"type": "tool.execution", "name": "document_library", "arguments": "{}"},
                {
                    "type": "message.output",
                    "content": [
                        {"type": "text", "text": "Norvane."},
                        {"type": "tool_reference", "tool": "document_library", "title": "a.pdf", "url": C},
                    ],
                },
            ],
            "usage": {"connectors": {"document_library": 1}},
        },
        cited=[(C, "Norvane.", "a.pdf")],
        search_used=False,
    ),
    Case(
        "Nova searched twice and cited a block in the middle",
        "bedrock",
        {
            "output": {
                "message": {
                    "role": "assistant",
                    "content": [
                        {"toolUse": {"name": "nova_grounding", "input": {"query": "crm"}, "toolUseId": "1"}},
                        {"toolResult": {"toolUseId": "1", "content": [], "status": "success"}},
                        {"text": "Größe 🏢. "},
                        {
                            "citationsContent": {
                                "content": [{"text": "Norvane."}],
                                "citations": [
                                    {"location": {"web": {"url": A, "domain": "alpha.example"}}},
                                    {"location": {"documentChar": {"documentIndex": 0}}},
                                ],
                            }
                        },
                        {"text": " Ende."},
                    ],
                }
            },
            "stopReason": "end_turn",
            "usage": {"inputTokens": 1, "outputTokens": 1},
        },
        text="Größe 🏢. Norvane. Ende.",
        cited=[(A, "Norvane.", "alpha.example")],
        searches=["crm"],
        search_used=True,
        stop="end_turn",
        billed=1,
    ),
    Case(
        "Mistral's news search, references side by side, Korean",
        "mistral",
        {
            "conversation_id": "c",
            "object": "conversation.response",
            "outputs": [
                {"type": "tool.execution", "name": "web_search_premium", "arguments": {"query": "crm 가격"}},
                {
                    "type": "message.output",
                    "role": "assistant",
                    "model": "mistral-medium-latest",
                    "content": [
                        {"type": "text", "text": "노르베인은 좋다 🏢"},
                        {"type": "tool_reference", "tool": "web_search", "title": "A", "url": A},
                        {"type": "tool_reference", "tool": "web_search", "title": "B", "url": B},
                        {"type": "text", "text": ". 끝"},
                    ],
                },
            ],
            "usage": {"prompt_tokens": 1, "completion_tokens": 1, "connectors": {"web_search_premium": 1}},
        },
        text="노르베인은 좋다 🏢. 끝",
        cited=[(A, "노르베인은 좋다 🏢", "A"), (B, "노르베인은 좋다 🏢", "B")],
        searches=["crm 가격"],
        search_used=True,
        stop=None,
        billed=1,
    ),
    Case(
        "Cohere's first chat API searched the web",
        "cohere",
        {
            "response_id": "r",
            "generation_id": "g",
            "text": "Größe 🏢: Norvane wins.",
            "finish_reason": "COMPLETE",
            "chat_history": [{"role": "USER", "message": f"See {C}"}],
            "citations": [
                {"start": 9, "end": 16, "text": "Norvane", "document_ids": ["web-search_1", "web-search_0"]},
                {"start": 17, "end": 21, "text": "wins", "document_ids": ["lost"]},
            ],
            "documents": [
                {"id": "web-search_0", "title": "A", "url": A, "snippet": "…", "timestamp": "…"},
                {"id": "web-search_1", "title": "B", "url": B, "snippet": "…"},
            ],
            "search_queries": [{"text": "crm", "generation_id": "x"}],
            "search_results": [{"connector": {"id": "web-search"}, "document_ids": ["web-search_0"]}],
            "is_search_required": True,
            "meta": {"tokens": {"input_tokens": 5, "output_tokens": 6}, "billed_units": {"search_units": 1}},
        },
        text="Größe 🏢: Norvane wins.",
        cited=[(B, "Norvane", "B"), (A, "Norvane", "A")],
        retrieved=[A, B],
        searches=["crm"],
        search_used=True,
        stop="COMPLETE",
        billed=1,
    ),
    Case(
        "Cohere's first chat API answered from memory",
        "cohere",
        {
            "response_id": "r",
            "generation_id": "g",
            "text": "Norvane.",
            "finish_reason": "COMPLETE",
            "chat_history": [],
            "meta": {"api_version": {"version": "1"}},
        },
        text="Norvane.",
        search_used=False,
        stop="COMPLETE",
    ),
    Case(
        "Exa points by number and read nothing else",
        "exa",
        {"answer": "Norvane [1], Kiosk [2].", "citations": [{"id": A, "url": A, "title": "A"}, {"url": B}]},
        cited=[(A, "[1]", "A"), (B, "[2]", None)],
        retrieved=[A, B],
        search_used=True,
        billed=1,
    ),
]

PAGES = [
    Case(
        "blocks that unfold, headings, and a list in a list",
        "serpapi_overview",
        serp(
            ai_overview={
                "text_blocks": [
                    {"type": "heading", "snippet": "Größe 🏢"},
                    {
                        "type": "expandable",
                        "title": "Mehr",
                        "text_blocks": [
                            {"type": "paragraph", "snippet": "Tief.", "reference_indexes": [1]},
                            {
                                "type": "list",
                                "list": [
                                    {
                                        "snippet": "Norvane",
                                        "list": [{"snippet": "Preis", "reference_indexes": [0, 1]}],
                                    }
                                ],
                            },
                        ],
                    },
                ],
                "references": refs(A, B),
            }
        ),
        text="Größe 🏢\nMehr\nTief.\nNorvane\nPreis",
        cited=[(B, "Tief.", "B"), (A, "Preis", "A"), (B, "Preis", "B")],
        retrieved=[A, B],
        searches=["bestes crm"],
        search_used=True,
        stop="Success",
    ),
    Case(
        "a table whose cells point, and references out of order",
        "serpapi_overview",
        serp(
            ai_overview={
                "text_blocks": [
                    {
                        "type": "table",
                        "snippet": "Vergleich",
                        "reference_indexes": [7],
                        "table": [
                            ["名前", "価格"],
                            [{"snippet": "Norvane", "reference_indexes": [3]}, {"snippet": "￥980"}],
                        ],
                    }
                ],
                "references": [
                    {"index": 7, "title": "B", "link": B},
                    {"index": 3, "title": "A", "link": A},
                ],
            }
        ),
        text="Vergleich\n名前 | 価格\nNorvane | ￥980",
        cited=[(B, "Vergleich", "B"), (A, "Norvane", "A")],
        retrieved=[B, A],
        searches=["bestes crm"],
        search_used=True,
        stop="Success",
    ),
    Case(
        "the overview could not be made",
        "serpapi_overview",
        serp(ai_overview={"error": "An AI Overview is not available for this search"}),
        searches=["bestes crm"],
        search_used=True,
        text="",
        stop="not_shown",
    ),
    Case(
        "Bright Data calls the blocks texts and the links href",
        "serpapi_overview",
        {
            "general": {"search_engine": "google", "query": "bestes crm"},
            "ai_overview": {
                "texts": [
                    {"type": "paragraph", "snippet": "Norvane.", "reference_indexes": [0, 1]},
                    {
                        "type": "list",
                        "title": "Warum",
                        "list": [{"type": "paragraph", "snippet": "Billig.", "reference_indexes": [1]}],
                    },
                ],
                "references": [
                    {"href": A, "title": "A", "source": "Alpha", "index": 0},
                    {"href": B, "title": "B", "source": "Beta", "index": 1},
                ],
            },
            "organic": [{"link": C}],
        },
        text="Norvane.\nWarum\nBillig.",
        cited=[(A, "Norvane.", "A"), (B, "Norvane.", "B"), (B, "Billig.", "B")],
        retrieved=[A, B],
        searches=["bestes crm"],
        search_used=True,
    ),
    Case(
        "AI Mode shows code and a heading, in Arabic",
        "serpapi_ai_mode",
        {
            "search_metadata": {"status": "Success"},
            "search_parameters": {"engine": "google_ai_mode", "q": "crm"},
            "text_blocks": [
                {"type": "heading", "snippet": "أفضل"},
                {"type": "code_block", "language": "python", "code": "print(1)"},
                {"type": "paragraph", "snippet": "نورفين 🏢", "reference_indexes": [0]},
            ],
            "references": refs(A),
        },
        cited=[(A, "نورفين 🏢", "A")],
        retrieved=[A],
        searches=["crm"],
        search_used=True,
        stop="Success",
    ),
    Case(
        "DataForSEO: an element points at a page the list lacks",
        "dataforseo",
        task(
            {
                "type": "ai_overview",
                "references": [ref(A, "A")],
                "items": [
                    {
                        "type": "ai_overview_element",
                        "text": "中文。",
                        "references": [ref(B, "B"), ref(A, "A")],
                        "images": [{"type": "images_element", "url": C}],
                    },
                    {"type": "ai_overview_element", "text": "Ende 🏢.", "references": None, "links": None},
                ],
            }
        ),
        text="中文。\nEnde 🏢.",
        cited=[(B, "中文。", "B"), (A, "中文。", "A")],
        retrieved=[A, B],
        searches=["bestes crm"],
        search_used=True,
        stop="shown",
        micros=3500,
    ),
]

CASES = [*RESPONSES, *AGENT, *CHATS, *GEMINI, *ANTHROPIC, *OTHERS, *PAGES]
