"""Replies that were streamed: the pieces read as the whole would have been."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from tests.tracker.citations.bodies import CASES, Case
from tracker.citations import read, recognise, unknown_keys
from tracker.errors import DataError

A, B = "https://alpha.example/1", "https://beta.example/2"
SAID = "Größe 🏢 zählt. Norvane ist groß."

# The wire's own form, with an answer in it: what a client dumps in snake case never was a stream.
GEMINI = [
    case
    for case in CASES
    if case.shape == "gemini" and case.body.get("candidates") and "modelVersion" in case.body
]


def chunks(case: Case) -> list[dict[str, Any]]:
    """Each text in pieces of three letters; what else the candidate has comes with the last chunk."""
    pieces = []
    body = copy.deepcopy(case.body)
    candidate = body["candidates"][0]
    parts = candidate.get("content", {}).get("parts")
    for part in parts if isinstance(parts, list) else []:
        text = part.get("text") or ""
        for start in range(0, len(text), 3) if text else [None]:
            piece = part if start is None else part | {"text": text[start : start + 3]}
            content = {"role": "model", "parts": [piece]}
            pieces.append({**body, "candidates": [{"index": 0, "content": content}]})
    last = {**candidate, "content": {"role": "model", "parts": [{"text": ""}]}}
    return [*pieces, {**body, "candidates": [last]}]


def events(pieces: list[dict[str, Any]], named: bool = False) -> str:
    """As they come over the wire, with Windows' line ends and a comment that keeps the line open."""
    said = [f"event: {piece['type']}\r\n" if named else "" for piece in pieces]
    sent = [f"{name}data: {json.dumps(piece)}\r\n\r\n" for name, piece in zip(said, pieces, strict=True)]
    return ": ping\r\n\r\n" + "".join(sent) + "data: [DONE]\r\n\r\n"


@pytest.mark.parametrize("case", GEMINI, ids=str)
def test_a_stream_of_gemini_reads_as_the_whole(case: Case) -> None:
    pieces, whole = chunks(case), read(case.body)
    for streamed in (read(json.dumps(pieces)), read(events(pieces))):
        assert streamed.text == whole.text
        assert streamed.citations == whole.citations
        assert (streamed.searches, streamed.search_used) == (whole.searches, whole.search_used)
        assert (streamed.stop, streamed.problem, streamed.usage) == (whole.stop, whole.problem, whole.usage)


def test_grounding_that_grows_from_chunk_to_chunk_is_put_together() -> None:
    def chunk(text: str, *supports: Any, **more: Any) -> dict[str, Any]:
        candidate = {"content": {"parts": [{"text": text}]}, "groundingMetadata": dict(more)}
        if supports:
            candidate["groundingMetadata"]["groundingSupports"] = list(supports)
        return {"candidates": [candidate], "modelVersion": "gemini-3.8-flash"}

    def over(words: str, number: int) -> dict[str, Any]:
        start = len(SAID[: SAID.index(words)].encode())
        segment = {"startIndex": start, "endIndex": start + len(words.encode()), "text": words}
        return {"segment": segment, "groundingChunkIndices": [number]}

    pages = [{"web": {"uri": A, "title": "A"}}, {"web": {"uri": B, "title": "B"}}]
    first = over("Größe 🏢 zählt.", 0)
    pieces = [
        chunk("Größe 🏢 zäh", webSearchQueries=["crm"]),
        chunk("lt. Norvane", first, webSearchQueries=["crm"], groundingChunks=pages[:1]),
        chunk(" ist groß.", first, over("Norvane ist groß.", 1), groundingChunks=pages),
        {"usageMetadata": {"promptTokenCount": 2, "candidatesTokenCount": 3}},
    ]
    reading = read(json.dumps(pieces))
    cited = [(one.url, reading.text[one.start : one.end]) for one in reading.of_kind("cited")]
    assert reading.text == SAID
    assert cited == [(A, "Größe 🏢 zählt."), (B, "Norvane ist groß.")]
    assert [one.url for one in reading.of_kind("retrieved")] == [A, B]
    assert (reading.searches, reading.usage.output_tokens) == (("crm",), 3)


def block(index: int, start: dict[str, Any], *deltas: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"type": "content_block_start", "index": index, "content_block": start},
        *({"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": index},
    ]


