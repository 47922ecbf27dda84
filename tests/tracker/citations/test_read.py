from __future__ import annotations

import copy
import gzip
import json
import random
import time
from collections.abc import Callable
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.shared import SHARED, shared
from tests.tracker.citations.bodies import CASES, Case
from tracker.citations import (
    READER_VERSION,
    SHAPES,
    ReadCitation,
    Reading,
    as_json,
    is_redirect,
    merge,
    page_token,
    read,
    recognise,
    resolved,
    unknown_keys,
)
from tracker.citations.keys import KEYS
from tracker.citations.results import Kind, Problem, Shape
from tracker.citations.text import Offsets, UrlSpans, markdown_links, markers
from tracker.domains.written import written_urls
from tracker.errors import CiteliftError, DataError, UsageError

# Which reader each recorded engine belongs to; the folder's name is not given to the reader.
FOLDERS = {
    "openai_chat": "openai_chat",
    "openai_responses": "openai_responses",
    "azure": "openai_responses",
    "xai": "openai_responses",
    "deepseek": "openai_responses",
    "perplexity": "perplexity_chat",
    "perplexity_agent": "perplexity_agent",
    "gemini": "gemini",
    "gemini_interactions": "gemini_interactions",
    "anthropic": "anthropic",
    "bedrock_nova": "bedrock",
    "cohere": "cohere",
    "exa": "exa",
    "groq": "groq",
    "openrouter": "openrouter",
    "tavily": "tavily",
}


def recorded() -> dict[str, dict[str, Any]]:
    path = SHARED / "wire/EXPECTED.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


RECORDED = recorded()
NAMES = sorted(RECORDED) or ["EXPECTED.json"]


def body_of(name: str) -> bytes:
    return shared(f"wire/{name}").read_bytes()


def slice_of(reading: Reading, citation: ReadCitation) -> str | None:
    return None if citation.start is None else reading.text[citation.start : citation.end]


# --- recorded bodies -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_a_recorded_body_is_read_as_it_is_expected(name: str) -> None:
    reading, expected = read(body_of(name)), RECORDED[name]
    cited = [[one.url, one.start, one.end, one.title] for one in reading.of_kind("cited")]
    assert cited == expected["cited"]
    assert [one.url for one in reading.of_kind("retrieved")] == expected["retrieved"]
    assert list(reading.searches) == expected["queries"]
    assert len(reading.text) == expected["text_len"]
    assert [one.url for one in written_urls(reading.text)] == expected["text_urls"]


@pytest.mark.parametrize("name", NAMES)
def test_a_recorded_body_is_recognised_and_has_no_unknown_key(name: str) -> None:
    body = body_of(name)
    shape = "error" if "error" in name else FOLDERS[name.split("/")[0]]
    assert recognise(body) == shape
    assert unknown_keys(body) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_recorded_body_searched_if_it_shows_any_search(name: str) -> None:
    reading, expected = read(body_of(name)), RECORDED[name]
    if expected["queries"] or expected["retrieved"]:
        assert reading.search_used is True
    if "nocite" in name and "gpt41mini" not in name:
        assert reading.search_used is False


# --- invented bodies -------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES, ids=str)
def test_an_invented_body_is_recognised_and_fully_read(case: Case) -> None:
    reading = read(json.dumps(case.body))
    assert reading.shape == case.shape
    cited = reading.of_kind("cited")
    assert [(one.url, slice_of(reading, one), one.title) for one in cited] == case.cited
    assert [one.url for one in reading.of_kind("retrieved")] == case.retrieved
    assert [one.url for one in reading.of_kind("written")] == case.written
    assert list(reading.searches) == case.searches
    assert (reading.search_used, reading.stop, reading.problem) == (case.search_used, case.stop, case.problem)
    if case.text is not None:
        assert reading.text == case.text
    if case.model is not None:
        assert reading.engine_model == case.model
    if case.domains is not None:
        assert [(one.domain, one.domain_from) for one in cited] == case.domains


@pytest.mark.parametrize("case", CASES, ids=str)
def test_an_invented_body_says_what_was_billed(case: Case) -> None:
    usage = read(case.body).usage
    assert usage.searches_billed == case.billed
    assert usage.reported_micros == case.micros


