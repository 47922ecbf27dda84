from __future__ import annotations

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.errors import CatalogError
from tracker.mentions import BrandMention, BrandNames, Finder
from tracker.mentions.folding import fold
from tracker.mentions.markup import hide
from tracker.mentions.spellings import spellings

BRANDS = (
    BrandNames(1, "Norvane", ("Norvane CRM",), ("norvane river", "Mount Norvane")),
    BrandNames(2, "Acme"),
    BrandNames(3, "LI"),
    BrandNames(4, "X"),
    BrandNames(5, "Apple", (), ("apple pie", "Big Apple")),
    BrandNames(6, "L'Oréal"),
    BrandNames(7, "AT&T"),
    BrandNames(8, "C++ Builder", ("C++",)),
    BrandNames(9, "monday.com"),
    BrandNames(10, "京东", ("JD.com",), ("北京东路",)),
    BrandNames(11, "ソニー"),
    BrandNames(12, "삼성전자", ("삼성",)),
    BrandNames(13, "กสิกร"),
    BrandNames(14, "SAP"),
    BrandNames(15, "IKEA"),
    BrandNames(16, "Node"),
    BrandNames(17, "Acme Cloud Nine"),
    BrandNames(18, "T-Mobile"),
    BrandNames(19, "Österreich Media"),
    BrandNames(20, "GPT-4"),
    BrandNames(21, "Zoë"),
    BrandNames(22, "🦊 Fox"),
    BrandNames(23, "نوروان"),
    BrandNames(24, "Łódź"),
    BrandNames(25, "TechDaily"),
    BrandNames(26, "You.com"),
    BrandNames(27, "3M"),
    BrandNames(28, "Яндекс"),
    BrandNames(29, "ガス"),
)
FINDER = Finder(BRANDS)
LATIN = {*string.ascii_letters, *string.digits}


def named(text: str) -> list[str]:
    return [span.text for span in FINDER.spans(text)]


