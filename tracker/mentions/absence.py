"""Statements that a name was *not* found: "no results for Norvane", "Norvane is not listed", and so on.

They are read around each place where a brand is named, in folded text in which names have become `NAME`: what stands before
it in the same sentence (with other names and filler words between, as in "nothing about Acme or Norvane"), or what follows. A missing
detail is no absence: "no information about Norvane's prices" and "Norvane has no free plan" name the brand.
"""

from __future__ import annotations

import re

NAME = "\x01"
_REACH = 160

_HINT = re.compile(
    r"\b(?:no|not|cannot|cant|none|nothing|never|unable|fail\w*|without|absent|missing|nowhere|lacks?|kein\w*|nichts?|"
    r"aucun\w*|pas|rien|ne|n|ningun\w*|nada|nessun\w*|non|nulla|niente|nao|nenhum\w*|geen|niet|niets|nie|brak|nic|"
    r"inte|ingen|inga|inget|ikke|intet|ingenting|не|нет|ничего|ни)\b|n't|没|沒|无|無|未|不|找|ませ|な[いかく]|없|못|않"
)
_SENTENCE_END = re.compile(r"[!?。！？;；\n](?!$)|\.(?=\s)")

# A list of bare names after a colon belongs to the sentence that the colon ends.
_LISTED = re.compile(r":[*_]*\s*\n(?:[\s\-*•\d.)_]*\x01[*_\s.,;]*\n)*[\s\-*•\d.)_]*$")

_ADJECTIVES = r"(?:\w+ly |any |much |enough |a |the |such |further |more |other |of |single |sign of |(?:\w+(?:-\w+)*,? ){0,2}?)"
_FACTS = (
    r"(?:information|info|details?|data|results?|references?|mentions?|evidence|anything|records?|sources?|coverage|"
    r"documentation|documents?|listings?|entry|entries|trace|match(?:es)?|articles?|pages?|content|citations?|hits?|knowledge|"
    r"company|brand|product|tool|platform|service|business|software|app|provider|vendor|firm|organi[sz]ation)"
)
_ABOUT = (
    r"(?: (?:available|online|published|publicly available|specifically|found|returned|in \w+(?: \w+){0,3}))?"
    r" (?:about|on|for|of|to|regarding|concerning|related to|relating to|referring to|pertaining to|covering|with the name|"
    r"that (?:mention|list|reference|discuss|cover)s?|mentioning|named|called|matching|under the name)"
)
_CANNOT = (
    r"(?:could not|couldn't|can not|cannot|can't|did not|didn't|do not|don't|does not|doesn't|was not able to|wasn't able to|am not able to|"
    r"'m not able to|was unable to|were unable to|am unable to|'m unable to|unable to|failed to|have not|haven't|has not|hasn't)"
    r"(?: been able to)?(?: \w+ly| yet| even)?"
)
_FIND = (
    r"(?:find|found|locate|located|identify|identified|see|seen|have|retrieve|retrieved|discover|uncover|surface|turn up|turned up|"
    r"come across|came across|return|returned|yield|yielded|contain|provide|show|give|include|mention|bring up|spot)"
)
# Between the statement and the name; other names, quotes and emphasis too, as in: nothing about "Acme", Zeta or a tool called Norvane.
_FILLER = (
    r"(?:[\s,\"'“”„«»‹›「」『』()*_`:\-–—•/&\[\]]|"
    + NAME
    + r"|\b(?:the|a|an|any|this|that|these|brand|company|companies|product|products|"
    r"tool|tools|software|platform|service|app|provider|vendor|business|firm|startup|organi[sz]ation|specific|specifically|"
    r"particular|\w{2,20} (?:named|called)|named|called|name|term|either|or|and|nor|of|in|question|following|brands|"
    r"der|die|das|den|dem|dasunternehmen|unternehmen|firma|marke|produkt|und|oder|namens|la|le|les|l|d|de|du|des|entreprise|marque|"
    r"societe|nommee?|appelee?|et|ou|el|los|las|una?|empresa|marca|llamad[oa]|y|o|del|il|lo|azienda|chiamat[oa]|e|"
    r"do|da|os|as|um|uma|chamad[oa]|het|een|bedrijf|merk|genaamd|en|of|firmy?|marki|i|lub|foretaget|varumarket|och|eller|"
    r"virksomheden|og|компани\w+|бренд\w*|сервис\w*|и|или)\b)*$"
)
_DIRECT = (
    r"^(?:[\"'”’»*_)\]]|\s*\([^)]{0,60}\))*\s*(?:$|[.,;:!?)\]—–\-]|"
    + NAME
    + (
        r"|(?:in|on|among|amongst|within|at|as|by|from|or|and|nor|either|that|which|specifically|itself|being|to|here|there|anywhere|listed|"
        r"mentioned|was|were|is|are|could|can|has|have|exists?|turned|came|showed|appeared|online|so|but|though|although|because|available|using|with|under|when|after|during|via|yet)\b)"
    )
)


