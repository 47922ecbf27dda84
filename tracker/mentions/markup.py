"""What of an answer is not its own prose: addresses, source labels, markers. Hidden in place, so that offsets
stay.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass

from tracker.domains import written_host
from tracker.mentions.folding import fold_name

HIDDEN = "\0"
_LINK_STAND_IN = "\x02"

_LABEL = r"(?:[^\[\]\\]|\\.|\[(?:[^\[\]\\]|\\.){0,500}+\]){0,1000}+"
_DESTINATION = r"(?:<[^<>\n]{0,4000}+>|(?:[^\s()\\]|\\.|\((?:[^\s()]|\([^\s()]*+\))*+\)){0,4000}+)"
_TITLE = r"""(?:\s++(?:"[^"]{0,1000}+"|'[^']{0,1000}+'|\([^()]{0,1000}+\)))?"""
_LINK = re.compile(
    rf"\[(?P<label>{_LABEL})\](?:\(\s*+{_DESTINATION}{_TITLE}\s*+\)|\[(?P<reference>[^\[\]\n]{{0,100}})\])",
    re.DOTALL,
)
_IMAGE = re.compile(rf"!\[[^\[\]]{{0,1000}}+\](?:\(\s*+{_DESTINATION}{_TITLE}\s*+\)|\[[^\[\]]{{0,200}}+\])")
_DEFINITION = re.compile(
    r"^[ >]{0,6}\[[^\]\n]{1,200}\]:\s*(?:<?(?:https?://|www\.)|\S+\.\S+/).*$", re.MULTILINE
)
_FOOTNOTE = re.compile(r"^[ >]{0,6}\[\^[^\]\n]{1,60}\]:.*$", re.MULTILINE)
# A reasoning model thinks aloud before its answer.
_THINKING = re.compile(r"\A\s*<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", re.DOTALL)
_MARKER = re.compile(r"\ue200[^\ue201]{0,400}\ue201|【[^】\n]*†[^】\n]*】|【[\d:,\s]+】")
_TAG = re.compile(r"<!--.*?-->|<(script|style)\b.{0,5000}?</\1>|</?[A-Za-z][^<>]{0,4000}>", re.DOTALL)
# Latin, Greek and Cyrillic letters belong to an address; Chinese or Japanese text that follows it without a
# space does not.
_URL = re.compile(
    r"(?:\b(?:https?|ftp)://|\bwww\.|\bmailto:)[!#-;=?-Z\\\]_a-z~%\u00c0-\u024f\u0370-\u04ff]+",
    re.IGNORECASE,
)
_MAIL = re.compile(r"[\w.+\-]{1,64}@[\w\-]+(?:\.[\w\-]+)+")
_HANDLE = re.compile(r"(?<![\w.])@[A-Za-z0-9_][\w.]{1,30}")
_REDDIT = re.compile(r"(?<![\w/.])/?[ur]/[A-Za-z0-9_][\w-]{1,30}")
_FILE_END = (
    r"\.(?:pdf|csv|tsv|xlsx?|docx?|pptx?|zip|tar|t?gz|png|jpe?g|gif|svg|webp|json|ya?ml|xml|txt|exe|dmg|apk|log|"
    r"ini|toml|sql|sh)(?![\w-])"
)
_FILE = re.compile(rf"(?<![\w@./-])[\w-]+(?:[.-][\w-]+)*{_FILE_END}", re.IGNORECASE)
# Without these the two patterns of files need not be tried.
_ENDS_LIKE_A_FILE = re.compile(_FILE_END, re.IGNORECASE)
_ENDS_LIKE_SOURCE = re.compile(r"[-_]\w*\.[a-z]")
# With a hyphen or underscore, as `Node.js` is a name; and paths.
_SOURCE_FILE = re.compile(
    r"(?<![\w@./-])\w+[-_][\w-]*\.(?:jsx?|tsx?|py|rb|rs|go|php|java|css|html?|md|ipynb|env|lock|cfg|conf|bat|ps1|whl|jar|"
    r"dll|so|deb|rpm|mp[34]|mov)(?![\w-])"
)
_PATH = re.compile(r"(?<![\w)\]*/.:])(?:~|\.{1,2})?(?:/[a-z0-9_][\w.-]*){2,}/?(?![\w/])")
_RELATIVE_FILE = re.compile(r"(?<![\w@:/.-])(?:[\w.-]+/){1,8}[\w-]+\.[a-z]{1,5}(?![\w-])")
_DATED_SOURCE = re.compile(r"\[[^\[\]\n]{2,80}, (?:19|20)\d\d[a-z]?\](?!\()")
_STOP_INSIDE = re.compile(r"\.[^\W\d_]")
_CODE = re.compile(r"^[ \t>]*(`{3,}|~{3,})[^\n]*\n.*?(?:^[ \t>]*\1|\Z)", re.MULTILINE | re.DOTALL)
_IMPORTS = re.compile(
    r"^[ \t>]*(?:import [\w.{}, ]+(?: (?:as|from) \S+)?|from [\w.]+ import [\w.,* ()]+|"
    r"(?:\$ )?(?:npm|yarn|pnpm|pip3?|uv|brew|gem|cargo) (?:install|add|i) .+);?[ \t]*$",
    re.MULTILINE,
)
_INLINE_CODE = re.compile(r"(?<!`)`([^`\n]{1,200})`(?!`)")
_CODE_SIGN = re.compile(
    r"[\w.]-\w|[/\\_=(){};@$<>]|--?\w|\w\.\w|^(?:npm|npx|yarn|pnpm|pip3?|uv|conda|brew|apt|cargo|go|gem|composer|sudo|"
    r"docker|git|curl|helm|kubectl|import|from|require|use|include)\s",
)
_BARE_HOST = re.compile(
    r"(?<![\w@.\-])((?:[^\W_][\w\-]*\.)+([^\W\d_][\w\-]+))(?![\w\-])"
    r"((?::\d+)?(?:/|[?#](?=[\w%=/&]))[!#-;=?-Z_a-z~%]*)?"
)

_SOURCE_WORD = (
    r"(?:sources?|references?|citations?|citing|cited|via|see|read more|more|more info|learn more|quellen?|"
    r"siehe|fuentes?|"
    r"v[ée]ase|r[ée]f[ée]rences?|voir|font[ei]|vedi|fontes?|ver|bron(?:nen)?|zie|[źz]r[óo]d[łl]a?|"
    r"k[äa]ll(?:a|or)|kilder?|"
    r"источник(?:и|у)?|来源|來源|参考|參考|出典|参照|출처|참고)"
)
_GLUE = r"(?:[\s,;，、；&·•|/–—*_\-]|\b(?:and|or|und|et|y|e|en|och|og|и)\b|\[?\^?\d+\]?|\0)"
_IN_BRACKETS = re.compile(
    rf"[(\[（［【](?:[\s*_]*{_SOURCE_WORD}\s*[:：]?)?{_GLUE}*\x02+(?:{_GLUE}|\x02)*[)\]）］】]", re.IGNORECASE
)
_TRAILING = re.compile(
    r"(?P<stop>[.!。！…])[\"'”’»)\]*_]*[ \t]*+(?P<links>\x02(?:\x02|[ \t,;，、·•|&\0()\[\]]|"
    r"\[?\d+\]?)*)[.。]?[ "
    r"\t]*$",
    re.MULTILINE,
)
_LIST_MARKER = re.compile(r"[\s>|*_#]*(?:\d{1,3}|[A-Za-z])")
_AFTER_SOURCE = re.compile(
    rf"(?:^|[(\[（*_|]|(?<=[.。!?])\s)[\s*_>\-•]*{_SOURCE_WORD}[*_]*\s*[:：][^()\[\]（）\n.。]*",
    re.IGNORECASE | re.MULTILINE,
)
_MORE_AT = re.compile(
    r"(?:\b(?:(?:read|learn|see|find|find out|discover|get|know) more|more (?:info(?:rmation)?|details?)|"
    r"mehr(?: dazu| infos?)?|en savoir plus|m[áa]s informaci[óo]n|saiba mais|mais informa[çc][õo]es|"
    r"scopri di pi[ùu]|lees meer|l[äa]s mer|læs mere|les mer|подробнее)\b[^\S\n]*"
    r"(?:about (?:it|this|them)[^\S\n]*)?"
    r"(?:at|on|from|via|in|bei|auf|unter|sur|chez|en|em|su|op|p[åa]|hos|на)[^\S\n]+(?:the )?)\Z",
    re.IGNORECASE,
)
_LEADING = frozenset(
    [
        "at",
        "on",
        "from",
        "via",
        "in",
        "bei",
        "auf",
        "unter",
        "sur",
        "chez",
        "en",
        "em",
        "su",
        "op",
        "på",
        "pa",
        "hos",
        "на",
        "the",
    ]
)
"""Last words before a link without which `_MORE_AT` need not be tried."""
_STAND_INS = re.compile(r"\x02+")
_LOOK_BACK = 60
_PLAIN_SOURCE = re.compile(
    r"(?:^|[(\[（])[ \t*_>\-•]*(?:sources?|quellen?|fuentes?|font[ei]|fontes?|bron(?:nen)?|[źz]r[óo]d[łl]a?|"
    r"k[äa]ll(?:a|or)|kilder?|"
    r"источники?|来源|來源|出典|출처)[*_]*[ \t]*[:：][^()\[\]（）\n]*",
    re.IGNORECASE | re.MULTILINE,
)
# Without it `_AFTER_SOURCE` need not be tried.
_LINK_AFTER_COLON = re.compile(r"[:：][^()\[\]（）\n.。]*\x02")
_SOURCE_HEADING = re.compile(
    r"^[ \t>]*(?:#{1,6}[ \t]*|\*\*|__)?[^\w\n]{0,4}(?:key |main |selected |useful |web )?"
    r"(?:sources?|references?|citations?|works cited|bibliography|footnotes|further reading|(?:useful |"
    r"related )?links|see also|"
    r"quellen(?:angaben|verzeichnis)?|einzelnachweise|weiterf[üu]hrende links|literatur|sources? "
    r"consult[ée]es|r[ée]f[ée]rences|liens|"
    r"fuentes|referencias|enlaces|fonti|riferimenti|fontes|refer[êe]ncias|bronnen|[źz]r[óo]d[łl]a|k[äa]llor|"
    r"kilder|источники|ссылки|"
    r"来源|參考資料|参考资料|参考文献|參考文獻|資料來源|信息来源|引用|出典|参考|情報源|출처|참고 "
    r"?자료|참고 ?문헌)"
    r"(?: (?:used|cited|consulted|and further reading))?[ \t]*[:：]?[ \t]*(?:\*\*|__)?[:：]?[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)
_ENTRY = re.compile(r"[ \t>]*(?:[-*+•·]|\d{1,3}[.)]|\[\^?\d{1,3}\]|\|)[ \t:]*\S")


@dataclass(frozen=True, slots=True)
class _Link:
    start: int
    end: int
    label_start: int
    label_end: int


Spans = list[tuple[int, int]]


def hide(text: str, hosts: Set[str] = frozenset()) -> str:
    """`text` with everything that is not prose replaced by NUL, code point for code point.

    `hosts` are folded names that are host names themselves; these stay where they stand alone in prose.
    """
    if _THINKING.match(text):
        text = _THINKING.sub(_blank, text, count=1)
    if "[" in text or "<" in text or "【" in text or "\ue200" in text:
        text = _IMAGE.sub(_blank, _MARKER.sub(_blank, text))
        if "[^" in text:
            text = _FOOTNOTE.sub(_blank, text)
        text = _hide_links(text, hosts)
        if "<" in text:
            text = _TAG.sub(_blank, text)
        text = _DATED_SOURCE.sub(_blank, text)
    text = _hide_entries(text)
    if ":" in text or "：" in text:
        text = _PLAIN_SOURCE.sub(_blank, text)
    if "://" in text or "www." in text or "WWW." in text or "mailto:" in text:
        text = _URL.sub(_blank, text)
    if "@" in text:
        text = _HANDLE.sub(_blank, _MAIL.sub(_blank, text))
    if "/" in text:
        if "r/" in text or "u/" in text:
            text = _REDDIT.sub(_blank, text)
        text = _PATH.sub(_blank, text)
        if "." in text:
            text = _RELATIVE_FILE.sub(_blank, text)
    if _STOP_INSIDE.search(text) is None:
        return text
    if _ENDS_LIKE_SOURCE.search(text):
        text = _SOURCE_FILE.sub(_blank, text)
    if _ENDS_LIKE_A_FILE.search(text):
        text = _FILE.sub(_blank, text)
    return _BARE_HOST.sub(_hide_host(hosts), text)


def code(text: str) -> Spans:
    """Blocks of code, and code in a line that is more than words: in it a name in small letters is a
    command or a module and no company."""
    coded = "import " in text or " install " in text
    imports = [match.span() for match in _IMPORTS.finditer(text)] if coded else []
    if "`" not in text and "~~~" not in text:
        return imports
    inline = [match.span() for match in _INLINE_CODE.finditer(text) if _CODE_SIGN.search(match[1])]
    return imports + [match.span() for match in _CODE.finditer(text)] + inline


def _blank(match: re.Match[str]) -> str:
    return HIDDEN * len(match[0])


def _filled(text: str, spans: Spans, filler: str) -> str:
    parts, copied = [], 0
    for start, end in spans:
        parts += [text[copied:start], filler * (end - start)]
        copied = end
    return "".join([*parts, text[copied:]])


def _hide_links(text: str, hosts: Set[str]) -> str:
    has_definitions = "]:" in text and _DEFINITION.search(text) is not None
    if has_definitions:
        text = _DEFINITION.sub(_blank, text)
    links = [
        _Link(match.start(), match.end(), match.start("label"), match.end("label"))
        for match in _LINK.finditer(text)
        if has_definitions or match["reference"] is None
    ]
    if not links:
        return text
    skeleton = _filled(text, [(link.start, link.end) for link in links], _LINK_STAND_IN)
    sourced = bytearray(len(text))
    for start, end in (
        *_spans(_IN_BRACKETS, skeleton),
        *_trailing(skeleton),
        *(_spans(_AFTER_SOURCE, skeleton) if _LINK_AFTER_COLON.search(skeleton) else ()),
        *_more_at(skeleton),
    ):
        sourced[start:end] = b"\1" * (end - start)
    hidden: Spans = []
    for link in links:
        whole = sourced[link.start] or _is_source_label(
            text[link.label_start : link.label_end], skeleton, link, hosts
        )
        hidden.append((link.start if whole else link.label_end, link.end))
    return _filled(text, hidden, HIDDEN)


def _spans(pattern: re.Pattern[str], text: str) -> Spans:
    return [match.span() for match in pattern.finditer(text)]


def _more_at(skeleton: str) -> Iterator[tuple[int, int]]:
    for match in _STAND_INS.finditer(skeleton):
        before = skeleton[max(0, match.start() - _LOOK_BACK) : match.start()].rstrip("*_")
        last = before.rstrip(" \t").rpartition(" ")[2].lower()
        if last in _LEADING and _MORE_AT.search(before):
            yield match.span()


def _trailing(skeleton: str) -> Iterator[tuple[int, int]]:
    for match in _TRAILING.finditer(skeleton):
        line_start = skeleton.rfind("\n", 0, match.start()) + 1
        if not _LIST_MARKER.fullmatch(skeleton, line_start, match.start("stop")):
            yield match.span("links")


def _is_source_label(label: str, skeleton: str, link: _Link, hosts: Set[str]) -> bool:
    plain = label.strip(" \t\n*_~`[]()\"'“”" + HIDDEN)
    if " | " in plain:
        return True
    if written_host(plain) is None:
        return False
    return fold_name(plain) not in hosts or not _begins_or_goes_on(skeleton, link)


_LINE_START = re.compile(r"(?:^|\n|\|)[ \t>#*_+\-•]*(?:\d{1,3}[.)])?[ \t*_]*$")
_GOES_ON = re.compile(r"[*_]*[ \t]+[*_]*[^\W\d_]|[*_]+")


def _begins_or_goes_on(skeleton: str, link: _Link) -> bool:
    """Whether a link is the head of a line or cell, is emphasised, or a word follows it: then its host is a
    name."""
    line = skeleton[max(0, link.start - 60) : link.start]
    return _LINE_START.search(line) is not None or _GOES_ON.match(skeleton, link.end) is not None


def _line_starts(text: str) -> Iterator[int]:
    start = 0
    while True:
        yield start
        start = text.find("\n", start) + 1
        if not start:
            return


def _hide_entries(text: str) -> str:
    """Without the lists under headings such as "Sources"; a list ends at the first line that is no entry."""
    hidden: Spans = []
    for heading in filter(None, (_SOURCE_HEADING.match(text, start) for start in _line_starts(text))):
        line_start = heading.end() + 1
        while line_start < len(text):
            end = text.find("\n", line_start)
            end = len(text) if end < 0 else end
            line = text[line_start:end]
            if line.strip() and not (_ENTRY.match(line) or _URL.search(line) or HIDDEN in line):
                break
            hidden.append((line_start, end))
            line_start = end + 1
    return _filled(text, hidden, HIDDEN)


def _hide_host(hosts: Set[str]) -> Callable[[re.Match[str]], str]:
    def hidden(match: re.Match[str]) -> str:
        name, ending, rest = match.groups()
        if written_host(name) is None or _forgot_space(ending):
            return match[0]
        return match[0] if not rest and fold_name(name) in hosts else _blank(match)

    return hidden


def _forgot_space(ending: str) -> bool:
    """`Norvane.It is` is two sentences and not a host in Italy."""
    return ending[0].isupper() and ending[1:].islower()