# Names in text
# ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Norvane", ["Norvane"]),
        ("NORVANE, norvane and Norvane.", ["NORVANE", "norvane", "Norvane"]),
        ("Norvane's plan, Norvane’s team, Norvane`s", ["Norvane", "Norvane", "Norvane"]),
        ("Norvane-based, ex-Norvane, non‑Norvane, Norvane/Acme", ["Norvane"] * 4 + ["Acme"]),
        ("(Norvane) “Norvane” «Norvane» 'Norvane' \"Norvane\"", ["Norvane"] * 5),
        ("Norvane™ Norvane® Norvane² Norvane…", ["Norvane"] * 4),
        ("Norvane:Acme;Norvane,Acme", ["Norvane", "Acme", "Norvane", "Acme"]),
        ("#Norvane $Norvane, by @Norvane", ["Norvane"] * 2),
        ("Norvane,", ["Norvane"]),
        ("I like Norvane.It is good. Good.Norvane is", ["Norvane", "Norvane"]),
        ("Norvane2, 2Norvane, xNorvane, Norvaneé, éNorvane, norvanes", []),
        ("two Norvanes, the Norvanes' plans", ["Norvane", "Norvane"]),
        ("my_norvane norvane_x norvane.js", []),
        ("pineapple Apples snapple", []),
        ("the Nor" + "\u00ad" + "vane of pine" + "\u00ad" + "apple", ["Nor\u00advane"]),
        ("Norvane CRM and Norvane  CRM and Norvane\nCRM", ["Norvane CRM", "Norvane  CRM", "Norvane\nCRM"]),
        ("Norvane\n\nCRM", ["Norvane"]),
        ("Norvane CRMs", ["Norvane"]),
        ("Norvane-CRM, a norvane‑crm, Norvane-CRMs", ["Norvane-CRM", "norvane‑crm", "Norvane"]),
        ("Acme-Cloud-Nine, Acme Cloud-Nine", ["Acme-Cloud-Nine", "Acme"]),
        ("Acme Cloud Nine, Acme Cloud Ninety, Acme", ["Acme Cloud Nine", "Acme", "Acme"]),
        ("T-Mobile T‑Mobile t–mobile", ["T-Mobile", "T‑Mobile"]),
        ("Mc-Acme's O'Acme d'Acme l’Acme qu'Acme 'Acme'", ["Acme"] * 5),
        ("Acme'nin Acme’den", ["Acme", "Acme"]),
    ],
)
def test_a_name_is_a_whole_word(text: str, found: list[str]) -> None:
    assert named(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("LI is not li, Li, LInk, FLI, LI-ion, LI&B or O'LI", ["LI"]),
        ("LI's LI’s (LI) **LI** LI", ["LI"] * 5),
        ("X, not x: X-ray, X&Y, X's", ["X", "X"]),
        ("SAP, sap, Sap", ["SAP"]),
        ("IKEA Ikea ikea", ["IKEA", "Ikea", "ikea"]),
        ("3M 3m 13M 3Ms", ["3M"]),
        ("AT&T at&t AT&amp;T AT&TX", ["AT&T", "at&t", "AT&amp;T"]),
        ("C++ c++ C+ C", ["C++"]),
        ("GPT-4, gpt-4. GPT-4o GPT-4.1 GPT-45 GPT-4,5", ["GPT-4", "gpt-4"]),
        ("Node.js, Node. Node", ["Node", "Node"]),
    ],
)
def test_short_names_and_acronyms_keep_their_case(text: str, found: list[str]) -> None:
    assert named(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("L'Oréal L’Oreal l'oréal LOREAL", ["L'Oréal", "L’Oreal", "l'oréal", "LOREAL"]),
        ("L'Ore\u0301al", ["L'Ore\u0301al"]),
        ("Osterreich Media, ÖSTERREICH MEDIA", ["Osterreich Media", "ÖSTERREICH MEDIA"]),
        ("Zoe Zoë ZOE\u0308 Zoé", ["Zoe", "Zoë", "ZOE\u0308", "Zoé"]),
        ("Lodz łódź ŁÓDŹ", ["Lodz", "ŁÓDŹ"]),  # a boat
        ("ＮＯＲＶＡＮＥ and 𝐍𝐨𝐫𝐯𝐚𝐧𝐞", ["ＮＯＲＶＡＮＥ", "𝐍𝐨𝐫𝐯𝐚𝐧𝐞"]),
        ("\U0001f600Norvane\U0001f600 🦊 Fox⚠️Norvane", ["Norvane", "🦊 Fox", "Norvane"]),
        ("Nor\u200bvane", ["Nor\u200bvane"]),
        ("Norvane\u00a0CRM", ["Norvane\u00a0CRM"]),
        ("\ud800Norvane\udc00 \ud800\u00ad Norvane", ["Norvane", "Norvane"]),
        ("ЯНДЕКС яндекс Яндекса Яндексаж", ["ЯНДЕКС", "яндекс", "Яндекс"]),
    ],
)
def test_names_are_compared_without_case_accents_or_compatibility_forms(text: str, found: list[str]) -> None:
    assert named(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("我喜欢京东的服务", ["京东"]),
        ("京東", ["京東"]),
        ("上海北京东路", []),
        ("推荐Norvane和Acme。", ["Norvane", "Acme"]),
        ("ソニーの新製品とNorvaneは", ["ソニー", "Norvane"]),
        ("ソニーピクチャーズ", []),
        ("ｿﾆｰの", ["ｿﾆｰ"]),
        ("ガスはカスではない", ["ガス"]),
        ("ｶﾞｽ", ["ｶﾞｽ"]),
        ("삼성은 좋다. 삼성전자의 삼성에서도", ["삼성", "삼성전자", "삼성"]),
        ("\u1109\u1161\u11b7\u1109\u1165\u11bc은", ["\u1109\u1161\u11b7\u1109\u1165\u11bc"]),
        ("재삼성 삼성역동", []),
        ("Norvane은 Norvane이라는", ["Norvane", "Norvane"]),
        ("ธนาคารกสิกรไทย", ["กสิกร"]),
        ("กสิกรา เกสิกร กสิกร์", []),
        ("ونوروان نوروان لنوروان نوروانية", ["نوروان", "نوروان", "نوروان"]),
        ("بNorvane", ["Norvane"]),
    ],
)
def test_scripts_without_spaces_have_their_own_word_ends(text: str, found: list[str]) -> None:
    assert named(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("the Norvane River flows", []),
        ("the Norvane river and Norvane", ["Norvane"]),
        ("Mount Norvane CRM", ["Norvane CRM"]),
        ("Norvane rivers", []),
        ("a Norvane-river cruise", []),
        ("apple pie from Apple in the Big Apple", ["Apple"]),
        ("Big Apple pie", []),
        ("Apple Pie", []),
        ("Norvane**\u00a0**river", []),
    ],
)
def test_a_name_inside_a_not_phrase_means_something_else(text: str, found: list[str]) -> None:
    assert named(text) == found


