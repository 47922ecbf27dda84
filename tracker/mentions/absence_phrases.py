"""The phrases of absence by language: regular expressions over folded text (no accents, small letters), names
being `NAME`.

`BEFORE` ends at a name, `AFTER` begins behind it, and a pair in `AROUND` does both.
"""

from __future__ import annotations

import re

from tracker.mentions import absence_abroad
from tracker.mentions.absence_hints import NAME


def _any(*words: str) -> str:
    return "(?:" + "|".join("|".join(group.split()) for group in words) + ")"


# Between a statement and a name: other names, quotation marks, emphasis, articles, "the company called".
_FILLER = (
    rf"(?:[\s,\"'“”„«»‹›「」『』()*_`:\-–—•/&\[\]]|{NAME}|\b(?:\w{{2,20}} (?:named|called)|"
    + _any(
        "the a an any this that these brand company companies product products tool tools software platform "
        "service app",
        "provider vendor business firm startup organi[sz]ation specific specifically particular named called "
        "name term",
        "either or and nor of in question following brands query search keyword phrase",
        "der die das den dem unternehmen firma marke produkt und oder namens",
        "la le les l d de du des entreprise marque societe nommee? appelee? et ou",
        "el los las una? empresa marca llamad[oa] y o del il lo azienda chiamat[oa] e do da os as um uma "
        "chamad[oa]",
        "het een bedrijf merk genaamd en firm(?:ie|y|e|a)? mark(?:i|e|a) i lub foretaget varumarket och",
        "eller virksomheden og",
        r"компани\w+ бренд\w* сервис\w* и или",
    )
    + r")\b)*$"
)
# The same behind a name: "Norvane (a CRM), Acme and Zeta are not listed".
_OTHERS = (
    rf"[\"'”’»*_)\]]*(?:\s*\([^)]{{0,60}}\))?(?:(?:,? "
    rf"{_any('and or nor und oder et ou y o e en of i och eller og и или')} |, )?"
    rf"[\"'“„«*_]*{NAME}[\"'”’»*_]*)*"
)


def _before(*patterns: str) -> re.Pattern[str]:
    return re.compile(f"(?:{'|'.join(patterns)}){_FILLER}")


def _after(*patterns: str) -> re.Pattern[str]:
    return re.compile(f"{_OTHERS}(?:{'|'.join(patterns)})")


# English

