"""Phrases of absence of languages whose sentences go alike: a negation, what was looked for, and "about".

"Nenašel jsem žádné informace o …", "لم أجد أي معلومات عن …". Words are written as people write them and
folded like the text they are looked for in; `*` stands for any ending.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tracker.mentions.folding import fold_name

_WORD = r"[^\s.,;:!?،؛()]+"


@dataclass(frozen=True, slots=True)
class _Language:
    negation: str
    facts: str
    about: str
    firm: str
    """Words that may stand between "about" and the name."""
    unlisted: str
    """What may follow the name: "is not mentioned"."""
    lists: str = ""
    """What "not in …" must name; else it would be a missing detail."""


# Words of one entry are joined by `_`.
_LANGUAGES = (
    _Language(  # Arabic
        "لم لا ليس ليست لن غير",
        "معلومات نتائج بيانات ذكر إشارة مصادر تفاصيل شيء",
        "عن حول بخصوص بشأن إلى على ل لـ",
        "شركة علامة العلامة التجارية منتج باسم تسمى",
        "لم_يذكر لم_تذكر لا_يظهر لا_تظهر لم_يظهر لم_تظهر لم_يرد لم_ترد غير_مذكور* غير_مدرج*",
        "القائم* النتائج المصادر نتائج",
    ),
    _Language(  # Hebrew
        "לא אין",
        "מידע תוצאות נתונים אזכור* פרטים מקורות דבר כלום",
        "על עבור אודות לגבי ל ל-",
        "חברת החברה חברה מותג המותג בשם",
        "לא_מוזכר* לא_מופיע* לא_נמצא* לא_נזכר* אינו_מופיע אינה_מופיעה אינו_מוזכר אינה_מוזכרת",
        "ברשימ* בתוצאות במקורות בין",
    ),
    _Language(  # Vietnamese
        "không chưa",
        "thông_tin kết_quả dữ_liệu đề_cập nguồn",
        "về cho liên_quan_đến nào_về đến",
        "công_ty thương_hiệu sản_phẩm tên có_tên_là",
        "không_được_đề_cập không_được_nhắc_đến không_xuất_hiện không_được_liệt_kê không_có_trong không_nằm_trong",
        "danh_sách kết_quả nguồn trong",
    ),
    _Language(  # Indonesian, Malay
        "tidak belum tak tiada",
        "informasi maklumat hasil data referensi rujukan penyebutan",
        "tentang mengenai untuk terkait berkaitan_dengan bagi soal",
        "perusahaan syarikat merek jenama produk bernama",
        "tidak_disebut* tidak_muncul tidak_terdaftar tidak_tercantum tidak_ditemukan tidak_termasuk",
        "daftar hasil sumber senarai pencarian",
    ),
    _Language(  # Czech, Slovak
        "ne* nie žádn* žiadn*",
        "informac* výsled* zmín* zmien* údaj* zdroj* odkaz*",
        "o pro k ke na týkající_se ohledně",
        "společnosti spoločnosti firmě firme značce značke produktu",
        "není_uveden* není_zmín* nebyl*_zmín* nebyl*_nalez* se_neobjev* sa_neobjav* nie_je_uveden* nie_je_spomen*",
        "seznam* zoznam* výsled* zdroj*",
    ),
    _Language(  # Greek
        "δεν καμία κανένα",
        "πληροφορί* αποτελέσματα αναφορ* στοιχεία δεδομένα τίποτα",
        "για σχετικά_με",
        "το τη την τον μια εταιρεία ονόματι προϊόν",
        "δεν_αναφέρεται δεν_εμφανίζεται δεν_περιλαμβάνεται δεν_βρέθηκε",
        "λίστα αποτελέσματα πηγές κατάλογο",
    ),
    _Language(  # Ukrainian
        "не немає нема жодн*",
        "інформаці* дан* згад* результат* відомост*",
        "про щодо для стосовно",
        "компанію компанії бренд бренду продукт",
        "не_згадується не_згадано не_з'являється не_знайдено не_вказано не_представлен* не_фігурує",
        "списк* результат* джерел* рейтинг*",
    ),
    _Language(  # Romanian
        "nu nicio niciun nici",
        "informați* rezultat* mențiun* date referinț* nimic",
        "despre pentru privind referitoare_la legate_de la",
        "compania firma marca brandul produsul numită",
        "nu_este_menționat* nu_este_inclus* nu_este_listat* nu_apare nu_figurează",
        "list* rezultat* surse* clasament*",
    ),
    _Language(  # Catalan
        "no cap sense",
        "informació resultats dades referències esment res",
        "sobre per_a relacionada_amb",
        "l empresa la marca anomenada",
        "no_apareix no_figura no_s'esmenta no_consta",
        "llist* resultats fonts",
    ),
    _Language(  # Finnish
        "en ei eikä",
        "tieto* tietoa tuloksia mainintoja viittauksia",
        "aiheesta yrityksestä brändistä tuotteesta nimeltä koskien",
        "nimeltä yrityksestä",
        "ei_esiinny ei_näy ei_löydy ei_ole_mainittu ei_mainita",
        "list* tulok* lähte*",
    ),
    _Language(  # Croatian, Serbian, Bosnian
        "ne nisam nema nije nijed* нисам нема није не",
        "informacij* podatak* podataka rezultat* spomen* информациј* података резултат*",
        "o za vezan* о за",
        "tvrtki kompaniji firmi brendu marki",
        "nije_naveden* nije_spomenut* se_ne_pojavljuje се_не_појављује није_наведен*",
        "popis* rezultat* izvor* list* листи резултат*",
    ),
)

_TURKISH = (
    r"(?:'\w+)? (?:hakkinda|ile ilgili|icin|uzerine)(?: \w+){0,4}? (?:bilgi|sonuc|kaynak|kayit|veri|icerik)\w*"
    r"(?: \w+){0,3}? ?(?:bul(?:a|una)mad\w+|bulunm(?:uyor|amakta)\w*|bulmad\w+|yok\b|mevcut degil|rastla\w*mad\w+)",
    r"(?:'\w+)?(?: \w+){0,3}? (?:liste|sonuc|kaynak)\w*(?: \w+){0,2}? "
    r"(?:yer alm(?:iyor|amakta)\w*|gecmiyor|bulunmuyor|yok\b|gorunmuyor)",
    r"(?:'\w+)?(?: \w+){0,2}? (?:bahsedilmiyor|listelenmiyor)",
)
TURKISH_AROUND = (
    r"\b(?:liste|sonuc|kaynak)\w*(?: \w+){0,2}",
    r"(?:'\w+)? (?:yer alm(?:iyor|amakta)\w*|gecmiyor|bulunmuyor|yok\b|gorunmuyor)",
)
# Hungarian says "about" behind the name, and Hindi the whole of it.
_HUNGARIAN = (
    r"\s*(?:nem|nincs)\b(?: \w+){0,2}? (?:szerepel\w*|talalhato|emlit\w+|jelenik meg)"
    r"(?:\s*$|[.,;]| (?:\w+ ){0,2}?(?:lista\w*|talalat\w*|forras\w*|eredmeny\w*))"
)
HUNGARIAN_AROUND = (
    r"\b(?:nem|nincs|nincsenek)\b(?: \w+){0,4}? (?:informaci|adat|talalat|eredmeny|emlit)\w*(?: az?)?",
    r"(?:-?(?:rol|val|vel|hoz|hez|ra|re)\b| (?:cegrol|markarol|termekrol))",
)
_HINDI = (
    r"\s*(?:के बारे में|से संबंधित|के लिए|पर)[^।.\n]{0,25}?(?:जानकारी|परिणाम|डेटा|उल्लेख|सूचना)[^।.\n]{0,12}?नही",
    r"\s*का (?:कोई )?(?:उल्लेख|ज़िक्र|जिक्र) नही",
)
_THAI_BEFORE = (
    r"ไม่(?:พบ|มี|เจอ|สามารถ(?:ค้น)?หา|สามารถพบ)[^\n.]{0,20}?(?:ข้อมูล|ผลลัพธ์|ผลการค้นหา|รายละเอียด|การกล่าวถึง)"
    r"(?:ของ|[^\n.]{0,12}?(?:เกี่ยวกับ|สำหรับ|ถึง))\s*(?:บริษัท|แบรนด์)?"
)
_THAI_AFTER = r"\s*ไม่(?:ปรากฏ|ได้ถูกกล่าวถึง|ถูกกล่าวถึง|ได้อยู่ใน|อยู่ในราย)"


def _folded(pattern: str) -> str:
    """Thai vowels come apart when text is folded; the pattern's own signs stay as they are."""
    return "".join(fold_name(c) if ord(c) > 0x7F else c for c in pattern)


