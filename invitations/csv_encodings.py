"""The letters of a file whose encoding nobody told us.

A file of ten names is too short for statistics: charset-normalizer read 14 of 19 such files wrongly, and chardet one of
the three inputs of the issue. Names are no common text, though: their letters belong to the alphabet of one language,
and a capital stands where a word begins. Each encoding is judged by that, and the page that follows shows names with
such letters, to choose another.
"""

import re
from collections import Counter
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

UNREADABLE = "\ufffd"
WESTERN = [
    "åäöéü",
    "åæøé",
    "äöüß",
    "àâæçéèêëîïôœùûü",
    "áéíóúüñ",
    "áâãàçéêíóôõú",
    "àèéìòù",
    "éëïóöü",
    "áðéíóúýþæö",
    "äõöü",
]
CENTRAL = ["ąćęłńóśźż", "áčďéěíňóřšťúůýž", "áäčďéíĺľňóôŕšťúýž", "áéíóöőúüű", "čćđšž", "ăâîşţ", "äöüß"]
BALTIC = ["ąčęėįšųūž", "āčēģīķļņšūž", "äõöüšž"]
TURKISH = ["çğıöşüâîİ"]
RUSSIAN = ["абвгдеёжзийклмнопрстуфхцчшщъыьэюя", "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя", "абвгдђежзијклљмнњопрстћуфхцчџш"]
GREEK = ["αβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώϊϋΐΰ"]
HEBREW = ["אבגדהוזחטיךכלםמןנסעףפץצקרשת"]
ARABIC = ["ءآأؤإئابةتثجحخدذرزسشصضطظعغفقكلمنهوىيپچژگک"]
# The letters that most names of these languages hold.
COMMON = set("åäöüéáóíèñçßłńśżčšžışğİоаеинтрвлксαοιετσςνηυρίόά") | set(HEBREW[0] + ARABIC[0])


@dataclass(frozen=True)
class Encoding:
    """An encoding that can be chosen, with the alphabets of those who use it; East Asian ones count their bytes."""

    codec: str
    label: str | Promise
    alphabets: tuple[str, ...] = ()
    # First and last lead byte of the characters in daily use.
    common_leads: tuple[int, int] = (0, 0)