MESSAGE = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-5-5", "content": []}
FOUND = [{"type": "web_search_result", "url": url, "title": "T"} for url in (A, B)]
CITED = {"type": "web_search_result_location", "url": B, "title": "B", "cited_text": "…"}
CLAUDE = [
    {"type": "message_start", "message": MESSAGE | {"usage": {"input_tokens": 5, "output_tokens": 1}}},
    *block(
        0,
        {"type": "server_tool_use", "id": "1", "name": "web_search", "input": {}},
        {"type": "input_json_delta", "partial_json": ""},
        {"type": "input_json_delta", "partial_json": '{"query": "crm'},
        {"type": "input_json_delta", "partial_json": ' größe"}'},
    ),
    {"type": "ping"},
    *block(1, {"type": "web_search_tool_result", "tool_use_id": "1", "content": FOUND}),
    *block(2, {"type": "text", "text": ""}, {"type": "text_delta", "text": "Größe 🏢: "}),
    *block(
        3,
        {"type": "text", "text": "", "citations": []},
        {"type": "citations_delta", "citation": CITED},
        {"type": "text_delta", "text": "Nor"},
        {"type": "text_delta", "text": "vane."},
    ),
    {
        "type": "message_delta",
        "delta": {"stop_reason": "end_turn"},
        "usage": {"output_tokens": 9, "server_tool_use": {"web_search_requests": 1}},
    },
    {"type": "message_stop"},
]


def test_a_stream_of_anthropic_is_put_together() -> None:
    reading = read(events(CLAUDE, named=True))
    cited = [(one.url, reading.text[one.start : one.end]) for one in reading.of_kind("cited")]
    assert reading.text == "Größe 🏢: Norvane."
    assert cited == [(B, "Norvane.")]
    assert [one.url for one in reading.of_kind("retrieved")] == [A, B]
    assert (reading.searches, reading.stop) == (("crm größe",), "end_turn")
    assert (reading.usage.input_tokens, reading.usage.output_tokens) == (5, 9)
    assert reading.usage.searches_billed == 1
    assert unknown_keys(events(CLAUDE, named=True)) == []


def test_what_a_stream_of_anthropic_begins_with_is_kept() -> None:
    begun = {"type": "web_search_tool_result", "tool_use_id": "1", "content": FOUND}
    start = {"type": "message_start", "message": MESSAGE | {"content": [begun]}}
    reading = read(events([start, *block(0, {"type": "text", "text": "Norvane."})], named=True))
    assert [one.url for one in reading.of_kind("retrieved")] == [A, B]
    assert reading.text == "Norvane."


def step(
    index: int, start: dict[str, Any], *deltas: dict[str, Any], of: str = "step"
) -> list[dict[str, Any]]:
    return [
        {"event_type": f"{of}.start", "index": index, of: start},
        *({"event_type": f"{of}.delta", "index": index, "delta": delta} for delta in deltas),
        {"event_type": f"{of}.stop", "index": index},
    ]


NOTE = {
    "type": "url_citation",
    "url": B,
    "title": "B",
    "start_index": 0,
    "end_index": len("Größe 🏢".encode()),
}
SEARCHED = [
    {"type": "google_search_call", "arguments": {"queries": ["größe"]}},
    {"type": "google_search_result", "result": [{"url": A, "title": "A"}]},
]
SPOKEN = [
    {"type": "text", "text": "Größe"},
    {"type": "text", "text": " 🏢 zählt."},
    {"type": "text_annotation_delta", "annotations": [NOTE]},
    {"type": "text_annotation_delta", "annotations": [NOTE]},
]
USAGE = {"total_input_tokens": 2, "total_output_tokens": 3}


@pytest.mark.parametrize("of", ["step", "content"])
def test_a_stream_of_interactions_is_put_together(of: str) -> None:
    model = {"object": "interaction", "model": "gemini-3.8-flash"}
    pieces = [
        {"event_type": "interaction.created", "interaction": model | {"status": "in_progress"}},
        *step(0, {"type": "thought"}, {"type": "thought_signature", "signature": "s"}, of=of),
        *step(1, {"type": "google_search_call", "id": "1"}, SEARCHED[0], of=of),
        *step(2, {"type": "google_search_result", "call_id": "1"}, SEARCHED[1], of=of),
        *step(3, {"type": "model_output" if of == "step" else "text"}, *SPOKEN, of=of),
        {
            "event_type": "interaction.completed",
            "interaction": model | {"status": "completed", "usage": USAGE},
        },
    ]
    body = events(pieces)
    reading = read(body)
    assert (reading.shape, reading.text, reading.stop) == (
        "gemini_interactions",
        "Größe 🏢 zählt.",
        "completed",
    )
    cited = [(one.url, reading.text[one.start : one.end]) for one in reading.of_kind("cited")]
    assert cited == [(B, "Größe 🏢")]
    assert [one.url for one in reading.of_kind("retrieved")] == [A]
    assert (reading.searches, reading.usage.output_tokens) == (("größe",), 3)
    assert unknown_keys(body) == []