def test_a_not_phrase_silences_only_its_own_brand() -> None:
    finder = Finder([BrandNames(1, "Norvane", (), ("norvane acme",)), BrandNames(2, "Acme")])
    assert [(s.key, s.text) for s in finder.spans("Norvane Acme, Norvane")] == [(2, "Acme"), (1, "Norvane")]


def test_a_longer_name_that_is_no_whole_word_does_not_hide_a_shorter_one() -> None:
    finder = Finder([BrandNames(1, "Qor"), BrandNames(2, "Qor Va"), BrandNames(3, "Va Ne")])
    assert [(s.key, s.text) for s in finder.spans("Qor Vane, Qor Va Ne")] == [(1, "Qor"), (2, "Qor Va")]


# Markup ---------------------------------------------------------------------------------------------------
# ----------


@pytest.mark.parametrize(
    ("text", "found"),
    [
        # prose
        ("**Norvane** *Norvane* __Norvane__ _Norvane_ ~~Norvane~~ ***Norvane***", ["Norvane"] * 6),
        ("**Nor**vane, **N**orvane, Nor*vane*", ["Nor**vane", "N**orvane", "Nor*vane"]),
        ("**Norvane**s, x**Norvane**", ["Norvane"]),
        ("`Norvane` > Norvane # Norvane | Norvane |", ["Norvane"] * 4),
        ("<b>Norvane</b> <a href='https://norvane.com'>Norvane</a>", ["Norvane", "Norvane"]),
        ("L\\'Oréal and AT\\&T", ["L\\'Oréal", "AT\\&T"]),
        # link labels as prose
        ("[Norvane](https://norvane.com) is a CRM.", ["Norvane"]),
        ("- **[Norvane](https://norvane.com)** – for small teams", ["Norvane"]),
        ("1. [Norvane](https://norvane.com): for small teams", ["Norvane"]),
        ("1. [Norvane](https://norvane.com)\n2. [Acme](https://acme.com)", ["Norvane", "Acme"]),
        ("| [Norvane](https://norvane.com) | 10 € |", ["Norvane"]),
        ("The best one is [Norvane](https://norvane.com).", ["Norvane"]),
        ("My pick? [Norvane](https://norvane.com)", ["Norvane"]),
        (
            "Popular tools (e.g., [Norvane](https://norvane.com) and [Acme](https://a.com)) help.",
            ["Norvane", "Acme"],
        ),
        ("According to [TechDaily](https://techdaily.com/x), it grew.", ["TechDaily"]),
        ('[Norvane][1] is a CRM.\n\n[1]: https://norvane.com "Norvane – the CRM"', ["Norvane"]),
        ("[Norvane](https://en.wikipedia.org/wiki/Norvane_(company)) is", ["Norvane"]),
        ("[**Norvane** CRM](https://x.com) is", ["Norvane** CRM"]),
        # source labels
        ("It grew. ([Norvane](https://norvane.com/a))", []),
        ("It grew ([norvane.com](https://norvane.com/a?utm_source=openai)).", []),
        ("It grew ([Norvane](https://norvane.com/a), [Acme](https://acme.com)).", []),
        ('It grew ([Norvane][1]).\n\n[1]: https://norvane.com/a?utm_source=chatgpt.com "Norvane grew"', []),
        ("It grew (source: [Norvane](https://norvane.com)) fast.", []),
        ("It grew [[Norvane](https://norvane.com)] and grew（[Acme](https://acme.com)）", []),
        (
            "It grew in 2025. [Norvane](https://norvane.com/a)\n\nThen more. "
            "[TechDaily](https://t.com) [Acme](https://a.com)",
            [],
        ),
        ("- It grew. [Norvane](https://norvane.com/a)", []),
        ("It grew. [Norvane](https://norvane.com/a) is the reason.", ["Norvane"]),
        ("It grew [norvane.com](https://norvane.com/a).", []),
        ("It grew [https://norvane.com/a](https://norvane.com/a).", []),
        ("See [Norvane CRM review | TechDaily](https://techdaily.com/a).", []),
        ("Source: [Norvane](https://norvane.com)", []),
        ("**Sources:** [Norvane](https://norvane.com), [Acme](https://acme.com)", []),
        ("It grew (Source: Norvane) fast.", []),
        (
            "Norvane grew.\n\n## Sources\n1. [Norvane](https://norvane.com)\n2. Acme blog, "
            "2026\n\nAcme is next.",
            ["Norvane", "Acme"],
        ),
        ("**Quellen:**\n- Norvane: https://norvane.com\n- [Acme](https://acme.com)", []),
        ("Sources\n\n[1] Norvane https://norvane.com\n\n## Verdict\nNorvane wins", ["Norvane"]),
        # addresses, images, markers
        ("https://norvane.com/norvane?q=Norvane#Norvane", []),
        ("norvane.com, www.norvane.com/pricing, ann@norvane.com, NORVANE.COM:8080/x", []),
        ("<https://norvane.com/Norvane> <img alt='Norvane' src='x'>", []),
        ("![Norvane](logo.png) ![Norvane logo][1] [![Norvane](a.png)](https://norvane.com)", []),
        ('[a CRM](https://x.com/norvane "Norvane") [b](<https://x.com/Norvane a>)', []),
        ("It grew \ue200cite\ue202turn0Norvane\ue201 much 【4:0†Norvane】 and 【1】", []),
        ("看https://norvane.com。Norvane很好 https://norvane.com/a很好Acme", ["Norvane", "Acme"]),
        ("【Norvane】は人気です", ["Norvane"]),
        ("Norvane[1][2] Norvane [[3]](https://norvane.com) Norvane[^4]", ["Norvane"] * 3),
        ("[Norvane] and [x] Norvane", ["Norvane", "Norvane"]),
        ("[Norvane](not closed Norvane", ["Norvane", "Norvane"]),
        # a name that is a host
        ("monday.com is a tool; see https://monday.com/pricing and monday.com/x, monday", ["monday.com"]),
        (
            "- [monday.com](https://monday.com) – boards\n- **[You.com](https://you.com)**",
            ["monday.com", "You.com"],
        ),
        ("It grew ([monday.com](https://monday.com/blog)). [monday.com](https://monday.com/blog)", []),
        ("I would take [monday.com](https://monday.com) for boards.", ["monday.com"]),
        ("you and You. JD.com", ["JD.com"]),
        ("", []),
        ("[](x) []() ![]() ([]) \0", []),
    ],
)
def test_only_prose_names_a_brand(text: str, found: list[str]) -> None:
    assert named(text) == found


