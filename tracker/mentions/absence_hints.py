"""Signs that a sentence may say that a name was not found: looked for before the phrases themselves."""

from __future__ import annotations

from tracker.mentions import absence_abroad

NAME = "\x01"
"""What stands for a name in folded text."""

HINTS = (
    r"\b(?:no|not|cannot|none|nothing|never|empty|unable|unclear|unsure|uncertain|unknown|"
    r"fictional|fictitious|hypothetical|made-up|invented|nonexistent|unmentioned|unlisted|zero|0|n/a|doubt|introuvable|"
    r"fehl\w*|absent\w*|yet|jamais|nunca|mai|nooit|aldri|aldrig|nigdy|nikdy|hic|никогда|neznam|neslys\w*|nenas\w*|neni|ei|mainita|tunne|ismerem|"
    r"unfamiliar|fail\w*|without|absent|missing|nowhere|neither|lacks?|"
    r"unbekannt|inconnue?|desconhecid\w|desconocid\w|sconosciut\w|onbekend|okan[dt]t?|nieznan\w|"
    r"kein\w*|nichts?|aucun\w*|pas|rien|ne|n|ningun\w*|nada|sin|sem|nessun\w*|non|nulla|niente|nao|"
    r"nenhum\w*|geen|niet|niets|nie|brak|nic|"
    r"inte|ingen|inga|inget|ikke|intet|ingenting|не|нет|ничего|ни|отсутству\w+)\b|n't|没|沒|无|無|未|不|找|ませ|"
    r"な[いかく]|없|못|않|모릅|모르|לא|لا|لم|" + absence_abroad.HINTS
)