# The order decides between two that read a file equally well.
ENCODINGS = {
    encoding.codec: encoding
    for encoding in (
        Encoding("utf-8", _("Unicode (UTF-8)")),
        Encoding("utf-16", _("Unicode (UTF-16)")),
        Encoding("utf-16-le", _("Unicode (UTF-16, little endian)")),
        Encoding("utf-16-be", _("Unicode (UTF-16, big endian)")),
        Encoding("cp1252", _("Western European (Windows-1252)"), tuple(WESTERN)),
        Encoding("mac_roman", _("Western European (Mac)"), tuple(WESTERN)),
        Encoding("cp850", _("Western European (DOS, 850)"), tuple(WESTERN)),
        Encoding("cp1250", _("Central European (Windows-1250)"), tuple(CENTRAL)),
        Encoding("cp1254", _("Turkish (Windows-1254)"), tuple(TURKISH)),
        Encoding("cp1257", _("Baltic (Windows-1257)"), tuple(BALTIC)),
        Encoding("cp1251", _("Cyrillic (Windows-1251)"), tuple(RUSSIAN)),
        Encoding("koi8_r", _("Cyrillic (KOI8-R)"), tuple(RUSSIAN)),
        Encoding("cp866", _("Cyrillic (DOS, 866)"), tuple(RUSSIAN)),
        Encoding("cp1253", _("Greek (Windows-1253)"), tuple(GREEK)),
        Encoding("cp932", _("Japanese (Shift-JIS)"), common_leads=(0x81, 0x97)),
        Encoding("gb18030", _("Chinese, simplified (GB 18030)"), common_leads=(0xB0, 0xD7)),
        Encoding("big5", _("Chinese, traditional (Big5)"), common_leads=(0xA4, 0xC6)),
        Encoding("euc_kr", _("Korean (EUC-KR)"), common_leads=(0xB0, 0xC8)),
        Encoding("cp1255", _("Hebrew (Windows-1255)"), tuple(HEBREW)),
        Encoding("cp1256", _("Arabic (Windows-1256)"), tuple(ARABIC)),
    )
}
LATIN = {WESTERN[0], CENTRAL[0], BALTIC[0], TURKISH[0]}
EVERY_ALPHABET = {letter for encoding in ENCODINGS.values() for alphabet in encoding.alphabets for letter in alphabet}
PUNCTUATION = "’‘“”–—…\u00a0"
WORD = re.compile(r"[^\W\d_]+")
BOMS = {b"\xef\xbb\xbf": "utf-8", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
LINES_JUDGED = 300
# Of those lines, which may be as long as the file.
BYTES_JUDGED = 50_000


def decoded(data: bytes, codec: str) -> str:
    """The text; what is no letter in this encoding becomes UNREADABLE, so that one bad byte changes one letter."""
    return data.decode(codec, errors="replace").removeprefix("\ufeff")


def detect(data: bytes) -> str:
    """The codec, one of ENCODINGS, that makes the most likely names of a file."""
    for mark, codec in BOMS.items():
        if data.startswith(mark):
            return codec
    if b"\0" in data[:2]:
        # The first character of such a file is a Latin one, with one zero byte.
        return "utf-16-be" if data[0] == 0 else "utf-16-le"
    if _is_mostly_utf8(data):
        return "utf-8"
    lines = [line for line in re.split(rb"[\r\n]+", data) if not line.isascii()][:LINES_JUDGED]
    sample = b"\n".join(lines)[:BYTES_JUDGED]
    judged = [encoding for encoding in ENCODINGS.values() if encoding.alphabets or encoding.common_leads[0]]
    return max(judged, key=lambda encoding: _likelihood(sample, encoding)).codec


def _is_mostly_utf8(data: bytes) -> bool:
    """Whole sequences hardly come about by chance; a byte that belongs to none is an accident among them."""
    chars = Counter(data.decode("utf-8", errors="surrogateescape"))
    broken = sum(number for char, number in chars.items() if "\udc80" <= char <= "\udcff")
    letters = sum(number for char, number in chars.items() if not char.isascii() and _is_letter(char))
    return broken == 0 or letters >= broken


def _is_letter(char: str) -> bool:
    return _folded(char) in EVERY_ALPHABET or "\u0e00" <= char < "\ud800"


def _likelihood(sample: bytes, encoding: Encoding) -> float:
    text = decoded(sample, encoding.codec)
    foreign = max(1, sum(not char.isascii() and char not in PUNCTUATION for char in text))
    words = [word for word in WORD.findall(text) if not word.isascii()]
    if encoding.common_leads[0]:
        return _likelihood_by_leads(words, foreign, encoding)
    letters = [letter for word in words for letter in _letters_in_place(word, encoding)]
    in_any = "".join(encoding.alphabets)
    in_use = sum(letter in in_any for letter in letters)
    in_one_language = max(sum(letter in alphabet for letter in letters) for alphabet in encoding.alphabets)
    common = sum(letter in COMMON for letter in letters)
    return (4 * in_use + 2 * in_one_language + common) / foreign + _share_of_names(words)


def _letters_in_place(word: str, encoding: Encoding) -> list[str]:
    """The letters beyond ASCII; none of a word in two scripts, and no capital inside of a word in small letters."""
    is_mixed = any(char.isascii() for char in word) and encoding.alphabets[0] not in LATIN
    letters = [(place, char) for place, char in enumerate(word) if not char.isascii() and not is_mixed]
    # Asked once: a word may be as long as all that is looked at.
    is_upper = word.isupper()
    return [_folded(char) for place, char in letters if place == 0 or char.islower() or is_upper or not char.isupper()]


def _share_of_names(words: list[str]) -> float:
    """The share of words that begin as names do; one in capitals only is less likely than one that begins with one."""
    firsts = [word for word in words if not word[0].isascii()]
    points = sum(0.7 if word.isupper() and len(word) > 1 else not word[0].islower() for word in firsts)
    return points / len(firsts) if firsts else 1


def _likelihood_by_leads(words: list[str], foreign: int, encoding: Encoding) -> float:
    """As much as an alphabet can reach, when all characters are in daily use and none stands in a Latin word."""
    chars = [char for word in words if not any(map(str.isascii, word)) for char in word]
    points = sum(_is_common(char, encoding) for char in chars)
    # Hangul takes the first half of the bytes that Chinese names take: many of them there are no chance.
    is_hangul = encoding.codec == "euc_kr" and len(chars) >= 6 and points == foreign
    return 8 * points / foreign + 0.1 * is_hangul


def _is_common(char: str, encoding: Encoding) -> float:
    code = char.encode(encoding.codec, errors="replace")
    first, last = encoding.common_leads
    if len(code) != 2 or char == UNREADABLE or code[0] < first:
        return 0
    is_daily = code[0] <= last and (encoding.codec != "gb18030" or code[1] >= 0xA1)
    return 1 if is_daily else 0.5


def _folded(char: str) -> str:
    return char.lower() if len(char.lower()) == 1 else char