MISTRAL: list[dict[str, Any]] = [
    {"type": "conversation.response.started", "conversation_id": "conv_1"},
    {"type": "tool.execution.started", "id": "t", "name": "web_search", "arguments": ""},
    {"type": "tool.execution.delta", "id": "t", "name": "web_search", "arguments": '{"query": '},
    {"type": "tool.execution.delta", "id": "t", "name": "web_search", "arguments": '"größe"}'},
    {"type": "tool.execution.done", "id": "t", "name": "web_search", "info": {}},
    {"type": "message.output.delta", "id": "m", "content": {"type": "thinking", "thinking": []}},
    {"type": "message.output.delta", "id": "m", "model": "mistral-medium-2505", "content": "Größe 🏢"},
    {"type": "message.output.delta", "id": "m", "content": {"type": "text", "text": " zählt"}},
    {
        "type": "message.output.delta",
        "id": "m",
        "content": {"type": "tool_reference", "tool": "web_search", "title": "A", "url": A},
    },
    {"type": "message.output.delta", "id": "m", "content": "."},
]


def test_a_stream_of_mistral_is_put_together() -> None:
    done = {
        "type": "conversation.response.done",
        "usage": {"prompt_tokens": 2, "connectors": {"web_search": 1}},
    }
    body = events([*MISTRAL, done], named=True)
    reading = read(body)
    assert (reading.shape, reading.text) == ("mistral", "Größe 🏢 zählt.")
    assert (reading.engine_model, reading.searches) == ("mistral-medium-2505", ("größe",))
    cited = [(one.url, one.title, reading.text[one.start : one.end]) for one in reading.of_kind("cited")]
    assert cited == [(A, "A", "Größe 🏢 zählt")]
    assert (reading.usage.input_tokens, reading.usage.searches_billed) == (2, 1)
    assert unknown_keys(body) == []


@pytest.mark.parametrize(
    "broken",
    [
        [*MISTRAL, {"type": "conversation.response.error", "message": "Search failed", "code": 500}],
        [{"type": "response.created"}, {"type": "error", "error": {"message": "Search failed"}}],
    ],
)
def test_a_stream_that_ends_in_an_error_says_which(broken: list[dict[str, Any]]) -> None:
    reading = read(events(broken, named=True))
    assert (reading.shape, reading.problem, reading.detail) == ("error", "error", "Search failed")


def test_an_interaction_that_broke_off_is_an_error() -> None:
    created = {"event_type": "interaction.created", "interaction": {"object": "interaction"}}
    error = {"event_type": "error", "error": {"code": "unavailable", "message": "Overloaded"}}
    assert read(events([created, error])).problem == "error"


def test_a_stream_that_broke_off_with_an_error_is_an_error() -> None:
    broken = [*CLAUDE[:3], {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}]
    reading = read(events(broken, named=True))
    assert (reading.shape, reading.problem) == ("error", "error")


def test_a_stream_of_chat_chunks_is_put_together() -> None:
    note = {
        "type": "url_citation",
        "url_citation": {"url": A, "title": "A", "start_index": 0, "end_index": 5},
    }
    deltas: list[dict[str, Any]] = [
        {"role": "assistant", "content": ""},
        {"content": "Größe"},
        {"content": " 🏢."},
        {"annotations": [note]},
    ]
    pieces: list[dict[str, Any]] = [
        {"object": "chat.completion.chunk", "model": "gpt-6-luna", "choices": [{"index": 0, "delta": delta}]}
        for delta in deltas
    ]
    pieces[-1]["choices"][0]["finish_reason"] = "stop"
    pieces.append({"object": "chat.completion.chunk", "choices": [], "usage": {"prompt_tokens": 2}})
    pieces.insert(0, {"object": "", "model": "", "choices": [], "prompt_filter_results": []})
    reading = read(events(pieces))
    cited = [(one.url, reading.text[one.start : one.end]) for one in reading.of_kind("cited")]
    assert (reading.shape, reading.text, reading.stop) == ("openai_chat", "Größe 🏢.", "stop")
    assert cited == [(A, "Größe")]
    assert reading.usage.input_tokens == 2


def test_the_last_event_of_responses_holds_the_whole() -> None:
    case = next(case for case in CASES if case.shape == "openai_responses")
    pieces = [
        {"type": "response.created", "response": {"object": "response", "status": "in_progress"}},
        {"type": "response.output_text.delta", "delta": "N"},
        {"type": "response.completed", "response": case.body},
    ]
    assert read(events(pieces, named=True)) == read(case.body)
    assert recognise(events(pieces, named=True)) == "openai_responses"


@pytest.mark.parametrize(
    "body",
    [
        "data: [DONE]\n\n",
        'data: {"hello": 1}\n\ndata: {"hello": 2}\n\n',
        'event: x\ndata: {"choices": [',
        "event: ping\n\n",
    ],
)
def test_a_stream_of_nothing_known_is_refused_by_name(body: str) -> None:
    with pytest.raises(DataError) as refused:
        read(body)
    assert "event stream" in refused.value.problem
    assert refused.value.hint


def test_a_list_of_several_replies_is_no_stream() -> None:
    case = next(case for case in CASES if case.shape == "anthropic")
    with pytest.raises(DataError, match="a list of 2 items"):
        read(json.dumps([case.body, case.body]))