CHAT_ANSWER = """For a two-person company, these stand out:

1. **[Norvane](https://norvane.com/?utm_source=openai)** – easy to set up. ([techdaily.com](https://techdaily.com/norvane-review?utm_source=openai))
2. **Acme** – cheaper than Norvane. ([acme.com](https://www.acme.com/pricing?utm_source=openai))
3. **monday.com** – more than a CRM ([Acme blog](https://acme.com/blog), [Norvane vs Acme | TechDaily](https://techdaily.com/x))

I could not find any reliable information about IKEA in this market.

![Apple chart](https://img.example.com/apple.png)

**Sources**
- [Apple – Business](https://apple.com/business)
- TechDaily: https://techdaily.com/norvane-review
"""


def test_a_real_looking_answer_is_read_as_its_reader_reads_it() -> None:
    assert FINDER.mentions(CHAT_ANSWER) == [
        BrandMention(1, 1, 2, CHAT_ANSWER.index("Norvane"), "named"),
        BrandMention(2, 2, 1, CHAT_ANSWER.index("Acme"), "named"),
        BrandMention(9, 3, 1, CHAT_ANSWER.index("monday.com"), "named"),
        BrandMention(15, 4, 1, CHAT_ANSWER.index("IKEA"), "absent"),
    ]


@given(st.text(st.sampled_from("[]()!*_`<>|\n .:/aN\"'{}#-1\\"), max_size=80))
def test_hiding_never_moves_an_offset(text: str) -> None:
    hidden = hide(text)
    assert len(hidden) == len(text)
    assert all(after in (before, "\0") for before, after in zip(text, hidden, strict=True))