@pytest.mark.parametrize("case", CASES, ids=str)
def test_an_invented_body_reads_the_same_from_text_bytes_and_object(case: Case) -> None:
    text = json.dumps(case.body, ensure_ascii=False)
    assert read(text) == read(text.encode()) == read("\ufeff" + text) == read(case.body)
    assert read(f"[{text}]") == read(case.body), "Google wraps one reply in a list"
    assert read(gzip.compress(text.encode())) == read(case.body), "as it came over the wire"
    assert read(text.encode("utf-16")) == read(case.body), "as an editor on Windows saves it"


@pytest.mark.parametrize("case", CASES, ids=str)
def test_an_invented_body_reads_the_same_by_its_name(case: Case) -> None:
    assert read(case.body, case.shape) == read(case.body)  # type: ignore[arg-type]


def test_every_shape_has_an_invented_body_and_a_key_table() -> None:
    assert {case.shape for case in CASES} == set(SHAPES) == set(KEYS)


# --- what holds for every reading --------------------------------------------------------------------------


def assert_sound(reading: Reading) -> None:
    for kind in get_args(Kind):
        assert [one.position for one in reading.of_kind(kind)] == list(
            range(1, len(reading.of_kind(kind)) + 1)
        )
    kinds = [one.kind for one in reading.citations]
    assert kinds == sorted(kinds, key=get_args(Kind).index)
    for one in reading.citations:
        assert one.url.strip()
        assert (one.start is None) == (one.end is None)
        if one.start is not None and one.end is not None:
            assert 0 <= one.start <= one.end <= len(reading.text)
        if one.kind == "written":
            assert slice_of(reading, one) == one.url
    for count in (reading.usage.input_tokens, reading.usage.searches_billed, reading.usage.reported_micros):
        assert count is None or 0 <= count < 2**63
    assert reading.search_used in (True, False, None)
    assert (reading.problem is None) or reading.problem in (*get_args(Problem),)
    if not reading.text.strip():
        assert reading.problem or reading.stop == "not_shown"
        assert not reading.of_kind("written")
    stored = json.dumps(as_json(reading), ensure_ascii=False).encode("utf-8")
    assert b"\x00" not in stored
    assert "\x00" not in reading.text


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda below: st.lists(below, max_size=4) | st.dictionaries(st.text(max_size=8), below, max_size=4),
    max_leaves=12,
)
KNOWN_KEYS = sorted(
    {
        segment
        for table in KEYS.values()
        for paths in table.values()
        for path in paths.split()
        for segment in path.replace("[]", "").split(".")
        if segment and segment not in "**"
    }
)
WORDS = st.sampled_from(
    [
        "message",
        "response",
        "text",
        "search",
        "url_citation",
        "web_search_call",
        "output_text",
        "chat.completion",
        "ai_overview",
        "https://a.example/[1]",
        "sonar",
        "\ud800",
        "\x00 [1]",
        "[1] `",
    ]
)
LIKELY = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 9) | WORDS | st.floats(),
    lambda below: (
        st.lists(below, max_size=3) | st.dictionaries(st.sampled_from(KNOWN_KEYS), below, max_size=5)
    ),
    max_leaves=25,
)


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.dictionaries(st.sampled_from(KNOWN_KEYS) | st.text(max_size=5), JSON | LIKELY, max_size=6))
@example({"candidates": [{"content": {"parts": "text"}}]})
@example({"error": {"error": {"error": []}}})
@example({"choices": [{"message": {"content": "\ud83d[1]"}}], "citations": ["https://\ud83d.example"]})
def test_any_object_is_read_or_refused_as_data(body: dict[str, Any]) -> None:
    for shape in ("auto", *SHAPES):
        try:
            reading = read(body, shape)  # type: ignore[arg-type]
        except DataError:
            assert shape == "auto"
            continue
        assert_sound(reading)
        assert isinstance(unknown_keys(body, shape), list)  # type: ignore[arg-type]


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=60) | st.text(max_size=60) | JSON.map(json.dumps))
@example(b"\xff\xfe{}")
@example("[" * 100_000)
@example('{"a":' * 5_000 + "1" + "}" * 5_000)
@example('{"a": ' + "9" * 5_000 + "}")
@example("data: {}\n\n")
@example("")
def test_any_bytes_are_read_or_refused_as_data(body: str | bytes) -> None:
    try:
        reading = read(body)
    except DataError:
        return
    assert_sound(reading)