_LIKE = (
    r"(?:\w+ly,? |"
    + _any(
        "any much enough a the such further more other of single sign specific relevant reliable detailed "
        "credible verifiable",
        "public available official concrete direct clear current recent substantial additional independent "
        "trustworthy useful",
        "up-to-date search general web online explicit meaningful particular definitive authoritative "
        "published known",
    )
    + r",? (?:and |or )?){0,5}"
)
_FACTS = _any(
    "information info details? data results? references? mentions? evidence anything records? sources? "
    "coverage documentation",
    "documents? listings? entry entries trace match(?:es)? articles? pages? content citations? hits? "
    "knowledge",
)
_ABOUT = (
    r"(?: (?:available|online|published|specifically|found|returned|(?:was|were|is|are)(?: \w+)?|in \w+(?: "
    r"\w+){0,3})){0,2}"
    r" (?:about|on|for|of|to|regarding|concerning|(?:related|relating|referring|pertaining) to|covering|"
    r"mentioning|matching|"
    r"that (?:mention|list|reference|discuss|cover)s?)"
)
_CANNOT = (
    r"(?:(?:could|can|did|do|does|was|were|am|have|has) ?(?:not|n't)|can't|cannot|(?:was|were|am|'m|is) not "
    r"able to|"
    r"(?:was|were)n't able to|unable to|fail(?:ed|s)? to)(?: (?:be |been )?able to)?(?: \w+ly| yet| even)?"
)
_FIND = _any(
    "find found locate located identify identified see seen have retrieve retrieved discover uncover surface "
    "return returned",
    "yield yielded contain provide show give include mention spot",
).replace(")", "|turn up|turned up|come across|came across|bring up)")
_SPOT = r"(?:find|found|locate|located|identify|identified|see|retrieve|come across|came across|spot)"
_LISTED = _any(
    "listed mentioned found included featured ranked referenced named present covered shown cited discussed "
    "identified",
    "represented reviewed",
)
_LISTS = _any(
    r"results? sources? lists? listings? search(?:es)? rank\w* articles? pages? documents? reviews? "
    r"roundups? comparisons?",
    r"databases? materials? guides? data web internet reports? snippets? references? director(?:y|ies) above "
    r"below them these",
    "those any top context information text citations?",
    r"research findings? recommendations? suggestions? options? quer(?:y|ies)",
)
_NOT = (
    r"(?:(?:(?:is|was|are|were)(?: not|n't)|(?:has|have)(?: not|n't) been|'s not)"
    r"(?: \w+ly| even| yet| being| itself)*)"
)
_DOES_NOT = r"(?:does|did|do)(?: not|n't)(?: \w+ly| even| yet)*"
_PLACES = (
    r"(?:\s*$|\s*[.;!?,)—–:]|\s+(?:here|there|anywhere|at all|either|explicitly|specifically|directly|"
    r"individually|by name|"
    rf"among|yet|but|and|or)\b|\s+(?:in|on|within|by|as part of|from|under|"
    rf"as)\s+(?:[\w'-]+\s+){{0,6}}?{_LISTS}\b)"
)
# What may follow a name of which nothing was found; a noun or 's would make it a detail ("about Norvane
# pricing").
_CLOSED = rf"(?:[\"'”’»*_)\]]|\s*\([^)]{{0,60}}\))*\s*(?:$|[.,;:!?)\]—–\-。，、！？]|{NAME}|"
_AFTER_FACTS = re.compile(
    _CLOSED
    + _any(
        "in on among amongst within at as by from or and nor either that which specifically itself being to "
        "here there",
        "anywhere listed mentioned was were is are could can has have turned came showed appeared online so "
        "but though",
        "although because available using with under when after during via yet off",
    )
    + r"\b)"
)
_AFTER_OBJECT = re.compile(
    _CLOSED
    + _any(
        "in on among amongst within or and nor either here there anywhere listed mentioned online so but "
        "though because"
    )
    + r"\b)"
)
_TURNED_UP = (
    r"(?:\w+ )?(?:found|listed|available|mentioned|known|published|turned|come|came|shown|"
    r"returned|written|be|been)\b"
)
_TELLING = _any(
    "results? sources? lists? articles? pages? rankings? documents? search snippets? they reviews? guides?"
)
_NO_FACTS = (
    rf"(?:{_CANNOT} {_FIND} {_LIKE}{_FACTS}|no {_LIKE}{_FACTS}|found nothing(?: \w+)?|nothing|came "
    rf"up empty|no luck)"
    rf"(?: (?:was|were|is|are|has been|came up|turned up)\b(?: \w+)?)?{_PLACES}"
)
_ENGLISH_AROUND = (
    (
        _before(
            rf"\b{_CANNOT} {_FIND} {_LIKE}{_FACTS}{_ABOUT}",
            rf"\b(?:no|is not|isn't|are not|aren't|(?:appear|seem)s? to be|not have|nor) "
            rf"{_LIKE}{_FACTS}{_ABOUT}",
            rf"\b(?:not|n't) (?:appear|seem) to be {_LIKE}{_FACTS}{_ABOUT}",
            rf"\b(?:no|{_CANNOT} {_FIND})(?: \w+){{0,3}} (?:named|called|known as|by the name of|under the "
            rf"name(?: of)?)",
            r"\b(?:not|n't) (?:aware of|familiar with|mention|mentioning)(?: any)?",
            r"\bnone of \w+ (?:\w+ ){0,6}?(?:mention|list|include|reference|name|cite|feature|"
            r"discuss|cover|contain|address|describe|refer to|talk about)(?:s|es|ed|d)?",
            rf"\b{_TELLING} "
            rf"{_DOES_NOT} (?:mention|list|include|reference|contain|feature|cover|name|show)",
            r"\b(?:lacks?|without)(?: any)? (?:mention|reference|information)s? (?:of|to|about|on)",
            r"\bnever heard of",
            r"\bc[ao]me up empty (?:(?:when |while )?(?:search\w+|look\w+) )?(?:on|for|with)",
        ),
        _AFTER_FACTS,
    ),
    (
        _before(r"\bnothing(?: \w+){0,3}? (?:about|on|for|regarding|concerning|mentioning)"),
        re.compile(
            rf"(?!{_OTHERS} (?:is|was|are|were|has|have|can|could) (?!{_TURNED_UP}))" + _AFTER_FACTS.pattern
        ),
    ),
    (
        _before(rf"\b{_CANNOT} {_SPOT}(?: any)?", rf"\bi {_DOES_NOT} (?:know(?: of| about)?|recogni[sz]e)"),
        _AFTER_OBJECT,
    ),
    (
        _before(r"\b(?:verify|confirm|evidence|indication|sign|proof)(?: that| whether| if)"),
        re.compile(rf"{_OTHERS}\s*(?:exists?\b|is (?:an? )?(?:real|actual|existing|legitimate)\b)"),
    ),
    (
        _before(r"\b(?:search\w*|look\w*|check\w*|quer\w+)(?: up)?(?: for| on)?"),
        re.compile(rf"{_OTHERS},? (?:but|and|yet|though)(?: \w+){{0,3}}? {_NO_FACTS}"),
    ),
    (
        _before(
            r"(?:^|[:,;(] ?)[\W_]*(?:regarding|as for|as to|about|on|for|concerning|when it comes to|with "
            r"regard to)"
        ),
        re.compile(rf"{_OTHERS}[,:]? (?:(?:i|we|there|the \w+|my \w+)(?: \w+){{0,3}}? )?{_NO_FACTS}"),
    ),
    (
        _before(r"\bneither"),
        re.compile(
            rf"{_OTHERS}\s*(?:(?:is|was|are|were|has been|have been) {_LISTED}|(?:appear|show|turn|come)(?:s|"
            rf"ed)?(?: up)?){_PLACES}"
        ),
    ),
)
_ENGLISH_AFTER = (
    rf"\s*{_NOT} {_LISTED}(?! on (?:\w+ ){{0,3}}(?:exchanges?|nasdaq|nyse|markets?)\b)"
    rf"(?:,? (?:or|nor|and) \w+)?{_PLACES}",
    rf"\s*{_NOT} (?:among|amongst|in|on|part of) (?:[\w'-]+\s+){{0,4}}?"
    r"(?:results?|sources?|lists?(?! of (?:the )?\w+(?:est\b|ed\b))|rank\w*|articles?|top|roundups?|them|"
    r"these|those|options|suggestions|"
    r"(?:recommended|listed|mentioned|suggested|named) (?:\w+ )?\w+s)\b",
    rf"\s*{_NOT} (?:a|an) (?:[\w-]+ ){{0,5}}?i(?:'m| am)? (?:\w+ )?(?:recogni[sz]e|know|aware|familiar)",
    rf"\s*{_DOES_NOT} (?:appear|show up|come up|turn up|feature|surface|rank|figure)"
    rf"(?: to be (?:{_LISTED}|an? (?:real|known|recogni[sz]ed|existing)))?(?! to\b){_PLACES}",
    r"\s*(?:could|can)(?: not|'t|n't|not) be (?:found|located|identified|verified)",
    r"\s*(?:is|was|were|are|(?:seem|appear)s? to be) (?:notably |completely |also )?(?:absent|missing) from",
    r"\s*(?:is|was|were) nowhere to be (?:found|seen)",
    r"\s*(?:is|are) (?:unknown|unfamiliar) to me\b",
    r"\s*(?:has|had|have|gets?|got|yields?|yielded|returns?|returned) no (?:\w+ )?(?:results?|mentions?|"
    r"match(?:es)?|hits?)\b",
    r"\s*(?::|\||[-–—]) ?(?:no (?:\w+ )?(?:results?|mentions?|information|data|matches)(?: found| "
    r"available)?|"
    r"not (?:found|mentioned|listed))\s*(?:$|[.,;|)])",
)