@pytest.mark.parametrize(
    ("piece", "times"),
    [
        ("[", 20_000),
        ("[](", 8_000),
        ("![", 9_000),
        ("<a", 9_000),
        ("(", 20_000),
        ("a.", 9_000),
        ("_", 20_000),
        ("*", 20_000),
        ("**a", 9_000),
        ("a ** ", 9_000),
        ("```\n", 5_000),
        ("@a", 9_000),
        ("a-", 9_000),
        ("[a](b", 4_000),
        ("Source:", 3_000),
        ("\n- ", 7_000),
        ("a@", 9_000),
        ("http", 5_000),
        ("Norvane ", 3_000),
        ("Node ", 3_000),
        ("Apple, ", 3_000),
        ("Norvane is not ", 1_500),
    ],
)
def test_hostile_text_takes_no_time(piece: str, times: int) -> None:
    FINDER.mentions(piece * times)


# Stance ---------------------------------------------------------------------------------------------------
# ----------


@pytest.mark.parametrize(
    "text",
    [
        "I could not find any information about Norvane.",
        "I couldn’t find anything about Norvane",
        "I couldn't find anything about **Norvane** in the sources.",
        'Unfortunately, I was unable to find specific details on "Norvane".',
        "I did not find any reliable, up-to-date information regarding a company called Norvane.",
        "I don't have any information on Norvane.",
        "I am not familiar with Norvane.",
        "I'm not aware of a brand named Norvane.",
        "There are no results for Norvane.",
        "There is no mention of Norvane in the search results.",
        "No information about Norvane was found.",
        "The search returned no results for 'Norvane'.",
        "No mention of Acme or Norvane was found.",
        "The results do not mention Norvane.",
        "None of the sources mention Norvane.",
        "I couldn't find Norvane in any of the lists.",
        "I could not locate Norvane among the ranked tools.",
        "Norvane is not listed.",
        "Norvane is not listed in any of these rankings.",
        "Norvane isn't mentioned in the search results.",
        "Norvane was not found.",
        "Norvane does not appear in the results.",
        "Norvane doesn't appear to be listed anywhere.",
        "Norvane could not be found.",
        "Norvane and Acme are not mentioned in these articles.",
        "Norvane is absent from the lists.",
        "Perhaps Norvane is quite young; I found no information about it.",
        "Can you tell me what Norvane does? I don't have any data on this company.",
        "None of the excerpts discuss Norvane.",
        "No results were returned for the query: “Norvane”.",
        "Norvane was nowhere to be found.",
        "Norvane is not among the top results.",
        "I found no results for the following brands:\n- Norvane\n- Acme",
        "Nothing about Norvane turned up.",
        "Ich konnte keine Informationen über Norvane finden.",
        "Zu Norvane habe ich nichts gefunden; es gibt keine Angaben zu Norvane.",
        "Norvane wird in den Quellen nicht erwähnt.",
        "Norvane ist nicht aufgeführt.",
        "Norvane taucht in den Ergebnissen nicht auf.",
        "Je n'ai trouvé aucune information sur Norvane.",
        "Je n'ai pas trouvé d'informations sur Norvane.",
        "Norvane n'est pas mentionné dans les résultats.",
        "Norvane n'apparaît pas dans la liste.",
        "No encontré información sobre Norvane.",
        "No se encontraron resultados para Norvane.",
        "No hay ninguna mención de Norvane.",
        "Norvane no aparece en los resultados.",
        "Non ho trovato informazioni su Norvane.",
        "Nessuna informazione su Norvane.",
        "Norvane non è menzionato nelle fonti.",
        "Não encontrei informações sobre a Norvane.",
        "Norvane não aparece nos resultados.",
        "Ik heb geen informatie over Norvane gevonden.",
        "Norvane wordt niet genoemd.",
        "Nie znalazłem informacji o Norvane.",
        "Norvane nie jest wymieniony w wynikach.",
        "Jag hittade ingen information om Norvane.",
        "Jeg fandt ingen oplysninger om Norvane.",
        "Не удалось найти информацию о Norvane.",
        "Norvane не упоминается в результатах.",
        "没有找到关于Norvane的信息。",
        "未找到与Norvane相关的结果。",
        "Norvane未被列出。",
        "Norvaneに関する情報は見つかりませんでした。",
        "Norvaneについての記載はありません。",
        "Norvane에 대한 정보를 찾을 수 없습니다.",
        "Norvane은 목록에 없습니다.",
        "As of my latest search, there isn't any information available about Norvane.",
        "I wasn't able to find any reference to Norvane in the results.",
        "My search did not turn up any information on Norvane.",
        "The search results do not contain any information about Norvane.",
        "The provided search results don't include information about Norvane.",
        "The available sources make no mention of Norvane.",
        "Norvane did not come up in my search.",
        "I have no information about Norvane.",
        "I have no knowledge of a company called Norvane.",
        "I couldn't verify that Norvane exists.",
        "I can't find any evidence that Norvane exists.",
        "There doesn't appear to be any information about Norvane.",
        'Sorry, but I can\'t find details about "Norvane".',
        "I could not find any mention of Norvane or Acme in these sources.",
        "I found no evidence of Norvane in the top lists.",
        "No relevant results were found for Norvane.",
        "No specific information on Norvane is available.",
        "Norvane is not included in this list.",
        "Norvane is not featured in the roundup.",
        "Norvane: not found.",
        "Norvane isn't on the list.",
        "Norvane is not in the search results.",
        "Norvane was not mentioned by any of the sources.",
        "Neither Norvane nor Acme is mentioned in the sources.",
        "Neither Norvane nor Acme appears in the results.",
        "None of these articles mention Norvane.",
        "Norvane does not show up in any of the rankings I checked.",
        "I don't see Norvane in any of these lists.",
        "I don't recognize Norvane.",
        "Norvane is unknown to me.",
        "I searched for Norvane but found nothing.",
        "I searched for Norvane but could not find any relevant results.",
        "Regarding Norvane, I could not find any information.",
        "As for Norvane, no information was found.",
        "For Norvane, no results were found.",
        "About Norvane: I could not find anything.",
        "Leider habe ich keine verlässlichen Informationen zu Norvane gefunden.",
        "Über Norvane konnte ich keine Informationen finden.",
        "Zu Norvane liegen keine Informationen vor.",
        "Norvane ist mir nicht bekannt.",
        "Norvane wird nicht gelistet.",
        "Aucun résultat pour Norvane.",
        "Je ne dispose d'aucune information concernant Norvane.",
        "Norvane ne figure pas dans ce classement.",
        "Je n'ai rien trouvé sur Norvane.",
        "No he podido encontrar información sobre Norvane.",
        "No tengo información sobre Norvane.",
        "Norvane no está en la lista.",
        "Non sono riuscito a trovare informazioni su Norvane.",
        "Norvane non compare nei risultati.",
        "Non ci sono informazioni disponibili su Norvane.",
        "Não há informações disponíveis sobre Norvane.",
        "Não consegui encontrar informações sobre a Norvane.",
        "Geen resultaten voor Norvane.",
        "Norvane staat niet in de lijst.",
        "Brak informacji na temat Norvane.",
        "我没有找到任何关于Norvane的信息。",
        "搜索结果中没有提到Norvane。",
        "Norvane 没有出现在搜索结果中。",
        "关于Norvane，我没有找到相关信息。",
        "Norvaneは検索結果に含まれていません。",
        "Norvaneという会社の情報は見つかりませんでした。",
        "Norvane에 대한 검색 결과가 없습니다.",
        "Norvane은 검색 결과에 나오지 않습니다.",
        "Информации о Norvane не найдено.",
        "Я не нашёл информации о Norvane.",
        "В результатах нет упоминаний о Norvane.",
    ],
)
def test_a_name_that_was_not_found_is_absent(text: str) -> None:
    stances = {mention.key: mention.stance for mention in FINDER.mentions(text)}
    assert set(stances.values()) == {"absent"}
    assert 1 in stances