SPOILERS = [None, "", "x", "https://a.example", [], {}, 0, -1, 1e300, True, ["x"], {"url": 1}, [[]], "\ud800"]


def spoiled(body: Any, chance: random.Random) -> Any:
    """A copy with one value anywhere replaced, removed or doubled."""
    copied = copy.deepcopy(body)
    places: list[tuple[Any, Any]] = []
    stack = [copied]
    while stack:
        node = stack.pop()
        keys = list(node) if isinstance(node, dict) else range(len(node))
        for key in keys:
            places.append((node, key))
            if isinstance(node[key], dict | list):
                stack.append(node[key])
    if places:
        node, key = chance.choice(places)
        move = chance.random()
        if move < 0.7:
            node[key] = copy.deepcopy(chance.choice(SPOILERS))
        elif move < 0.85:
            del node[key]
        elif isinstance(node, list):
            node.append(copy.deepcopy(node[key]))
        else:
            node[f"{key}_new"] = node[key]
    return copied


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_spoiled_body_is_read_or_refused_as_data(case: Case) -> None:
    chance = random.Random(case.name)
    for _ in range(60):
        body = spoiled(spoiled(case.body, chance), chance)
        for shape in ("auto", case.shape):
            try:
                assert_sound(read(body, shape))  # type: ignore[arg-type]
            except DataError:
                assert shape == "auto"


@pytest.mark.parametrize("name", NAMES)
def test_a_spoiled_recorded_body_is_read_or_refused_as_data(name: str) -> None:
    body, chance = json.loads(body_of(name)), random.Random(name)
    for _ in range(5):
        try:
            assert_sound(read(spoiled(body, chance)))
        except DataError:
            continue


HOSTILE = {
    "ticks": "`" * 200_000,
    "fence openers": "```\n" * 40_000,
    "ticks of two lengths": "`a ``b " * 20_000,
    "open brackets": "[" * 200_000,
    "an endless marker": "[1," * 60_000,
    "a marker full of space": "[1 " + " " * 200_000,
    "labels never closed": "[a" * 60_000,
    "a label of labels": "[[a]" + "[a]" * 60_000,
    "thoughts never closed": "<think>" * 20_000,
    "a URL of markers": "https://a.example/" + "[1]" * 60_000 + "x",
    "a URL in brackets": "(" * 99_999 + "https://a.example" + ")" * 99_999,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_costs_linear_time(text: str) -> None:
    """A quadratic pattern would take minutes here, not the fraction of a second that it does."""
    body = {"choices": [{"message": {"content": text}}], "citations": ["https://a.example"], "model": "sonar"}
    started = time.process_time()
    assert_sound(read(body))
    markdown_links(text)
    assert time.process_time() - started < 5


def test_a_huge_body_is_read_in_linear_time() -> None:
    """Two thousand annotations over a text of two million characters, with brackets and ticks in it."""
    line = "Größe 🏢 `a[0]` [x] ([n](https://a.example/1)). "
    text = line * 40_000
    places = [line.index("[n]") + len(line) * number for number in range(2_000)]
    notes = [
        {"type": "url_citation", "url": "https://a.example/1", "start_index": p, "end_index": p + 24}
        for p in places
    ]
    body = {"object": "chat.completion", "choices": [{"message": {"content": text, "annotations": notes}}]}
    reading = read(body)
    assert len(reading.of_kind("cited")) == 2_000
    assert len(reading.of_kind("written")) == 38_000


@pytest.mark.parametrize(
    "wrapped",
    [
        lambda reply: {"type": "response.completed", "sequence_number": 9, "response": reply},
        lambda reply: {"id": "1", "model": "m", "status": "COMPLETED", "response": reply},
        lambda reply: {"custom_id": "1", "response": {"status_code": 200, "body": reply}, "error": None},
        lambda reply: {"custom_id": "1", "result": {"type": "succeeded", "message": reply}},
        lambda reply: {"custom_id": "1", "result": reply},
    ],
)
def test_a_reply_in_an_envelope_is_read_as_the_reply(wrapped: Callable[[Any], Any]) -> None:
    for shape in ("openai_responses", "perplexity_chat", "anthropic", "gemini", "error"):
        reply = next(case.body for case in CASES if case.shape == shape)
        assert read(wrapped(reply)) == read(reply)
        assert recognise(wrapped(reply)) == shape
        assert unknown_keys(wrapped(reply)) == unknown_keys(reply)


# --- recognition, shapes and doors -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("<html>502</html>", "not JSON"),
        ('{"choices": [', "not JSON"),
        ("data: {}\n\ndata: [DONE]", "event stream"),
        (b"\xff\xff", "not UTF-8"),
        (b"\x1f\x8bnot gzip", "not whole gzip"),
        (gzip.compress(b" " * 100_000_000, mtime=0), "unpacks to"),
        ("[{}, {}]", "a list of 2 items"),
        ("[]", "a list"),
        ("null", "null"),
        ('"text"', "a string"),
        ("{}", "no known shape"),
        ('{"hello": "world"}', "hello"),
        ("[{}, {}]", "a list"),
    ],
)
def test_what_is_no_reply_is_refused_with_the_reason_and_the_fix(body: str | bytes, says: str) -> None:
    with pytest.raises(DataError) as refused:
        read(body)
    assert says in refused.value.problem
    assert refused.value.hint


