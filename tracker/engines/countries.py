"""ISO 3166-1: two letters → the number that some search engines' locations are built from."""

from __future__ import annotations

_NUMBERS = """
AE784 AR32 AT40 AU36 BD50 BE56 BG100 BO68 BR76 BY112 CA124 CH756 CL152 CN156 CO170 CR188 CY196 CZ203 DE276
DK208
DO214 DZ12 EC218 EE233 EG818 ES724 FI246 FR250 GB826 GE268 GH288 GR300 GT320 HK344 HN340 HR191 HU348 ID360
IE372
IL376 IN356 IS352 IT380 JM388 JO400 JP392 KE404 KH116 KR410 KW414 KZ398 LB422 LK144 LT440 LU442 LV428 MA504
MD498
MK807 MT470 MX484 MY458 NG566 NI558 NL528 NO578 NP524 NZ554 OM512 PA591 PE604 PH608 PK586 PL616 PR630 PT620
PY600
QA634 RO642 RS688 RU643 SA682 SE752 SG702 SI705 SK703 SN686 SV222 TH764 TN788 TR792 TW158 TZ834 UA804 UG800
US840
UY858 UZ860 VE862 VN704 ZA710
"""
_BY_LETTERS = {entry[:2]: int(entry[2:]) for entry in _NUMBERS.split()}
_BY_NUMBER = {number: letters for letters, number in _BY_LETTERS.items()}


def numeric_code(letters: str) -> int | None:
    """None for a country that is not in the table."""
    return _BY_LETTERS.get(letters.upper())


def letters(number: int) -> str | None:
    """The way back."""
    return _BY_NUMBER.get(number)