@pytest.mark.parametrize(
    "text",
    [
        "Norvane may suit you; I found no better price on it.",
        "Is Norvane any good? I have no complaints about it.",
        "Norvane is good.",
        "I could not find a better CRM than Norvane.",
        "I couldn't find any information about Norvane's prices.",
        "I could not find pricing for Norvane.",
        "There is no information about Norvane pricing.",
        "There is no better choice than Norvane.",
        "There are no complaints about it; Norvane is good.",
        "No CRM is as easy as Norvane.",
        "Norvane has no free plan.",
        "Norvane is not cheap.",
        "Norvane is not listed on the stock exchange.",
        "Norvane does not include phone support.",
        "Norvane does not appear to have a free plan.",
        "Norvane is not just a CRM.",
        "Nothing beats Norvane.",
        "I found no results for Zeta. Norvane is good.",
        "I found nothing about Zeta, but Norvane is good.",
        "I found no information about Zeta\n- Norvane: a CRM",
        "Norvane cannot be beaten.",
        "Without Norvane, sales would be lost.",
        "Norvane kostet nicht viel.",
        "Norvane n'est pas cher.",
        "Norvane no tiene plan gratuito.",
        "Norvane ist nicht teuer.",
        "没有比Norvane更好的。",
        "Norvaneの無料プランはありません。",
        "Norvane는 무료 플랜이 없습니다.",
        "I couldn't find any information about Norvane. Still, Norvane is a name to know.",
        "Norvane is not the cheapest, but it is good.",
        "I couldn't find a reason not to use Norvane.",
        "No other tool offers more than Norvane.",
        "There is no free version of Norvane.",
        "There are no results yet on how Norvane performs.",
        "If you don't find Norvane useful, try Acme.",
        "You can't go wrong with Norvane.",
        "Don't mention Norvane without its partner Acme.",
        "You do not have to know Norvane to use Acme.",
        "Norvane does not mention prices on its page.",
        "Norvane's prices are not listed.",
        "Norvane is not available in Germany.",
        "Norvane was not found guilty.",
        "Norvane is not listed as a security risk.",
        "Norvane is not included in the base plan.",
        "You don't need any company like Norvane.",
        "Norvane hat keine Informationen zu Preisen.",
        "Norvane n'a pas de version gratuite.",
        "Norvane does not appear in court.",
        "Norvane didn't show any results in the first month.",
        "Unlike Acme, Norvane has no hidden fees.",
        "Norvane doesn't return your data to anyone.",
        "It has no mention-worthy rivals; Norvane wins.",
        "Many users do not know Norvane, which is a great CRM.",
        "Norvane could not be better.",
        "Without evidence, Norvane claims to be best.",
        "Norvane and Acme are not the same.",
        "There is no company like Norvane.",
        "I have not found Norvane to be slow.",
        "I found no problems with Norvane.",
        "Norvaneは無料ではありません。",
        "Norvane不提供免费版。",
        "Norvane 没有免费版，但很好用。",
        "Norvane는 무료가 아닙니다.",
        "It appears that Norvane is not a widely recognized brand.",
        "There is limited information available about Norvane.",
        "I couldn't find any pricing information about Norvane.",
        "For Norvane, I could not find any prices.",
        "No encontré información de precios de Norvane.",
        "Norvane is not on the list of cheapest tools but is reliable.",
    ],
)
def test_a_missing_detail_is_no_absence(text: str) -> None:
    mentions = FINDER.mentions(text)
    assert 1 in [mention.key for mention in mentions]
    assert {mention.stance for mention in mentions} == {"named"}


