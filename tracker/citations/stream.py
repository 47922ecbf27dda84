"""One reply from the pieces it was streamed in: Gemini's list of chunks, or the events of the others."""

from __future__ import annotations

from typing import Any

from tracker.citations.gemini import camel_case
from tracker.citations.shapes import recognise_shape
from tracker.citations.values import at, embedded, integer, items, record, records, string, word

Piece = dict[str, Any]

_LAST_EVENTS = ("response.completed", "response.incomplete", "response.failed", "response.cancelled")


def joined(pieces: list[Any]) -> Piece | None:
    """The whole reply as it would have come at once; None where the pieces are of no stream known here."""
    objects = [piece for piece in pieces if isinstance(piece, dict)]
    if not objects or len(objects) < len(pieces):
        return None
    if recognise_shape(objects[0]) == "gemini":
        return _of_gemini(objects)
    if any(piece.get("type") == "message_start" for piece in objects):
        return _of_anthropic(objects)
    if any(piece.get("object") == "chat.completion.chunk" for piece in objects):
        return _of_chat(objects)
    if all(word(piece.get("event_type")) for piece in objects):
        return _of_interaction(objects)
    if any((word(piece.get("type")) or "").startswith("conversation.response.") for piece in objects):
        return _of_mistral(objects)
    last = next(
        (record(event.get("response")) for event in objects if event.get("type") in _LAST_EVENTS), None
    )
    return last or next((event for event in objects if event.get("type") == "error"), None)


def _of_gemini(chunks: list[Piece]) -> Piece | None:
    """Text goes on from chunk to chunk; the grounding comes with the last, or grows."""
    if any(recognise_shape(chunk) not in ("gemini", "error") for chunk in chunks):
        return None
    if len(chunks) == 1:
        return chunks[0]
    whole: Piece = {}
    candidate: Piece = {}
    grounding: Piece = {}
    parts: list[Any] = []
    for chunk in map(camel_case, chunks):
        whole |= _filled(chunk)
        for entry in records(chunk.get("candidates")):
            if entry.get("index") in (None, 0):
                candidate |= _filled(entry)
                parts += items(at(entry, "content", "parts"))
                _grow(grounding, record(entry.get("groundingMetadata")))
    if candidate:
        candidate["content"] = {"role": "model", "parts": _one_text(parts)}
        whole["candidates"] = [candidate | {"groundingMetadata": grounding}]
    return whole


def _filled(piece: Piece) -> Piece:
    return {key: value for key, value in piece.items() if value not in (None, {}, [])}


def _grow(grounding: Piece, more: Piece) -> None:
    for key, value in _filled(more).items():
        known = grounding.get(key)
        if isinstance(known, list) and isinstance(value, list) and value[: len(known)] != known:
            value = known + value
        grounding[key] = value


def _one_text(parts: list[Any]) -> list[Any]:
    """Pieces of text that follow each other are one part, as in a reply that comes at once."""
    whole: list[Any] = []
    texts: list[list[str]] = []
    for part in parts:
        text, last = string(at(part, "text")), whole[-1] if whole else None
        if (
            text is not None
            and string(at(last, "text")) is not None
            and _is_thought(part) == _is_thought(last)
        ):
            whole[-1] = last | part
            texts[-1].append(text)
        else:
            whole.append(part)
            texts.append([text or ""])
    return [
        part | {"text": "".join(pieces)} if string(at(part, "text")) is not None else part
        for part, pieces in zip(whole, texts, strict=True)
    ]


def _is_thought(part: Any) -> bool:
    return at(part, "thought") is True


def _of_anthropic(events: list[Piece]) -> Piece:
    message: Piece = {}
    blocks: dict[int, Piece] = {}
    deltas: dict[int, list[Piece]] = {}
    for event in events:
        kind, index = event.get("type"), integer(event.get("index"))
        if kind == "error":
            return event
        if kind == "message_start":
            message |= record(event.get("message"))
        elif kind == "message_delta":
            usage = record(message.get("usage")) | _filled(record(event.get("usage")))
            message |= record(event.get("delta")) | {"usage": usage}
        elif kind == "content_block_start" and index is not None:
            blocks[index], deltas[index] = record(event.get("content_block")), []
        elif kind == "content_block_delta" and index is not None and index in blocks:
            deltas[index].append(record(event.get("delta")))
    # What was done before the stream began stands in the first event.
    begun = items(message.get("content"))
    served = [at(block, "to", "model") for block in blocks.values() if block.get("type") == "fallback"]
    if served:
        message["model"] = served[-1]
    return message | {"content": begun + [_grown(blocks[index], deltas[index]) for index in sorted(blocks)]}