def _before(*patterns: str) -> re.Pattern[str]:
    return re.compile("(?:" + "|".join(patterns) + ")" + _FILLER)


_ENGLISH_BEFORE = _before(
    rf"\b{_CANNOT} {_FIND} {_ADJECTIVES}{{0,4}}{_FACTS}{_ABOUT}",
    rf"\b{_CANNOT} (?:find|found|locate|located|identify|identified|see|retrieve|recogni[sz]e|know(?: of| about)?|come across)(?: any)?",
    rf"\bno (?:\w+(?:-\w+)? ){{0,3}}?{_FACTS}(?: (?:was|were|is|are|has been|have been)(?: \w+)?)?{_ABOUT}",
    r"\b(?:nothing|anything)(?: \w+){0,3}? (?:about|on|for|regarding|concerning|mentioning)",
    r"\bnot (?:aware of|familiar with|find|mention|mentioning|able to find)(?: any)?",
    rf"\bnot have (?:\w+ ){{0,4}}{_FACTS}{_ABOUT}",
    r"\bnone of \w+ (?:\w+ ){0,6}?(?:mention|mentions|mentioned|list|lists|include|includes|included|reference|references|name|cite|feature)s?",
    r"\b(?:results?|sources?|lists?|articles?|pages?|rankings?|documents?|search|snippets?|they|reviews?|roundups?|guides?) "
    r"(?:do not|don't|does not|doesn't|did not|didn't) (?:\w+ly )?(?:mention|list|include|reference|contain|feature|cover|name|show)",
    r"\b(?:do not|don't|does not|doesn't|did not|didn't) (?:\w+ly )?mention",
    r"\b(?:lacks?|without)(?: any)? (?:mention|reference|information)s? (?:of|to|about|on)",
    r"\bnever heard of",
)
_OTHER_BEFORE = _before(
    # German
    r"\bkein(?:e|en|er|erlei)? (?:\w+ ){0,3}?(?:informationen?|infos?|angaben|hinweise?|ergebnisse?|daten|treffer|erwahnung(?:en)?|details|"
    r"quellen?|eintrage?|belege?|resultate?)(?: \w+)? (?:uber|zu|zum|zur|fur|von|auf|bezuglich|mit)",
    r"\bnichts(?: \w+){0,2}? (?:uber|zu|zum|zur|von)",
    r"\bkenne (?:ich )?(?:leider )?kein\w*",
    # French
    r"\b(?:aucune?|pas (?:trouve |pu trouver |de |d'|trouve de |trouve d'|pu trouver de |pu trouver d'|d')?)\s?(?:\w+ ){0,2}?"
    r"(?:informations?|resultats?|mentions?|donnees?|references?|traces?|details?|sources?|articles?)(?: \w+){0,3}? "
    r"(?:sur|pour|de|d|concernant|a propos de|au sujet de|relative\w? a|a)\b",
    r"\brien (?:trouve )?(?:sur|concernant|a propos de|au sujet de)",
    r"\bne connais pas",
    # Spanish
    r"\b(?:no|ningun\w*|sin)\b (?:\w+ ){0,4}?(?:informacion|resultados?|mencion(?:es)?|referencias?|datos|detalles|registros?)(?: \w+){0,2}? "
    r"(?:sobre|de|del|acerca de|para|a|en relacion con|respecto a|relacionad\w+ con)",
    r"\bno (?:\w+ ){0,3}?nada (?:sobre|de|acerca de|relacionado con)",
    r"\bno conozco(?: a)?",
    # Italian
    r"\b(?:non|nessun\w*|alcun\w*)\b (?:\w+ ){0,5}?(?:informazion[ie]|risultat[oi]|menzion[ei]|riferiment[oi]|dat[oi]|notizi[ae])(?: \w+){0,2}? "
    r"(?:su|sul|sulla|per|di|a|riguardo a|riguardant[ei]|relativ\w a|riguardo)",
    r"\b(?:nulla|niente) (?:su|sul|sulla|riguardo a|di)",
    # Portuguese
    r"\b(?:nao|nenhum\w*|sem)\b (?:\w+ ){0,5}?(?:informac(?:ao|oes)|resultados?|menc(?:ao|oes)|referencias?|dados|registros?)(?: \w+){0,2}? "
    r"(?:sobre|de|do|da|para|a|acerca de|relacionad\w+ a)",
    r"\bnao (?:\w+ ){0,3}?nada (?:sobre|de|do|da)",
    # Dutch
    r"\bgeen (?:\w+ ){0,3}?(?:informatie|resultaten|vermelding(?:en)?|gegevens|verwijzing(?:en)?|details|bronnen|treffers)(?: \w+){0,2}? "
    r"(?:over|voor|van|naar|met betrekking tot)",
    r"\bniets (?:\w+ )?(?:over|van)",
    # Polish
    r"\b(?:nie|brak|zadnych)\b (?:\w+ ){0,4}?(?:informacji|wynikow|wzmian\w+|danych|odniesien)(?: \w+)? (?:o|na temat|dla|dotyczacych|do)",
    r"\bnic (?:o|na temat)",
    # Swedish, Danish, Norwegian
    r"\b(?:inte|ikke|ingen|inga|inget|noen|nogen)\b (?:\w+ ){0,4}?(?:information|uppgifter|resultat\w*|omtale\w*|omnamnande\w*|oplysninger|"
    r"opplysninger|informasjon|treff|traffar|referens\w*)(?: \w+)? (?:om|for|pa|av|af|til)",
    r"\b(?:inte|ikke) (?:hitta|finne|finde)",
    # Russian
    r"\b(?:не|нет|никак\w*|отсутству\w+)\b (?:\w+ ){0,4}?(?:информаци\w+|данны\w+|упоминани\w+|сведени\w+|результат\w*)(?: \w+)? (?:о|об|по|про|для)",
    r"\bничего (?:\w+ ){0,2}?(?:о|об|про)",
    # Chinese
    r"(?:没有?|未能?|无法|沒有?|無法|不能)(?:能够?|搜索|检索)?(?:找到|查到|搜索到|检索到|搜到|搜尋到|發現|发现|提到|提及|列出|查询到|獲得|获得)"
    r"(?:任何|到)?(?:与|與|关于|關於|有关|有關|对|對|针对)?",
    r"(?:找不到|查不到|搜不到|不了解|不知道)(?:任何)?(?:与|與|关于|關於|有关|有關)?",
    r"(?:没有|沒有|无|無)(?:任何)?(?:关于|關於|有关|有關|与|與)",
)