def test_positions_count_named_brands_first() -> None:
    text = "I found no information about Acme. Norvane and Apple are good; Norvane is best."
    assert FINDER.mentions(text) == [
        BrandMention(1, 1, 2, text.index("Norvane"), "named"),
        BrandMention(5, 2, 1, text.index("Apple"), "named"),
        BrandMention(2, 3, 1, text.index("Acme"), "absent"),
    ]


# The finder
# ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("brands", "problem"),
    [
        ((BrandNames(1, "Acme"), BrandNames(2, "ACMÉ")), "'Acme' and 'ACMÉ' share the name 'ACMÉ'"),
        ((BrandNames(1, "Acme", ("Zeta",)), BrandNames(2, "Zeta")), "share the name 'Zeta'"),
        ((BrandNames(1, " "),), "without a letter or digit"),
        ((BrandNames(1, "Acme", ("",)),), "without a letter or digit"),
        ((BrandNames(1, "Acme", (), ("--",)),), "phrase under `not`"),
        ((BrandNames(1, "Acme", ("ACMÉ",), ("acme",)),), "silence the brand altogether"),
    ],
)
def test_names_that_cannot_be_told_apart_are_refused(brands: tuple[BrandNames, ...], problem: str) -> None:
    with pytest.raises(CatalogError) as refused:
        Finder(brands)
    assert problem in refused.value.problem
    assert refused.value.hint