# Other languages

_ROMANCE_LIKE = (
    r"(?: "
    + _any(
        r"disponib\w+ disponiv\w+ especific\w+ specifi\w+ relevante?s? rilevant\w+ pertinente?s? fiable?s? "
        r"affidabil\w+ confia\w+",
        r"concret\w+ public\w+ detallad\w+ detalhad\w+ detaillee?s? dettagliat\w+ precis\w+ official\w+ "
        r"oficia\w+ ufficial\w+ recent\w+",
    )
    + r"){0,2}"
)
_FRENCH_FACTS = (
    r"(?:informations?|resultats?|mentions?|donnees?|references?|traces?|details?|sources?|articles?)"
)
_SPANISH_FACTS = r"(?:informacion|resultados?|mencion(?:es)?|referencias?|datos|detalles|registros?)"
_ITALIAN_FACTS = r"(?:informazion[ie]|risultat[oi]|menzion[ei]|riferiment[oi]|dat[oi]|notizi[ae])"
_PORTUGUESE_FACTS = r"(?:informac(?:ao|oes)|resultados?|menc(?:ao|oes)|referencias?|dados|registros?)"
_GERMAN_FACTS = (
    r"(?:informationen?|infos?|angaben|hinweise?|ergebnisse?|daten|treffer|erwahnung(?:en)?|details|quellen?|"
    r"eintrage?|belege?|resultate?)"
)
_DUTCH_FACTS = (
    r"(?:informatie|resultaten|vermelding(?:en)?|gegevens|verwijzing(?:en)?|details|bronnen|treffers)"
)
_NORDIC_FACTS = (
    r"(?:information|uppgifter|resultat\w*|omtale\w*|omnamnande\w*|oplysninger|opplysninger|informasjon|treff|"
    r"traffar|referens\w*)"
)
_POLISH_FACTS = r"(?:informacji|wynikow|wzmian\w+|danych|odniesien)"
_RUSSIAN_FACTS = r"(?:информаци\w+|данны\w+|упоминани\w+|сведени\w+|результат\w*)"
_CHINESE_FACTS = r"(?:数据|數據|信息|資訊|资讯|资料|資料|内容|內容|结果|結果|记录|記錄)"
_JAPANESE_FACTS = r"(?:情報|記述|検索結果|結果|記載|言及|データ|記事)"
_KOREAN_FACTS = r"(?:정보|검색 ?결과|결과|자료|언급|내용)"
_CHINESE_NONE = r"(?:没有?|未能?|无法|沒有?|無法|不能)"
_CHINESE_FOUND = (
    r"(?:找到|查到|搜索到|检索到|搜到|搜尋到|發現|发现|提到|提及|列出|查询到|查詢到|獲得|获得|"
    r"列入|出现|出現|收录|收錄|包含|入选|入選|上榜|在列)"
)