def test_an_unknown_shape_lists_the_known_ones() -> None:
    with pytest.raises(UsageError) as refused:
        read("{}", "openai")  # type: ignore[arg-type]
    assert all(shape in refused.value.hint for shape in SHAPES)
    with pytest.raises(DataError) as unrecognised:
        recognise('{"a": 1}')
    assert all(shape in unrecognised.value.hint for shape in SHAPES)


def test_refusals_are_errors_of_the_house() -> None:
    with pytest.raises(CiteliftError):
        recognise("{")


def test_a_page_token_is_given_only_where_the_overview_is_missing() -> None:
    assert page_token({"ai_overview": {"page_token": "abc"}}) == "abc"
    assert page_token({"ai_overview": {"page_token": "abc", "text_blocks": [{"snippet": "x"}]}}) is None
    assert page_token({"ai_overview": None}) is None
    assert page_token({}) is None


def test_the_public_form_has_exactly_the_documented_keys() -> None:
    said = as_json(read(next(case.body for case in CASES if case.shape == "openai_chat")))
    assert list(said) == ["shape", "engine_model", "search_used", "text", "searches", "citations"]
    assert list(said["citations"][0]) == ["url", "kind", "position", "start", "end", "title", "domain"]
    assert READER_VERSION >= 1


# --- keys ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES, ids=str)
def test_an_invented_body_has_no_unknown_key(case: Case) -> None:
    found = unknown_keys(case.body)
    assert [key for key in found if "newfangled" not in key] == []


def test_a_new_key_and_a_new_kind_are_reported_with_their_paths() -> None:
    body = {
        "object": "response",
        "verdict": 1,
        "output": [
            {"type": "oracle_call", "status": "completed"},
            {"type": "message", "content": [{"type": "output_text", "text": "x", "mood": {"a": 1}}]},
        ],
        "tools": [{"anything": {"at": "all"}}],
    }
    assert unknown_keys(body) == ["output[].content[].mood", "output[].type = 'oracle_call'", "verdict"]


def test_a_known_value_that_turns_into_an_object_is_reported() -> None:
    assert unknown_keys({"type": "message", "content": [{"type": "text", "text": {"parts": 1}}]}) == [
        "content[].text.parts"
    ]


def test_blocks_of_a_result_page_are_known_at_every_depth() -> None:
    deep = {"snippet": "x", "list": [{"text_blocks": [{"snippet": "y", "novelty": 1}]}]}
    found = unknown_keys({"ai_overview": {"text_blocks": [deep]}, "whatever": {"else": 1}})
    assert found == ["ai_overview.text_blocks[].list[].text_blocks[].novelty"]


