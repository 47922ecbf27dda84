"""A catalog's YAML changed in its text: what is not meant stays as it was, comments and order too.

A list's item is added, changed key by key, or taken out, at the places that YAML's own parser gives. What
came of it is read again and must say exactly what was meant; else nothing is changed, and the reader is told
which lines to write.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from tracker.errors import CatalogError

Row = Mapping[str, Any]
"""An item as YAML has it: keys, and texts, numbers, flags, lists or mappings under them."""


@dataclass(frozen=True)
class Add:
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Alter:
    """Keys of one item take these values; None takes a key out."""

    place: int
    values: Row


@dataclass(frozen=True)
class Remove:
    places: tuple[int, ...]


Edit = Add | Alter | Remove
Key = tuple[str, ...]
"""Of a value outside lists: ("timezone",), or ("sender", "email") for one of a mapping."""
_Pair = tuple[dict[str, Any] | None, dict[str, Any] | None]


def rows(text: str, name: str) -> list[dict[str, Any]]:
    """The items of the list `name`, their scalars as text."""
    return _rows(_plain(_root(text)), name)


@dataclass(frozen=True)
class Edited:
    text: str
    pairs: tuple[_Pair, ...]
    """Each item that was changed, before and after; None where it was not there."""


def edited(text: str, name: str, edits: Sequence[Edit], *, may_be_empty: bool = False) -> Edited:
    """The text with the list `name` changed. Raises `CatalogError` where its form is not safe to change."""
    now, newline = _in_lines(text, name, edits)
    document = _plain(_root(now)) or {}
    meant, pairs = _rows(document, name), []
    for edit in edits:
        meant, touched = _meant(meant, edit)
        pairs += touched
        now = _done(now, name, edit) if meant or not may_be_empty else _emptied(now, name)
    if not (meant or may_be_empty):
        raise CatalogError(f"so there would be no {name} left", "a catalog has at least one")
    if not isinstance(document, dict) or _plain(_root(now)) != {**document, name: meant}:
        raise _unsafe(name, edits)
    return Edited(now.replace("\n", newline), tuple(pairs))


def with_keys(text: str, values: Mapping[Key, Any]) -> Edited:
    """The text with values outside lists changed; None takes a key out, and a mapping with its last one."""
    now, newline = _in_lines(text, "", ())
    before: dict[str, Any] = _plain(_root(now)) or {}
    meant = before
    for key, value in values.items():
        meant = _put(meant, key, None if value in (None, "") else _plain(_root(scalar(value))))
        now = _with_key(now, key, None if value == "" else value)
    if _plain(_root(now)) != (meant or None) and (meant or _plain(_root(now)) != {}):
        raise _unsafe("", ())
    had, has = ({".".join(key): _at(document, key) for key in values} for document in (before, meant))
    return Edited(now.replace("\n", newline), ((had, has),))


def _put(document: Mapping[str, Any], key: Key, value: Any) -> dict[str, Any]:
    name, *rest = key
    if rest:
        if not isinstance(document.get(name) or {}, Mapping):
            raise _unsafe(name, ())
        value = _put(document.get(name) or {}, tuple(rest), value) or None
    changed = {**document, name: value}
    return changed if value is not None else {k: v for k, v in changed.items() if k != name}


def _at(document: Any, key: Key) -> Any:
    for name in key:
        document = document.get(name) if isinstance(document, dict) else None
    return document


def _with_key(text: str, key: Key, value: Any) -> str:
    root = _root(text)
    if (
        isinstance(root, yaml.MappingNode) and not root.value
    ):  # `{}`: what is left of a file that says nothing
        text = text[: root.start_mark.index] + text[root.end_mark.index :].lstrip("\n")
        root = None
    outer, inner = key[0], key[1:]
    node = _value_of(root, outer)
    if inner and isinstance(node, yaml.MappingNode):
        if not (value is None and [k.value for k, _ in node.value] == [inner[0]]):
            return _with_value(text, node, inner[0], value)
        inner = ()
    written = f"{outer}: {scalar(value)}\n" if not inner else f"{outer}:\n  {inner[0]}: {scalar(value)}\n"
    if root is None or (inner and node is None and not root.flow_style):
        end = len(text) if root is None else _end_of_line(text, _last_sign(text, root))
        head = text[:end] if not text[:end] or text[:end].endswith("\n") else text[:end] + "\n"
        return head + ("" if value is None else written) + text[end:]
    if inner and value is not None:
        raise _unsafe(outer, ())
    if len(root.value) > 1 or value is not None or node is None:
        return _with_value(text, root, outer, value)
    return text[: root.start_mark.index] + "{}\n"


def _in_lines(text: str, name: str, edits: Sequence[Edit]) -> tuple[str, str]:
    """The text with plain ends of lines, and how they were written."""
    newline = "\r\n" if "\r\n" in text else "\n"
    now = text.replace("\r\n", "\n")
    if newline == "\r\n" and now.count("\n") != text.count("\r\n"):
        raise _unsafe(name, edits)
    return now, newline


def item(row: Row, indent: int) -> str:
    """A row as an item of a block list."""
    lines = [f"{key}: {scalar(value)}" for key, value in row.items() if value not in (None, [], ())]
    if not lines:
        raise CatalogError(
            "an entry that says nothing", "write at least its first key", rule="catalog.required"
        )
    first, rest = lines[0], lines[1:]
    return "".join(f"{' ' * indent}{line}\n" for line in [f"- {first}", *(f"  {line}" for line in rest)])


def scalar(value: Any) -> str:
    """A value on one line."""
    if isinstance(value, str):
        words = " ".join(value.split())
        listed = yaml.safe_dump([words], allow_unicode=True, width=10**9, default_flow_style=True)
        return str(listed).rstrip("\n")[1:-1]  # in brackets it is quoted wherever a list or mapping needs it
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(scalar, value))}]"
    return json.dumps(value, ensure_ascii=False)


def _meant(rows: list[dict[str, Any]], edit: Edit) -> tuple[list[dict[str, Any]], list[_Pair]]:
    """The rows as they are to be, and those that the edit touches, before and after."""
    if isinstance(edit, Add):
        new = [_said(row) for row in edit.rows]
        return [*rows, *new], [(None, row) for row in new]
    if isinstance(edit, Alter):
        old, now = rows[edit.place], _said({**rows[edit.place], **edit.values})
        return [now if place == edit.place else row for place, row in enumerate(rows)], [(old, now)]
    kept = [row for place, row in enumerate(rows) if place not in edit.places]
    return kept, [(rows[place], None) for place in sorted(set(edit.places))]


def _said(row: Row) -> dict[str, Any]:
    kept = {key: value for key, value in row.items() if value not in (None, [], ())}
    said: dict[str, Any] = _plain(_root(item(kept, 0)))[0]
    return said


def _done(text: str, name: str, edit: Edit) -> str:
    if isinstance(edit, Add):
        return _with_items(text, name, edit.rows)
    items = _list(text, name)
    if isinstance(edit, Remove):
        for place in sorted(set(edit.places), reverse=True):
            text = _without(text, items, place)
        return text
    for key, value in edit.values.items():
        items = _list(text, name)
        text = _with_value(text, items.value[edit.place], key, value)
    return text


def _emptied(text: str, name: str) -> str:
    return _replaced(text, _list(text, name), "[]")


def _list(text: str, name: str) -> yaml.SequenceNode:
    node = _value_of(_root(text), name)
    if not isinstance(node, yaml.SequenceNode) or node.flow_style:
        raise _unsafe(name, ())
    return node


def _with_items(text: str, name: str, new: Sequence[Row]) -> str:
    root = _root(text)
    node = _value_of(root, name)
    if text and not text.endswith("\n"):
        text += "\n"
    if node is None and (root is None or not root.flow_style):
        return f"{text}{name}:\n" + "".join(item(row, 2) for row in new)
    if _is_blank(node):
        end = _end_of_line(text, node.start_mark.index)
        line = text[_start_of_line(text, node.start_mark.index) : end]
        comment = "".join(re.findall(r"\s+#.*$", line.rstrip("\n")))
        key = text[_start_of_line(text, node.start_mark.index) : node.start_mark.index].rstrip()
        head = text[: _start_of_line(text, node.start_mark.index)] + key + comment + "\n"
        return head + "".join(item(row, 2) for row in new) + text[end:]
    items = _list(text, name)
    end = _end_of_line(text, _last_sign(text, items.value[-1]))
    indent = items.start_mark.column
    starts = [_start_of_line(text, _dash(text, items, place)) for place in range(len(items.value))]
    apart = len(starts) > 1 and not text[_start_of_line(text, starts[-1] - 1) : starts[-1]].strip()
    added = "".join(("\n" if apart else "") + item(row, indent) for row in new)
    return text[:end] + added + text[end:]


def _without(text: str, items: yaml.SequenceNode, place: int) -> str:
    start = _start_of_line(text, _dash(text, items, place))
    end = _end_of_line(text, _last_sign(text, items.value[place]))
    while (line := text[end : _end_of_line(text, end)]).strip().startswith("#"):
        if len(line) - len(line.lstrip()) <= items.start_mark.column:
            break  # it stands at the list's own indent: it is about what follows
        end += len(line)
    blank_before = start > 0 and not text[_start_of_line(text, start - 1) : start].strip()
    blank_after = end < len(text) and not text[end : _end_of_line(text, end)].strip()
    if blank_before and (blank_after or end >= len(text)):
        start = _start_of_line(text, start - 1)
    return text[:start] + text[end:]


def _with_value(text: str, node: yaml.Node, key: str, value: Any) -> str:
    if not isinstance(node, yaml.MappingNode):
        raise _unsafe(key, ())
    if node.flow_style:
        row = {**_plain(node), key: value}
        inner = ", ".join(f"{scalar(k)}: {scalar(v)}" for k, v in row.items() if v not in (None, [], ()))
        return _replaced(text, node, "{" + inner + "}")
    pairs = [(k, v) for k, v in node.value]
    at = next((i for i, (k, _) in enumerate(pairs) if k.value == key), None)
    gone = value in (None, [], ())
    if at is None:
        if gone:
            return text
        end = _end_of_line(text, _last_sign(text, node))
        if not text[:end].endswith("\n"):
            text, end = text + "\n", end + 1
        return f"{text[:end]}{' ' * node.start_mark.column}{key}: {scalar(value)}\n{text[end:]}"
    name, old = pairs[at]
    if gone:
        if at == 0 and len(pairs) > 1:
            return _cut(text, name.start_mark.index, pairs[1][0].start_mark.index)
        start = _start_of_line(text, name.start_mark.index)
        return _cut(text, start, _end_of_line(text, _last_sign(text, old)), whole_line=True)
    if isinstance(old, yaml.SequenceNode) and not old.flow_style and isinstance(value, list | tuple):
        return _with_list(text, old, value)
    return _replaced(text, old, scalar(value))


def _with_list(text: str, old: yaml.SequenceNode, wanted: Sequence[Any]) -> str:
    """A list of one value a line: lines that go on being wanted stay, with their comments."""
    has = [_plain(each) for each in old.value]
    wants = [_plain(_root(scalar(each))) for each in wanted]
    kept = [each for each in has if each in wants]
    if wants[: len(kept)] != kept or not kept:
        return _replaced(text, old, scalar(list(wanted)))
    end = _end_of_line(text, _last_sign(text, old))
    head = "" if text[:end].endswith("\n") else "\n"
    lines = "".join(f"{' ' * old.start_mark.column}- {scalar(each)}\n" for each in wanted[len(kept) :])
    text = text[:end] + head + lines + text[end:]
    for place in reversed([i for i, each in enumerate(has) if each not in wants]):
        text = _without(text, old, place)
    return text


def _replaced(text: str, node: yaml.Node, value: str) -> str:
    start, end = node.start_mark.index, _last_sign(text, node)
    if isinstance(node, yaml.CollectionNode) and not node.flow_style:
        start = _after_colon(text, start)
    if "\n" in text[start:end] and re.search(r"(^|\s)#", text[start:end]):
        raise _unsafe(value, ())
    if text[start - 1 : start] in (":", "-"):
        value = f" {value}"
    return text[:start] + value + text[end:]


def _after_colon(text: str, start: int) -> int:
    """Behind the key whose block begins on a later line."""
    head = re.sub(r"(\s*(#[^\n]*)?\n)*\s*$", "", text[:start])
    return len(head) if head.endswith(":") else start


def _cut(text: str, start: int, end: int, *, whole_line: bool = False) -> str:
    lines = text[start:end].splitlines()
    own = lines[1:] if whole_line else lines
    if any(re.search(r"^\s*#", line) for line in own):
        raise _unsafe(text[start:end], ())
    return text[:start] + text[end:]


def _dash(text: str, items: yaml.SequenceNode, place: int) -> int:
    """Where the item's `-` stands: on the line of its first key, or on one before."""
    at = items.value[place].start_mark.index
    while True:
        start = _start_of_line(text, at)
        if text[start + items.start_mark.column : start + items.start_mark.column + 1] == "-":
            return start + items.start_mark.column
        if start == 0:
            raise _unsafe("", ())
        at = start - 1


