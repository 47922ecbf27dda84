"""Google's, Anthropic's and Amazon's searches as other clients, versions and tools show them, all
invented."""

from __future__ import annotations

from typing import Any

from tests.tracker.citations.bodies.blocks import REDIRECT, claude, gemini, support
from tests.tracker.citations.bodies.cases import Case

A, B, C = "https://alpha.example/1", "https://beta.example/2", "https://gamma.example/3"
SAID = "Größe 🏢 zählt. Norvane ist groß."
MAP = "https://maps.example/?cid=1"


def fetched(url: str, title: str | None) -> dict[str, Any]:
    document = {"type": "document", "source": {"type": "text", "data": "…"}, "title": title}
    return {
        "type": "web_fetch_tool_result",
        "tool_use_id": "1",
        "content": {"type": "web_fetch_result", "url": url, "content": document},
    }


def quoted(index: int, title: str | None) -> dict[str, Any]:
    return {
        "type": "char_location",
        "cited_text": "…",
        "document_index": index,
        "document_title": title,
        "start_char_index": 0,
        "end_char_index": 1,
    }


ANTHROPIC = [
    Case(
        "a client left out the reply's type",
        "anthropic",
        {
            "role": "assistant",
            "model": "claude-sonnet-5-5",
            "content": [
                {"type": "server_tool_use", "id": "1", "name": "web_search", "input": {"query": "crm"}},
                {"type": "text", "text": "Norvane."},
            ],
            "stop_reason": "end_turn",
        },
        text="Norvane.",
        searches=["crm"],
        search_used=True,
        stop="end_turn",
    ),
    Case(
        "a client left out the role as well",
        "anthropic",
        {
            "content": [{"type": "web_search_tool_result", "content": [{"url": A, "title": "Alpha"}]}],
            "stop_reason": "pause_turn",
        },
        retrieved=[A],
        search_used=True,
        text="",
        stop="pause_turn",
        problem="pause",
    ),
    Case(
        "the caller's own document is counted before the fetched ones",
        "anthropic",
        claude(
            fetched(A, "Alpha"),
            fetched(B, "Beta"),
            {"type": "text", "text": "Alpha sagt 🏢", "citations": [quoted(1, "Alpha")]},
            {"type": "text", "text": ", Beta sagt", "citations": [quoted(2, "Beta")]},
            {"type": "text", "text": ", wir sagen", "citations": [quoted(0, "Our notes")]},
        ),
        cited=[(A, "Alpha sagt 🏢", "Alpha"), (B, ", Beta sagt", "Beta")],
        retrieved=[A, B],
        search_used=True,
        stop="end_turn",
    ),
    Case(
        "pages without titles are cited by their number",
        "anthropic",
        claude(
            fetched(A, None),
            fetched(B, None),
            {"type": "text", "text": "Norvane", "citations": [quoted(1, None)]},
        ),
        cited=[(B, "Norvane", None)],
        retrieved=[A, B],
        search_used=True,
        stop="end_turn",
    ),
    Case(
        "a page that could not be fetched is no look at the web",
        "anthropic",
        claude(
            {"type": "server_tool_use", "id": "1", "name": "web_fetch", "input": {"url": A}},
            {
                "type": "web_fetch_tool_result",
                "tool_use_id": "1",
                "content": {"type": "web_fetch_tool_result_error", "error_code": "url_not_accessible"},
            },
            {"type": "text", "text": "Norvane."},
        ),
        search_used=False,
        stop="end_turn",
    ),
]

FILES = [
    {"retrievedContext": {"title": "notes.txt", "text": "…", "fileSearchStore": "fileSearchStores/n"}},
]
PLACES = [
    {"maps": {"uri": MAP, "title": "Café Norvane", "placeId": "places/1", "text": "…"}},
    {"web": {"uri": REDIRECT + "1", "title": "alpha.example"}},
]