# --- an interrupted turn ---------------------------------------------------------------------------------


def part(text: str, url: str | None = None, **more: Any) -> Reading:
    citations = [{"type": "web_search_result_location", "url": url, "title": "T"}] if url else []
    results = [{"type": "web_search_result", "url": url}] if url else []
    return read(
        {
            "type": "message",
            "model": "claude-sonnet-5-5",
            "content": [
                {"type": "web_search_tool_result", "content": results},
                {"type": "text", "text": text, "citations": citations},
            ],
            "stop_reason": "end_turn",
            "usage": {"input_tokens": 2, "output_tokens": 3, "server_tool_use": {"web_search_requests": 1}},
            **more,
        }
    )


def test_merged_parts_are_one_answer() -> None:
    merged = merge(
        [
            part("Größe 🏢 https://w.example", "https://a.example/1", stop_reason="pause_turn"),
            part(" zählt.", "https://b.example/2"),
        ]
    )
    assert merged.text == "Größe 🏢 https://w.example zählt."
    assert [(one.url, slice_of(merged, one), one.position) for one in merged.of_kind("cited")] == [
        ("https://a.example/1", "Größe 🏢 https://w.example", 1),
        ("https://b.example/2", " zählt.", 2),
    ]
    assert [one.url for one in merged.of_kind("retrieved")] == ["https://a.example/1", "https://b.example/2"]
    assert (merged.stop, merged.problem, merged.usage.output_tokens, merged.usage.searches_billed) == (
        "end_turn",
        None,
        6,
        2,
    )
    assert_sound(merged)


def test_a_last_part_without_words_does_not_empty_the_answer() -> None:
    merged = merge([part("Norvane."), part("")])
    assert (merged.text, merged.problem) == ("Norvane.", None)


def test_a_part_that_is_still_paused_leaves_the_whole_paused() -> None:
    assert merge([part("a"), part("b", stop_reason="pause_turn")]).problem == "pause"


def test_one_part_merges_to_itself_and_none_is_refused() -> None:
    alone = part("Norvane.", "https://a.example/1")
    assert merge([alone]) == alone
    with pytest.raises(UsageError):
        merge([])


# --- places in a text ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "urls"),
    [
        ("see https://a.example/x.", ["https://a.example/x"]),
        ("(https://a.example/x)", ["https://a.example/x"]),
        ("[a](https://a.example/X_(y))", ["https://a.example/X_(y)"]),
        ("[a](https://a.example/x 'title')", ["https://a.example/x"]),
        ("**https://a.example/x**", ["https://a.example/x"]),
        ("<https://a.example/x>", ["https://a.example/x"]),
        ('"https://a.example/x"', ["https://a.example/x"]),
        ("`https://a.example/x`", ["https://a.example/x"]),
        ("HTTPS://A.example/x", ["HTTPS://A.example/x"]),
        ("https://a.example/中文。下", ["https://a.example/中文"]),
        ("https://a.example/x|https://b.example", ["https://a.example/x", "https://b.example"]),
        ("https://a.example?q=1&b=[2]#:~:text=x,y", ["https://a.example?q=1&b=[2]#:~:text=x,y"]),
        ("https://a.example/x[1]", ["https://a.example/x"]),
        ("https:// and http://", []),
        ("www.a.example", []),
    ],
)
def test_urls_in_a_text_end_where_a_reader_would_end_them(text: str, urls: list[str]) -> None:
    assert [one.url for one in written_urls(text)] == urls
    assert all(text[one.start : one.end] == one.url for one in written_urls(text))


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("a[1][2]", [1, 2]),
        ("a[1, 2]", [1, 2]),
        ("a[1-3]", [1, 2, 3]),
        ("a[1–2,5]", [1, 2, 5]),
        ("a[web:4]", [4]),
        ("a[web:1, web:2]", [1, 2]),
        ("a[3-1]", []),
        ("a[1-9999]", []),
        ("a[]", []),
        ("a[x]", []),
        ("a[1a]", []),
        (r"a\[1\]", []),
        ("`a[1]` b[2]", [2]),
        ("```py\na[1]\n```\nb[2]", [2]),
        ("~~~\na[1]\n~~~\nb[2]", [2]),
        ("```\na[1]", []),
        ("``a ` [1]`` b[2]", [2]),
        ("` b[2]", [2]),
        ("<think>[1]</think> b[2]", [2]),
        ("b[2] <think>[1]</think>", [2, 1]),
        ("https://a.example/?q=[1]&page=3 b[2]", [2]),
        ("https://a.example/b[1] c https://d.example/e[2].", [1, 2]),
        ("b[1]\n\n[1]: https://a.example/1\n  [2]: <https://b.example/2>", [1]),
        ("b[1]: more\n[2] Source", [1, 2]),
    ],
)
def test_markers_are_numbers_in_brackets_outside_code(text: str, numbers: list[int]) -> None:
    assert [one.number for one in markers(text)] == numbers


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("[a](https://a.example)", [("a", "[a](https://a.example)")]),
        ("[[1]](https://a.example)", [("[1]", "[[1]](https://a.example)")]),
        ("[a]( <https://a.example> )", [("a", "[a]( <https://a.example> )")]),
        ('[a](https://a.example "t")', [("a", '[a](https://a.example "t")')]),
        ("[a](https://a.example", [("a", "[a](https://a.example")]),
        ("[a](mailto:x)", []),
        ("[a] (https://a.example)", []),
    ],
)
def test_markdown_links_are_found_whole(text: str, links: list[tuple[str, str]]) -> None:
    assert [(one.label, text[one.start : one.end]) for one in markdown_links(text)] == links