def _last_sign(text: str, node: yaml.Node) -> int:
    """Behind the last sign of a node; a block's own end lies behind the comments that follow it."""
    if isinstance(node, yaml.ScalarNode) or getattr(node, "flow_style", False):
        end = int(node.end_mark.index)
        return end - (len(text[:end]) - len(text[:end].rstrip("\n ")))
    ends = [
        _last_sign(text, part)
        for value in node.value
        for part in (value if isinstance(value, tuple) else (value,))
    ]
    return max(ends, default=int(node.end_mark.index))


def _start_of_line(text: str, at: int) -> int:
    return text.rfind("\n", 0, at) + 1


def _end_of_line(text: str, at: int) -> int:
    """Behind the line's break."""
    end = text.find("\n", at)
    return len(text) if end < 0 else end + 1


def _root(text: str) -> Any:
    try:
        return yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError) as error:
        problem = str(error).splitlines()[0]
        raise CatalogError(f"it is not YAML: {problem}", "`citelift check` names the line") from None


def _value_of(root: Any, name: str) -> Any:
    pairs = root.value if isinstance(root, yaml.MappingNode) else []
    return next((value for key, value in pairs if key.value == name), None)


def _is_blank(node: yaml.Node | None) -> bool:
    empty_list = isinstance(node, yaml.SequenceNode) and node.flow_style and not node.value
    return empty_list or (isinstance(node, yaml.ScalarNode) and node.tag.endswith(":null"))


def _plain(node: Any) -> Any:
    """A node's content; every scalar is the text that stands there, since YAML 1.1 reads `NO` as false."""
    if isinstance(node, yaml.MappingNode):
        return {str(key.value): _plain(value) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [_plain(value) for value in node.value]
    return None if node is None or node.tag.endswith(":null") else node.value


def _rows(document: Any, name: str) -> list[dict[str, Any]]:
    listed = document.get(name) if isinstance(document, dict) else None
    return [dict(row) if isinstance(row, dict) else {} for row in listed or []]


def _unsafe(name: str, edits: Sequence[Edit]) -> CatalogError:
    new = [row for edit in edits if isinstance(edit, Add) for row in edit.rows]
    lines = "".join(item(row, 2) for row in new)
    hint = f"add these lines under `{name}:` yourself:\n{lines}" if new else "change it in an editor"
    return CatalogError("it has its entries in a form that cannot be changed in safety", hint)