_NOT_EN = r"(?: \w+ly| even| yet| being| currently| itself)*"
_BE_NOT = r"(?:(?:is|was|are|were|has been|have been) not|(?:is|was|are|were)n't|(?:has|have) not been|(?:has|have)n't been|'s not)"
_PLACES = (
    r"(?:\s*$|\s*[.;!?,)—–:]|\s+(?:here|there|anywhere|at all|either|explicitly|specifically|directly|individually|by name|among|yet|but|and|or)\b|"
    r"\s+(?:in|on|within|by|as part of|from|under|as)\s+(?:[\w'-]+\s+){0,6}?(?:results?|sources?|lists?|listings?|search(?:es)?|rank\w*|articles?|"
    r"pages?|documents?|reviews?|roundups?|comparisons?|databases?|materials?|guides?|data|web|internet|reports?|snippets?|references?|"
    r"director(?:y|ies)|above|below|them|these|those|any|top|context|information|text|citations?)\b)"
)
_ENGLISH_AFTER = (
    rf"\s*(?:{_BE_NOT}){_NOT_EN} (?:listed|mentioned|found|included|featured|ranked|referenced|named|present|covered|shown|cited|discussed|identified|"
    rf"represented|reviewed)(?:,? (?:or|nor|and) \w+)?{_PLACES}",
    rf"\s*(?:{_BE_NOT}){_NOT_EN} (?:among|amongst|in|on|part of) (?:[\w'-]+\s+){{0,4}}?(?:results?|sources?|lists?|rank\w*|articles?|top|roundups?|them|these|those)\b",
    rf"\s*(?:{_BE_NOT}){_NOT_EN} (?:a|an) (?:[\w-]+ ){{0,5}}?(?:i(?:'m| am)? (?:\w+ )?(?:recogni[sz]e|know|aware|familiar))",
    rf"\s*(?:does not|doesn't|did not|didn't|do not|don't){_NOT_EN} (?:appear|show up|come up|turn up|feature|surface|rank|figure)(?: to be (?:listed|mentioned|included|"
    rf"featured|a (?:real|known|recogni[sz]ed|widely|well-known)))?(?! to\b){_PLACES}",
    r"\s*(?:could not|couldn't|cannot|can't|can not) be (?:found|located|identified|verified)",
    r"\s*(?:is|was|were|are) (?:notably |completely |also )?(?:absent|missing) from",
    r"\s*(?:is|was|were) nowhere to be (?:found|seen)",
    r"\s*(?:has|had|have|got|gets|yields|yielded|returns|returned) no (?:\w+ )?(?:results?|mentions?|matches|hits|search results?)\b",
    r":? (?:no (?:\w+ )?(?:results?|mentions?|information|data|matches)(?: found| available)?|not (?:found|mentioned|listed))\s*(?:$|[.,;|)])",
    r"\s*\|\s*(?:not (?:found|mentioned|listed)|no mentions?)\b",
)
_OTHER_AFTER = (
    # German
    r"\s*(?:\w+ ){0,2}?(?:wird|wurde|werden|wurden|ist|sind|taucht|kommt|erscheint|findet)\b(?: \w+){0,5}? nicht(?: \w+){0,4}? "
    r"(?:erwahnt|aufgefuhrt|gelistet|aufgelistet|genannt|gefunden|enthalten|vertreten|auf|vor|bekannt|verzeichnet|dabei|berucksichtigt)\b",
    r"\s*(?:\w+ ){0,3}?(?:taucht|kommt|erscheint|findet sich|ist mir)\b(?: \w+){0,5}? nicht\b(?: (?:auf|vor|bekannt|dabei))?\s*(?:$|[.,;)])",
    r"\s*(?:leider )?(?:(?:\w+ ){0,5}?(?:nichts?|keine \w+) (?:finden|gefunden|auffinden|ausfindig))",
    # French
    r"\s*(?:n'|ne )(?:est|sont|a|ont|apparait|apparaissent|figure|figurent|semble)(?: pas| aucunement)(?: ete)?(?:$|[.,;]| (?:\w+ ){0,2}?(?:mentionn|repertori|cit|list|"
    r"inclus|present|reference|trouv|dans|parmi|sur))",
    # Spanish, Portuguese
    r"\s*(?:no|nao) (?:aparece|figura|consta|se menciona|se encuentra|se encontro|esta (?:listad|incluid|mencionad|list)|e (?:mencionad|citad|listad)|es mencionad|"
    r"fue (?:mencionad|encontrad|incluid)|foi (?:mencionad|encontrad|incluid|citad)|ha sido mencionad|esta entre|esta na lista|esta en la lista)",
    # Italian
    r"\s*non (?:compare|figura|appare|risulta|e (?:stat\w )?(?:elencat|menzionat|citat|inclus|present|trovat)|viene (?:menzionat|citat|elencat))",
    # Dutch
    r"\s*(?:wordt|werd|is|staat|komt|zijn|worden)\b(?: \w+){0,5}? niet(?: \w+){0,4}? (?:genoemd|vermeld|gevonden|opgenomen|voor|bekend|aanwezig)\b",
    r"\s*(?:staat|komt)\b(?: \w+){0,3}? niet (?:in|op|voor|tussen)\b",
    # Polish
    r"\s*nie (?:jest|zostal\w*|pojawia|figuruje|wystepuje|znajduje)\b(?: sie)?(?:$|[.,;]| (?:\w+ ){0,2}?(?:wymieni|wspomnia|uwzgledni|w |na |wsrod))",
    # Swedish, Danish, Norwegian
    r"\s*(?:namns|omnamns|finns|nevnes|omtales|naevnes|listas|listes|forekommer|dukker|hittades|finnes|star|er|ar|ble|blev)\b(?: \w+){0,2}? (?:inte|ikke)\b"
    r"(?:\s*$|[.,;]| (?:\w+ ){0,2}?(?:med|i|pa|opp|op|namnd|nevnt|naevnt|listad|fundet|funnet|blant|blandt|bland))",
    # Russian
    r"\s*не (?:упомина\w+|упомянут\w*|найден\w*|указан\w*|представлен\w*|фигурирует|значится|входит|встречается|числится|обнаружен\w*|появля\w+)",
    # Chinese
    r"的?(?:相关|相關|有关|有關)?(?:信息|資訊|资讯|资料|資料|内容|內容|结果|結果|记录)?[^。，；\n]{0,6}?(?:并未|並未|没有|沒有|未|不)(?:被|能)?"
    r"(?:在[^。，；\n]{0,12})?(?:列出|提及|提到|列入|找到|出现|出現|收录|收錄|包含|入选|入選|上榜|查到|在列)",
    r"的?(?:相关|相關|有关|有關)?(?:信息|資訊|资料|資料|内容|結果|结果)(?:找不到|查不到)",
    # Japanese
    r"[」』\"”]?(?:という[^。、\n]{0,8}?)?(?:に関する|について|についての|に関連する|の|を)?(?:具体的な|詳しい|公式)?(?:情報|検索結果|結果|記載|言及|データ|記事)?(?:は|が|を|も)?[^。\n、]{0,10}?"
    r"(?:見つかりません|見つけられません|見当たりません|確認できません|見つけることができません|見つかりませんでした|見つからな|見当たらな|確認できな)",
    r"[」』\"”]?(?:に関する|について|についての|の)(?:情報|検索結果|結果|記載|言及|データ|記事)(?:は|が|も)?[^。\n、]{0,8}?(?:ありません|なかった|存在しません|ない)",
    r"[」』\"”]?(?:は|が|も)[^。\n]{0,18}?(?:記載されてい|掲載されてい|含まれてい|登場し|言及されてい|挙げられてい|リストに)(?:ません|ない|ありません)",
    # Korean
    r"[\"'”’]?(?:에 ?대한|에 ?관한|에 ?대해|관련|의)?\s*(?:구체적인 |공식 )?(?:정보|검색 ?결과|결과|자료|언급|내용)(?:를|을|는|은|가|이|도)?[^.\n]{0,12}?"
    r"(?:찾을 수 없|찾지 못|없습니다|없었|없다|확인되지|발견되지|확인할 수 없)",
    r"[\"'”’]?(?:은|는|이|가|을|를)?[^.\n]{0,14}?(?:언급되지|포함되지|나열되지|등재되지|나오지|등장하지|목록에 없|찾을 수 없|찾지 못|포함되어 있지)",
)
_AFTER = re.compile(
    r"[\"'”’»*_)\]]*(?:\s*\([^)]{0,60}\))?(?:(?:,? (?:and|or|nor|und|oder|et|ou|y|o|e|en|of|i|och|eller|og|и|или) |, )?[\"'“„«*_]*\x01[\"'”’»*_]*)*(?:"
    + "|".join((*_ENGLISH_AFTER, *_OTHER_AFTER))
    + ")"
)
_HERE_AFTER = re.compile(_DIRECT)


def is_absent(marked: str, place: int) -> bool:
    """Whether the `NAME` at `marked[place]` stands in a statement of absence."""
    before = _sentence_before(marked, place)
    after = _sentence_after(marked, place)
    if not _HINT.search(before) and not _HINT.search(after):
        return False
    if _OTHER_BEFORE.search(before) or (_ENGLISH_BEFORE.search(before) and _HERE_AFTER.match(after)):
        return True
    return _AFTER.match(after) is not None


def _sentence_before(marked: str, place: int) -> str:
    window = _LISTED.sub(": ", marked[max(0, place - _REACH) : place])
    ends = [match.end() for match in _SENTENCE_END.finditer(window)]
    return window[ends[-1] :] if ends else window


def _sentence_after(marked: str, place: int) -> str:
    window = marked[place + 1 : place + 1 + _REACH]
    end = _SENTENCE_END.search(window)
    return window[: end.start() + 1] if end else window