GEMINI = [
    Case(
        "Gemini 3 lists a query twice and an empty one: it bills what is different",
        "gemini",
        gemini([{"text": "Norvane."}], {"webSearchQueries": ["crm", "", "crm prices", "crm"]}),
        searches=["crm", "crm prices", "crm"],
        search_used=True,
        stop="STOP",
        billed=2,
    ),
    Case(
        "Gemini 3 searched and lists no queries: what it bills is unknown, not nothing",
        "gemini",
        gemini(
            [{"text": "Norvane."}],
            {
                "searchEntryPoint": {"renderedContent": "<div></div>"},
                "groundingChunks": [{"web": {"uri": REDIRECT + "1", "title": "alpha.example"}}],
            },
        ),
        retrieved=[REDIRECT + "1"],
        search_used=True,
        stop="STOP",
        billed=None,
    ),
    Case(
        "Model Armor stopped the answer",
        "gemini",
        {"candidates": [{"finishReason": "MODEL_ARMOR", "finishMessage": "blocked"}]},
        search_used=False,
        text="",
        stop="MODEL_ARMOR",
        problem="refusal",
        billed=0,
    ),
    Case(
        "files of the caller's own are neither searched web nor citations",
        "gemini",
        gemini(
            [{"text": SAID}],
            {
                "groundingChunks": FILES,
                "groundingSupports": [support("Norvane ist groß.", 0, within=SAID)],
                "retrievalQueries": ["größe"],
            },
        ),
        search_used=False,
        stop="STOP",
        billed=0,
    ),
    Case(
        "files in a bucket of the caller's own are cited, and the web was not searched",
        "gemini",
        gemini(
            [{"text": SAID}],
            {
                "groundingChunks": [
                    {"retrievedContext": {"uri": "gs://norvane/notes.txt", "title": "Notes"}}
                ],
                "groundingSupports": [support("Norvane ist groß.", 0, within=SAID)],
                "retrievalQueries": ["größe"],
            },
        ),
        cited=[("gs://norvane/notes.txt", "Norvane ist groß.", "Notes")],
        retrieved=["gs://norvane/notes.txt"],
        search_used=False,
        stop="STOP",
        billed=0,
    ),
    Case(
        "places of the map, asked for in queries of their own",
        "gemini",
        gemini(
            [{"text": SAID}],
            {
                "groundingChunks": PLACES,
                "groundingSupports": [
                    support("Größe 🏢 zählt.", 0, within=SAID),
                    support("Norvane ist groß.", 1, 0, within=SAID),
                ],
                "webSearchQueries": ["café"],
                "retrievalQueries": ["café", "café norvane"],
                "imageSearchQueries": ["norvane logo"],
                "googleMapsWidgetContextToken": "widget",
            },
        ),
        cited=[
            (MAP, "Größe 🏢 zählt.", "Café Norvane"),
            (REDIRECT + "1", "Norvane ist groß.", "alpha.example"),
            (MAP, "Norvane ist groß.", "Café Norvane"),
        ],
        retrieved=[MAP, REDIRECT + "1"],
        searches=["café", "norvane logo", "café norvane"],
        search_used=True,
        stop="STOP",
        billed=3,
    ),
    Case(
        "Vertex's first form of the supports",
        "gemini",
        gemini(
            [{"text": SAID}],
            {
                "groundingChunks": [{"web": {"uri": A, "title": "Alpha"}}],
                "groundingSupport": [
                    {
                        "segment": {"startIndex": 0, "endIndex": 900},
                        "segment_text": "Norvane ist groß.",
                        "supportChunkIndices": [0],
                        "confidenceScore": [0.9],
                    }
                ],
                "webSearchQueries": ["crm"],
            },
        ),
        cited=[(A, "Norvane ist groß.", "Alpha")],
        retrieved=[A],
        searches=["crm"],
        search_used=True,
        stop="STOP",
        billed=1,
    ),
    Case(
        "tool calls tell what the grounding does not",
        "gemini",
        gemini(
            [
                {"toolCall": {"toolType": "GOOGLE_SEARCH_WEB", "args": {"queries": ["größe"]}, "id": "1"}},
                {"toolResponse": {"toolType": "GOOGLE_SEARCH_WEB", "response": {}, "id": "1"}},
                {"toolCall": {"toolType": "URL_CONTEXT", "args": {"urls": [A]}, "id": "2"}},
                {
                    "toolResponse": {
                        "toolType": "URL_CONTEXT",
                        "id": "2",
                        "response": {
                            "urls_metadata": [
                                {
                                    "retrieved_url": A,
                                    "url_retrieval_status": "URL_RETRIEVAL_STATUS_SUCCESS",
                                },
                                {"retrieved_url": B, "url_retrieval_status": "URL_RETRIEVAL_STATUS_ERROR"},
                            ]
                        },
                    }
                },
                {"text": SAID},
            ]
        ),
        text=SAID,
        retrieved=[A],
        searches=["größe"],
        search_used=True,
        stop="STOP",
        billed=1,
    ),
    Case(
        "a segment runs over two parts, and the grounding stands beside the candidates",
        "gemini",
        {
            **gemini([{"text": "Größe 🏢 zählt. Nor"}, {"text": "vane ist groß."}]),
            "groundingMetadata": {
                "groundingChunks": [{"web": {"uri": A, "title": "Alpha"}}],
                "groundingSupports": [support("Norvane ist groß.", 0, within=SAID)],
                "webSearchQueries": ["crm"],
            },
        },
        cited=[(A, "Norvane ist groß.", "Alpha")],
        retrieved=[A],
        searches=["crm"],
        search_used=True,
        stop="STOP",
        billed=1,
    ),
]


def interaction(*steps: Any, **more: Any) -> dict[str, Any]:
    return {
        "object": "interaction",
        "id": "v1_x",
        "status": "completed",
        "model": "gemini-3.8-flash",
        "steps": list(steps),
        **more,
    }