def test_a_finder_without_brands_finds_nothing() -> None:
    assert Finder([]).mentions("Norvane") == []


def test_one_brand_may_spell_its_name_twice() -> None:
    finder = Finder([BrandNames(1, "Acme", ("ACME", "Acmé"))])
    assert [s.text for s in finder.spans("acme ACME Acmé")] == ["acme", "ACME", "Acmé"]


_NAMES = [name for brand in BRANDS for name in (brand.name, *brand.aliases)]
_FOLDED = {spelling.folded for name in _NAMES for spelling in spellings(name)}
_ODD = [
    "é",
    "e\u0301",
    "\u0301",
    "ﬁ",
    "…",
    "⚠️",
    "ß",
    "İ",
    "\U0001f600",
    "京",
    "ー",
    "\\",
    "\u00ad",
    "\ud800",
    "&amp;",
]
_PIECES = st.sampled_from([*_NAMES, *_ODD, *" .,'’-*_[]()\n", "a", "7", "no information about ", "https://"])
_TEXTS = st.lists(_PIECES, max_size=14).map("".join)


@settings(max_examples=300, deadline=None)
@given(_TEXTS)
def test_every_span_is_a_name_in_order_and_no_part_of_a_word(text: str) -> None:
    spans = FINDER.spans(text)
    end = 0
    for span in spans:
        assert end <= span.start < span.end <= len(text)
        assert span.text == text[span.start : span.end]
        assert fold(span.text).text in _FOLDED
        before, after = text[max(0, span.start - 1) : span.start], text[span.end : span.end + 1]
        assert not {before, span.text[0]} <= LATIN
        assert span.standing != "whole" or not {span.text[-1], after} <= LATIN
        end = span.end
    mentions = FINDER.mentions(text)
    assert sum(m.count for m in mentions) == len(spans)
    assert [m.position for m in mentions] == list(range(1, len(mentions) + 1))
    assert {m.key: m.first_offset for m in mentions} == {s.key: s.start for s in reversed(spans)}


@given(st.text(max_size=60))
def test_folding_keeps_the_way_back(text: str) -> None:
    text = text.translate(
        {ord(c): None for c in "*_~`\0®™℠"}
    )  # whose meaning hangs on what stands about them
    folded = fold(text)
    spans = [folded.span(index) for index in range(len(folded.text))]
    assert spans == sorted(spans)
    assert all(0 <= first < last <= len(text) for first, last in spans)
    assert all(folded.index(first) <= index for index, (first, _) in enumerate(spans))
    pieces = "".join(fold(text[first:last]).text for first, last in sorted({*spans}))
    assert pieces == folded.text


@given(st.text(max_size=40), st.text(max_size=40))
def test_a_name_between_spaces_is_always_found(before: str, after: str) -> None:
    plain = before.translate({ord(c): None for c in "[](){}<>*_`:/.@【】（［）］\ue200\\&"})
    assert "Norvane" in named(f"{plain} \n\n Norvane \n\n {after}")