def _words(entries: str) -> str:
    words = (_folded(entry).replace("_", " ").replace("*", r"\w*") for entry in entries.split())
    return f"(?:{'|'.join(words)})"


def _before(language: _Language) -> str:
    return (
        rf"(?<!\w){_words(language.negation)}(?!\w)(?: {_WORD}){{0,5}}? {_words(language.facts)}(?!\w)"
        rf"(?: {_WORD}){{0,2}}? {_words(language.about)}(?: {_words(language.firm)})*"
    )


def _after(language: _Language) -> str:
    lists = rf"| (?:{_WORD} ){{0,3}}?{_words(language.lists)}"
    return rf"\s*{_words(language.unlisted)}(?:\s*$|[.,;:،]{lists})"


def _hints(languages: Iterable[_Language]) -> str:
    return "|".join(rf"(?<!\w){_words(language.negation)}(?!\w)" for language in languages)


BEFORE = (*map(_before, _LANGUAGES), _folded(_THAI_BEFORE))
AFTER = (*map(_after, _LANGUAGES), *_TURKISH, _HUNGARIAN, *map(_folded, _HINDI), _folded(_THAI_AFTER))
HINTS = (
    _hints(_LANGUAGES)
    + r"|\b(?:bul\w*mad\w+|ulas\w*mad\w+|\w+m[iu]yor\w*|\w+mamakta\w*|yok|degil|rastla\w*mad\w+|nem|nincs\w*)\b|नही|ไม่"
)