def said(text: str, *annotations: Any) -> dict[str, Any]:
    block = {"type": "text", "text": text, "annotations": list(annotations)}
    return {"type": "model_output", "content": [block]}


def about(kind: str, words: str, **more: Any) -> dict[str, Any]:
    start = len(SAID[: SAID.index(words)].encode())
    return {"type": kind, "start_index": start, "end_index": start + len(words.encode()), **more}


INTERACTIONS = [
    Case(
        "an interaction's places are pages, cited by their names",
        "gemini_interactions",
        interaction(
            {"type": "google_maps_call", "id": "1", "arguments": {"queries": ["café"]}},
            {
                "type": "google_maps_result",
                "call_id": "1",
                "result": [{"places": [{"place_id": "1", "name": "Café Norvane", "url": MAP}]}],
            },
            said(SAID, about("place_citation", "Norvane", name="Café Norvane", place_id="1", url=MAP)),
        ),
        text=SAID,
        cited=[(MAP, "Norvane", "Café Norvane")],
        retrieved=[MAP],
        searches=["café"],
        search_used=True,
        stop="completed",
        billed=1,
    ),
    Case(
        "an interaction read one page of two",
        "gemini_interactions",
        interaction(
            {"type": "url_context_call", "id": "1", "arguments": {"urls": [A, B]}},
            {
                "type": "url_context_result",
                "call_id": "1",
                "result": [{"url": A, "status": "success"}, {"url": B, "status": "error"}],
            },
            said(SAID),
        ),
        retrieved=[A],
        search_used=True,
        stop="completed",
        billed=0,
    ),
    Case(
        "an agent's research: notes without a title, and its searches only counted",
        "gemini_interactions",
        {
            "id": "v1_x",
            "status": "completed",
            "agent": "deep-research-1",
            "steps": [
                {"type": "thought", "summary": [{"type": "text", "text": "…"}]},
                said(
                    f"{SAID} [cite: 1]",
                    about("url_citation", "Norvane ist groß.", url=REDIRECT + "1", title=None),
                ),
            ],
            "usage": {
                "total_input_tokens": 1,
                "total_output_tokens": 2,
                "grounding_tool_count": [{"type": "google_search", "count": 7}],
            },
        },
        cited=[(REDIRECT + "1", "Norvane ist groß.", None)],
        search_used=True,
        stop="completed",
        model="deep-research-1",
        billed=7,
    ),
    Case(
        "an interaction's outputs, and nothing says what it is",
        "gemini_interactions",
        {
            "outputs": [
                {"type": "google_search_call", "id": "1", "arguments": {"queries": ["größe"]}},
                {"type": "google_search_result", "call_id": "1", "result": [{"url": A, "title": "Alpha"}]},
                {"type": "text", "text": SAID, "annotations": [about("url_citation", "Größe 🏢", source=A)]},
            ]
        },
        cited=[(A, "Größe 🏢", None)],
        retrieved=[A],
        searches=["größe"],
        search_used=True,
        billed=1,
    ),
    Case(
        "an interaction spent its budget",
        "gemini_interactions",
        interaction(status="budget_exceeded"),
        search_used=False,
        text="",
        stop="budget_exceeded",
        problem="error",
        billed=0,
    ),
    Case(
        "an interaction that has not begun",
        "gemini_interactions",
        interaction(status="queued"),
        search_used=False,
        text="",
        stop="queued",
        problem="pause",
        billed=0,
    ),
]


def converse(*content: Any) -> dict[str, Any]:
    return {"output": {"message": {"role": "assistant", "content": list(content)}}, "stopReason": "end_turn"}


BEDROCK = [
    Case(
        "Nova's citations are a list",
        "bedrock",
        converse(
            {"text": SAID},
            {"citationsContent": [{"location": {"web": {"url": A, "domain": "alpha.example"}}}]},
        ),
        cited=[(A, None, "alpha.example")],
        search_used=True,
        stop="end_turn",
        billed=0,
    ),
    Case(
        "search results that the caller gave are cited, and nothing was searched",
        "bedrock",
        converse(
            {
                "citationsContent": {
                    "content": [{"text": SAID}],
                    "citations": [
                        {
                            "title": "Alpha",
                            "source": A,
                            "location": {
                                "searchResultLocation": {"searchResultIndex": 0, "start": 0, "end": 1}
                            },
                        },
                        {"title": "Notes", "source": "notes/1", "location": {"documentChar": {}}},
                    ],
                }
            }
        ),
        text=SAID,
        cited=[(A, SAID, "Alpha")],
        search_used=False,
        stop="end_turn",
        billed=0,
    ),
]

CASES = [*ANTHROPIC, *GEMINI, *INTERACTIONS, *BEDROCK]