BEFORE = _before(
    # German
    rf"\bkein(?:e|en|er|erlei)? (?:\w+ ){{0,3}}?{_GERMAN_FACTS}(?: \w+)? (?:uber|zu|zum|zur|fur|von|auf|"
    rf"bezuglich|mit)",
    r"\bnichts(?: \w+){0,2}? (?:uber|zu|zum|zur|von)",
    r"\bkenne (?:ich )?(?:leider )?kein\w*",
    # French
    rf"\b(?:aucune?|pas)\b(?: (?:pu|trouve|trouver|de|d'|d))*(?: ?\w+){{0,1}}? "
    rf"?{_FRENCH_FACTS}{_ROMANCE_LIKE} "
    r"(?:sur|pour|de|d|concernant|a propos de|au sujet de|relative\w? a)\b",
    r"\brien (?:pu )?(?:trouver? )?(?:sur|concernant|a propos de|au sujet de)",
    r"\bne connais pas",
    # Spanish
    rf"\b(?:no|ningun\w*|sin)\b (?:\w+ ){{0,4}}?{_SPANISH_FACTS}{_ROMANCE_LIKE} "
    r"(?:sobre|de|del|acerca de|para|en relacion con|respecto a|relacionad\w+ con)",
    r"\bno (?:\w+ ){0,3}?nada (?:sobre|acerca de|relacionado con)",
    r"\bno conozco(?: a)?",
    # Italian
    rf"\b(?:non|nessun\w*)\b (?:\w+ ){{0,5}}?{_ITALIAN_FACTS}{_ROMANCE_LIKE} "
    r"(?:su|sul|sulla|per|di|a|riguardo a|riguardant[ei]|relativ\w a)",
    r"\b(?:nulla|niente) (?:su|sul|sulla|riguardo a)",
    # Portuguese
    rf"\b(?:nao|nenhum\w*|sem)\b (?:\w+ ){{0,5}}?{_PORTUGUESE_FACTS}{_ROMANCE_LIKE} "
    r"(?:sobre|de|do|da|para|a|acerca de|relacionad\w+ a)",
    r"\bnao (?:\w+ ){0,3}?nada sobre",
    # Dutch
    rf"\bgeen (?:\w+ ){{0,3}}?{_DUTCH_FACTS}(?: \w+){{0,2}}? (?:over|voor|van|naar|met betrekking tot)",
    r"\bniets (?:\w+ )?over",
    # Polish
    rf"\b(?:nie|brak|zadnych)\b (?:\w+ ){{0,4}}?{_POLISH_FACTS}(?: \w+)? (?:o|na temat|dla|dotyczacych|do)",
    r"\bnic (?:o|na temat)",
    # Swedish, Danish, Norwegian
    rf"\b(?:inte|ikke|ingen|inga|inget|noen|nogen)\b (?:\w+ ){{0,4}}?{_NORDIC_FACTS}(?: \w+)? (?:om|for|pa|"
    rf"av|af|til)",
    # Russian
    rf"\b(?:не|нет|никак\w*|отсутству\w+)\b (?:\w+ ){{0,4}}?{_RUSSIAN_FACTS}(?: \w+)? (?:о|об|по|про|для)",
    r"\bничего (?:\w+ ){0,2}?(?:о|об|про)",
    # Chinese
    rf"{_CHINESE_NONE}(?:能够?|搜索|检索)?{_CHINESE_FOUND}(?:任何|到)?(?:与|與|关于|關於|有关|有關|"
    rf"对|對|针对)?",
    r"(?:找不到|查不到|搜不到|不了解|不知道)(?:任何)?(?:与|與|关于|關於|有关|有關)?",
    r"(?:没有|沒有|无|無)(?:任何)?(?:关于|關於|有关|有關|与|與)",
    *absence_abroad.BEFORE,
)
_ELSEWHERE_AFTER = (
    # German
    r"\s*(?:\w+ ){0,2}?(?:wird|wurde|werden|wurden|ist|sind|taucht|kommt|erscheint|findet)\b(?: \w+){0,5}? "
    r"nicht(?: \w+){0,4}? "
    r"(?:erwahnt|aufgefuhrt|gelistet|aufgelistet|genannt|gefunden|enthalten|vertreten|auf|vor|bekannt|"
    r"verzeichnet|dabei)\b",
    r"\s*(?:taucht|kommt|erscheint|findet sich)\b(?: \w+){0,5}? nicht\b(?: (?:auf|vor|dabei))?\s*(?:$|"
    r"[.,;)])",
    r"\s*(?:\w+ ){0,5}?nichts? (?:finden|gefunden|auffinden|ausfindig)",
    rf"\s*(?:\w+ ){{0,5}}?kein\w* (?:\w+ ){{0,2}}?{_GERMAN_FACTS} (?:\w+ )?(?:finden|gefunden|vor\b|"
    rf"verfugbar|bekannt|vorhanden)",
    # French
    r"\s*(?:n'|ne )(?:est|sont|a|ont|apparait|apparaissent|figure|figurent)(?: pas| aucunement)(?: ete)?"
    r"(?:$|[.,;]| (?:\w+ ){0,2}?(?:mentionn|repertori|cit|list|inclus|present|reference|trouv|dans|parmi|"
    r"sur))",
    # Spanish, Portuguese
    r"\s*(?:no|nao) (?:aparece|figura|consta|se menciona|se encontro|fue (?:mencionad|encontrad|incluid)|ha "
    r"sido mencionad|"
    r"(?:e|esta|es|foi) (?:\w+ )?(?:mencionad|citad|listad|incluid|encontrad|list)|esta (?:entre|na lista|en "
    r"la lista))",
    # Italian
    r"\s*non (?:compare|figura|appare|risulta\b(?! (?:esser|aver))|e (?:stat\w )?(?:elencat|menzionat|citat|"
    r"inclus|presente|trovat)|"
    r"viene (?:menzionat|citat|elencat))",
    # Dutch
    r"\s*(?:wordt|werd|is|staat|komt|zijn|worden)\b(?: \w+){0,5}? niet(?: \w+){0,4}? "
    r"(?:genoemd|vermeld|gevonden|opgenomen|voor|bekend|aanwezig)\b",
    r"\s*(?:staat|komt)\b(?: \w+){0,3}? niet (?:in|op|voor|tussen)\b",
    # Polish
    r"\s*nie (?:jest|zostal\w*|pojawia|figuruje|wystepuje|znajduje)\b(?: sie)?"
    r"(?:$|[.,;]| (?:\w+ ){0,2}?(?:wymieni|wspomnia|uwzgledni|w (?:wynik|list|zrod)|na lis|wsrod))",
    # Swedish, Danish, Norwegian
    r"\s*(?:namns|omnamns|finns|nevnes|omtales|naevnes|listas|listes|forekommer|hittades|finnes|star|er|ar|"
    r"ble|blev)\b"
    r"(?: \w+){0,2}? (?:inte|ikke)\b"
    r"(?:\s*$|[.,;]| (?:\w+ ){0,2}?(?:med i|i lis|i res|i kall|i kild|pa lis|opp|namnd|nevnt|naevnt|listad|"
    r"fundet|funnet|blant|blandt|bland))",
    # Russian
    r"\s*не (?:упомина\w+|упомянут\w*|найден\w*|указан\w*|представлен\w*|фигурирует|значится|встречается|"
    r"числится|обнаружен\w*)"
    r"(?:\s*$|[.,;]| (?:в|среди|ни)\b)",
    # Chinese
    rf"的?(?:相关|相關|有关|有關)?{_CHINESE_FACTS}?[^。；\n]{{0,8}}?(?:并未|並未|没有|沒有|未|"
    rf"不)(?:被|能)?(?:在[^。，；\n]{{0,12}})?"
    rf"{_CHINESE_FOUND}",
    rf"的?(?:相关|相關|有关|有關)?{_CHINESE_FACTS}(?:找不到|查不到)",
    # Japanese
    rf"[」』\"”]?(?:という[^。、\n]{{0,8}}?)?(?:に関する|について|についての|に関連する|の|"
    rf"を)?(?:具体的な|詳しい|公式)?{_JAPANESE_FACTS}?"
    r"(?:は|が|を|も)?[^。\n、]{0,10}?(?:見つかりま|見つけられま|見当たりま|確認できま|"
    r"見つけることができま|見つからな|見当たらな|確認できな)",
    rf"[」』\"”]?(?:に関する|について|についての|の){_JAPANESE_FACTS}(?:は|が|も)?[^。\n、]{{0,8}}?"
    r"(?:ありません|なかった|存在しません|ない)",
    r"[」』\"”]?(?:は|が|も)[^。\n]{0,18}?(?:記載されてい|掲載されてい|含まれてい|登場し|"
    r"言及されてい|挙げられてい|リストに)"
    r"(?:ません|ない|ありません)",
    # Korean
    rf"[\"'”’]?\s*(?:에 ?대한|에 ?관한|에 ?대해|관련|의)?\s*(?:구체적인 |공식 )?{_KOREAN_FACTS}(?:를|을|"
    rf"는|은|가|이|도)?[^.\n]{{0,12}}?"
    r"(?:찾을 수 없|찾지 못|없습니다|없었|없다|확인되지|발견되지|확인할 수 없)",
    r"[\"'”’]?(?:은|는|이|가|을|를)?[^.\n]{0,14}?"
    r"(?:언급되지|포함되지|나열되지|등재되지|나오지|등장하지|"
    r"(?:목록|결과|자료|출처|리스트)에 ?(?:는 )?없|찾을 수 없|찾지 못|포함되어 있지)",
)
_CLAUSE_END = (
    r"(?=\s*(?:$|[.,;:!?)|\]。，、！]| "
    r"(?:and|but|or|so|in|on|und|aber|et|mais|y|pero|e|ma|mas|maar|en|i|ale|и|но)\b))"
)
AFTER = _after(
    *_ENGLISH_AFTER,
    *_ELSEWHERE_AFTER,
    *absence_abroad.AFTER,
    *(rf"\s*{phrase}{_CLAUSE_END}" for phrase in absence_abroad.BEHIND),
)
# "Sobre Norvane no encontre nada", where the name is the topic that the sentence opens with.
_TOPIC_ELSEWHERE = (
    _before(
        r"(?:^|[:,;(] ?)[\W_]*(?:sobre|acerca de|sur|concernant|su|riguardo a|zu|uber|over|o|om|о|об|про)"
    ),
    re.compile(
        rf"{_OTHERS},? (?:\w+ ){{0,4}}?(?:no|n'ai|n'a|ne|non|nao|geen|niets|nie|nic|inte|ingen|ikke|не|нету?|"
        rf"ничего|rien|aucune?|kein\w*)\b"
        rf"(?: \w+){{0,4}}? (?:nada|rien|nulla|niente|niets|nic|trouv\w+|gevonden|найдено|наш\w+|"
        rf"{_SPANISH_FACTS}|{_FRENCH_FACTS}|"
        rf"{_ITALIAN_FACTS}|{_PORTUGUESE_FACTS}|{_GERMAN_FACTS}|{_DUTCH_FACTS}|{_POLISH_FACTS}|"
        rf"{_NORDIC_FACTS}|{_RUSSIAN_FACTS})"
        rf"{_ROMANCE_LIKE}(?:\s*$|[.,;])"
    ),
)
_RUSSIAN_TOPIC = (
    _before(rf"\b{_RUSSIAN_FACTS} (?:о|об|про|по)"),
    re.compile(
        rf"{_OTHERS} (?:\w+ ){{0,3}}?(?:не (?:найден\w*|нашлось|обнаружен\w*|удалось)|нет\b|отсутству\w+)"
    ),
)
_ABROAD_AROUND = tuple(
    (_before(left), re.compile(_OTHERS + right))
    for left, right in (absence_abroad.TURKISH_AROUND, absence_abroad.HUNGARIAN_AROUND)
)
_MORE_AROUND = tuple(
    (_before(left), re.compile(rf"{_OTHERS}{right}{_CLAUSE_END}") if right else _AFTER_OBJECT)
    for left, right in absence_abroad.AROUND
)
AROUND = (*_ENGLISH_AROUND, _TOPIC_ELSEWHERE, _RUSSIAN_TOPIC, *_ABROAD_AROUND, *_MORE_AROUND)
# None of the pairs fits where no left side does, which one look tells.
AROUND_LEFT = re.compile(
    "(?:" + "|".join(left.pattern.removesuffix(_FILLER) for left, _ in AROUND) + ")" + _FILLER
)
