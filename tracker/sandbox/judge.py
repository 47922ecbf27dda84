"""The sandbox's judge: a word list that answers the judge's prompts, so that judging can be tried without a
key; asked to suggest questions, it says those that a starter catalog begins with.

It is no measure of what a real judge can do: irony, comparison and most languages are beyond it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from tracker.engines.simulated import JUDGE, SIMULATED
from tracker.sandbox.requests import Request
from tracker.sandbox.writing import Json, Rendered, tokens
from tracker.starter import questions

SERVED = "sandbox-judge-1"
_BLOCK = re.compile(r"-----BEGIN TEXT (\w+)-----\n(.*?)\n-----END TEXT \1-----", re.DOTALL)
_BRAND = re.compile(r"^Brand: (.+)$", re.MULTILINE)
_TOPIC, _COUNT = re.compile(r"^Topic: (.+)$", re.MULTILINE), re.compile(r"^How many: (\d+)$", re.MULTILINE)
_SENTENCE = re.compile(r"(?<=[.!?;。])\s+|\n+")
_GOOD = re.compile(
    r"(?i)\b(best|better|great|excellent|recommend\w*|prais\w+|love\w*|like|easy|solid|well|top|suits?|safe"
    r"|quick\w*|impress\w*|clear pick|friendly|simple|nice|first|"
    r"reliable|fast|favou?rite|worth|winner|good|beste[nr]?|empfehl\w+|gut|zuverlässig|überzeugt"
    r"|excellente?s?|agréable|fácil|meilleure?|recommand\w+|"
    r"mejor|recomend\w+|melhor|ottim[oa]|migliore)\b"
)
_BAD = re.compile(
    r"(?i)\b(bad|worst|worse|avoid\w*|slow|poor\w*|unreliable|complain\w*|buggy|overpriced|expensive|outdated"
    r"|lacks?|fails?|bugs?|outages?|"
    r"hidden|regret\w*|weak\w*|disappoint\w+|schlecht\w*|teuer|langsam|mauvaise?|éviter|lente?|peor|evit\w+"
    r"|caro|pior|"
    r"peggiore|lent[oa])\b"
)
_NOT = re.compile(
    r"(?i)\b(not|no|never|hardly|seldom|n't|isn’t|isn't|don’t|don't|nicht|kein\w*|pas|nunca|não"
    r"|non)\W+(\w+\W+){0,2}$"
)
_NOTHING = re.compile(
    r"(?i)no information|(could not|couldn’t|couldn't|did not|didn’t|didn't) find|nothing about"
    r"|not mentioned|"
    r"keine informationen|aucune information|no encontré|ninguna información"
)
_KINDS: Mapping[str, re.Pattern[str]] = {
    "community": re.compile(r"(?i)forum|thread|community|discuss|ask|answers"),
    "editorial": re.compile(r"(?i)best|top \d|review|news|guide|compar|blog|vs\b"),
    "corporate": re.compile(r"(?i)pricing|product|docs?\b|features|sign.?up|customers"),
}


def is_judge(request: Request) -> bool:
    """The judge's model, asked without the web: an answer engine may imitate the same model with it."""
    of_the_judge = request.shape == "responses" and request.model == SIMULATED[JUDGE].partition("/")[2]
    return of_the_judge and not request.search


def reply(request: Request, *, empty: bool = False) -> Rendered:
    text = "" if empty else json.dumps(_verdict(request.prompt))
    ident = hashlib.sha256(request.prompt.encode("utf-8", "surrogatepass")).hexdigest()[:24]
    content = {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
    prompt_tokens, answer_tokens = tokens(request.prompt), 8
    body: Json = {
        "id": f"resp_{ident}",
        "object": "response",
        "created_at": 1_790_000_000,
        "status": "completed",
        "error": None,
        "incomplete_details": None,
        "model": SERVED,
        "output": [
            {
                "id": f"msg_{ident}",
                "type": "message",
                "role": "assistant",
                "status": "completed",
                "content": [content],
            }
        ],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "usage": {
            "input_tokens": prompt_tokens,
            "output_tokens": answer_tokens,
            "total_tokens": prompt_tokens + answer_tokens,
        },
    }
    return Rendered(body, text)


def _verdict(prompt: str) -> dict[str, Any]:
    if '{"questions"' in prompt:
        topic, count = _TOPIC.search(prompt), _COUNT.search(prompt)
        told = questions(topic[1] if topic else "CRM")
        return {"questions": list(told)[: int(count[1]) if count else len(told)]}
    block = _BLOCK.search(prompt)
    if block is None:
        return {"problem": "there is no text between BEGIN and END"}
    request = prompt[: block.start()] + prompt[block.end() :]
    if '"kind"' in request:
        return {"kind": next((kind for kind, words in _KINDS.items() if words.search(block[2])), "other")}
    brand = _BRAND.search(request)
    names = re.findall(r'"((?:[^"\\]|\\.)*)"', brand[1]) if brand else []
    return {"stance": _stance(block[2], [json.loads(f'"{name}"') for name in names])}


def _stance(text: str, names: list[str]) -> str:
    spelled = [name.casefold() for name in names]
    about = [s for s in _SENTENCE.split(text) if any(name in s.casefold() for name in spelled)]
    if all(_NOTHING.search(sentence) for sentence in about):
        return "absent"
    good = bad = 0
    for sentence in about:
        for phrase, praise in [(m, True) for m in _GOOD.finditer(sentence)] + [
            (m, False) for m in _BAD.finditer(sentence)
        ]:
            if praise is not bool(_NOT.search(sentence[: phrase.start()])):
                good += 1
            else:
                bad += 1
    if good and bad:
        return "mixed"
    return "positive" if good else "negative" if bad else "neutral"