@given(st.text(max_size=30), st.data())
def test_byte_offsets_are_the_code_points_before_them(text: str, data: st.DataObject) -> None:
    text = text.encode("utf-8", "replace").decode()
    place = data.draw(st.integers(0, len(text)))
    offsets = Offsets(text, "utf-8")
    assert offsets.code_point(len(text[:place].encode())) == place
    assert offsets.code_point(len(text.encode()) + 1) is None
    assert offsets.code_point(-1) is None


@pytest.mark.parametrize(
    ("text", "span", "found"),
    [
        ("x (https://a.example)", (2, 21), (2, 21)),
        ("🏢🏢 (https://a.example)", (5, 24), (3, 22)),
        ("x (https://a.example)", (0, 1), (3, 20)),
        ("x (https://a.example)", (0, 0), (0, 0)),
        ("a claim", (0, 3), (0, 3)),
        ("a claim", (3, 2), (None, None)),
        ("a claim", (0, 99), (None, None)),
        ("a claim", (None, 3), (None, None)),
        ("https://a.example or later https://a.example", (25, 26), (27, 44)),
    ],
)
def test_a_span_is_kept_if_it_holds_the_url_and_put_right_if_not(
    text: str, span: tuple[int | None, int | None], found: tuple[int | None, int | None]
) -> None:
    assert UrlSpans(text).verified("https://a.example", *span) == found


# --- redirects -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "hidden"),
    [
        ("https://vertexaisearch.cloud.google.com/grounding-api-redirect/x", True),
        ("https://VERTEXAISEARCH.cloud.google.com/grounding-api-redirect/x", True),
        ("https://vertexaisearch.cloud.google.com.evil.example/x", False),
        ("https://www.google.com/search?q=x", False),
        ("https://[bad", False),
        ("doc:0", False),
    ],
)
def test_only_the_grounding_host_is_a_redirect(url: str, hidden: bool) -> None:
    assert is_redirect(url) is hidden


def test_a_resolved_redirect_names_its_publisher_and_keeps_the_verbatim_url() -> None:
    case = next(case for case in CASES if case.shape == "gemini")
    unnamed = read(case.body).of_kind("cited")[2]
    assert (unnamed.domain, unnamed.domain_from) == (None, "redirect")
    named = resolved(unnamed, "https://blog.norvane.co.uk/x")
    assert (named.url, named.domain, named.domain_from) == (unnamed.url, "norvane.co.uk", "redirect")
    assert resolved(unnamed, "not a url") == unnamed


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_can_be_forced_on_an_empty_object(shape: Shape) -> None:
    assert read({}, shape).problem in ("empty", "error") or read({}, shape).stop == "not_shown"