def _grown(block: Piece, deltas: list[Piece]) -> Piece:
    grown = dict(block)
    for key in ("text", "thinking"):
        strings = _strings([block, *deltas], key)
        if strings:
            grown[key] = "".join(strings)
    asked = embedded("".join(_strings(deltas, "partial_json")))
    if asked:
        grown["input"] = asked
    cited = [delta["citation"] for delta in deltas if isinstance(delta.get("citation"), dict)]
    if cited:
        grown["citations"] = [*items(block.get("citations")), *cited]
    return grown


def _of_interaction(events: list[Piece]) -> Piece:
    """Steps, or contents as the first version called them; the last event has all but these."""
    whole: Piece = {}
    steps: dict[int, Piece] = {}
    deltas: dict[int, list[Piece]] = {}
    for event in events:
        kind, index = word(event.get("event_type")) or "", integer(event.get("index"))
        if kind == "error":
            return event
        whole |= _filled(record(event.get("interaction")))
        if kind.endswith(".start") and index is not None:
            steps[index], deltas[index] = record(event.get("step") or event.get("content")), []
        elif kind.endswith(".delta") and index is not None and index in steps:
            deltas[index].append(record(event.get("delta")))
    return {
        "object": "interaction",
        "steps": [_grown_step(steps[index], deltas[index]) for index in sorted(steps)],
    } | whole


def _grown_step(step: Piece, deltas: list[Piece]) -> Piece:
    if step.get("type") not in ("model_output", "text"):
        for delta in deltas:
            step = step | (_filled(delta) if delta.get("type") == step.get("type") else {})
        return step
    pieces = [*(records(step.get("content")) or [step]), *deltas]
    notes: list[Any] = []
    for piece in pieces:
        notes += [note for note in items(piece.get("annotations")) if note not in notes]
    block = {"type": "text", "text": "".join(_strings(pieces, "text")), "annotations": notes}
    return {"type": "model_output", "content": [block]}


def _of_mistral(events: list[Piece]) -> Piece:
    """Entries in the order they began; a delta's content is a piece of text or a whole chunk."""
    whole: Piece = {"object": "conversation.response"}
    entries: dict[str, Piece] = {}
    for event in events:
        kind = word(event.get("type")) or ""
        if kind == "conversation.response.error":
            return {
                "object": "error",
                "type": kind,
                "message": event.get("message"),
                "code": event.get("code"),
            }
        if kind.startswith("conversation.response."):
            whole |= {key: event[key] for key in ("conversation_id", "usage") if key in event}
        else:
            _grow_entry(entries, kind, event)
    return whole | {"outputs": list(entries.values())}


def _grow_entry(entries: dict[str, Piece], kind: str, event: Piece) -> None:
    name = ".".join(kind.split(".")[:2])
    entry = entries.setdefault(f"{name} {event.get('id') or event.get('tool_call_id')}", {"type": name})
    grown = {key: event[key] for key in ("name", "function", "model", "info") if event.get(key) is not None}
    if name == "tool.execution":
        grown["arguments"] = "".join(_strings([entry, event], "arguments"))
    if name == "message.output":
        chunk = event.get("content")
        part = {"type": "text", "text": chunk} if isinstance(chunk, str) else chunk
        grown["content"] = _one_text([*items(entry.get("content")), *([part] if part else [])])
    entry |= grown


def _strings(pieces: list[Piece], key: str) -> list[str]:
    return [text for text in (string(piece.get(key)) for piece in pieces) if text is not None]


def _of_chat(chunks: list[Piece]) -> Piece:
    whole: Piece = {}
    message: Piece = {}
    texts: list[str] = []
    annotations: list[Any] = []
    finish = None
    for chunk in chunks:
        whole |= _filled(chunk)
        choice = next(iter(records(chunk.get("choices"))), {})
        delta = record(choice.get("delta"))
        message |= _filled(delta)
        texts.append(string(delta.get("content")) or "")
        annotations += items(delta.get("annotations"))
        finish = word(choice.get("finish_reason")) or finish
    reply = {"role": "assistant", "content": "".join(texts), "annotations": annotations}
    choices = [{"index": 0, "message": message | reply, "finish_reason": finish}]
    return whole | {"object": "chat.completion", "choices": choices}
