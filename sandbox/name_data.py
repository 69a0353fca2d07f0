"""Word lists people and companies are made of. Names are written ``shown/ascii``; the ascii form makes addresses."""

from typing import Final

Name = tuple[str, str]


def _names(text: str) -> tuple[Name, ...]:
    pairs = (word.partition("/") for word in text.split())
    return tuple((shown.replace("_", " "), plain or shown.lower()) for shown, _, plain in pairs)


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


# Each script has (given names, family names); the list repeats the common ones so that they come up more often.
LATIN: Final = (
    _names("Anna Erik Maria James Olivia Lucas Emma Noah Sara Daniel Julia Peter Laura Thomas Ingrid Marco Elena Karl"),
    _names(
        "Lind Smith Johnson Keller Rossi Miller Costa Brown Evans Meyer Clark Berg Silva Carter Novak Moreau Hansen"
    ),
)
DIACRITICS: Final = (
    _names("Åsa/asa Jörg/joerg Zoë/zoe José/jose Łukasz/lukasz Šárka/sarka Børge/borge Çağla/cagla Nguyệt/nguyet"),
    _names(
        "Öberg/oberg Müller/mueller Nuñez/nunez Błaszczyk/blaszczyk Dvořák/dvorak Sørensen/sorensen Yılmaz/yilmaz "
        "D’Angelo/dangelo O'Brien/obrien Þórsson/thorsson Trần/tran van_der_Berg/vanderberg"
    ),
)
CYRILLIC: Final = (
    _names("Олена/olena Иван/ivan Мария/mariya Тарас/taras"),
    _names("Ковальчук/kovalchuk Петров/petrov Шевченко/shevchenko Іванова/ivanova"),
)
GREEK: Final = (
    _names("Ελένη/eleni Γιώργος/giorgos Νίκος/nikos"),
    _names("Παπαδόπουλος/papadopoulos Οικονόμου/oikonomou Νικολάου/nikolaou"),
)
ARABIC: Final = (_names("ليلى/layla محمد/mohammed فاطمة/fatima"), _names("حداد/haddad الخطيب/alkhatib منصور/mansour"))
HEBREW: Final = (_names("נועה/noa דוד/david תמר/tamar"), _names("כהן/cohen לוי/levi מזרחי/mizrahi"))
HINDI: Final = (_names("आरती/aarti राहुल/rahul प्रिया/priya"), _names("शर्मा/sharma गुप्ता/gupta पटेल/patel"))
THAI: Final = (_names("สมชาย/somchai มาลี/malee อรุณ/arun"), _names("ศรีสุข/srisuk ใจดี/jaidee บุญมา/boonma"))
CHINESE: Final = (_names("伟/wei 秀英/xiuying 小龙/xiaolong"), _names("王/wang 李/li 欧阳/ouyang"))
JAPANESE: Final = (_names("さくら/sakura 健太/kenta 美咲/misaki"), _names("佐藤/sato 高橋/takahashi 渡邉/watanabe"))
KOREAN: Final = (_names("민준/minjun 서연/seoyeon 지우/jiwoo"), _names("김/kim 박/park 최/choi"))

SCRIPTS: Final = (
    *[LATIN] * 32,
    *[DIACRITICS] * 14,
    *[CYRILLIC] * 3,
    *[GREEK] * 2,
    *[ARABIC] * 2,
    *[HEBREW] * 2,
    *[HINDI] * 2,
    *[THAI],
    *[CHINESE] * 2,
    *[JAPANESE] * 2,
    *[KOREAN] * 2,
)

COMPANY_FIRST: Final = _words(
    "North Blue Silver Harbor Summit Cedar Nova Prime Delta Lumen Aurora Granite Maple River Orion Pixel "
    "Quantum Atlas Amber Polar Coastal Vertex Willow Copper Zephyr Meadow"
)
COMPANY_SECOND: Final = _words(
    "Paper Logistics Foods Robotics Energy Textiles Software Analytics Shipping Health Optics Steel Media "
    "Bank Travel Foundry Instruments Learning Materials Mobility"
)
COMPANY_FORM: Final = ("", " AB", " GmbH", " Inc.", ", Inc.", " Ltd", " S.A.", " Oy", " & Co", " Group")

TITLES: Final = (
    "Account Executive",
    "Buyer",
    "Chief Executive Officer",
    "Chief Technology Officer",
    "Customer Success Manager",
    "Director of Procurement",
    "Head of Marketing",
    "IT Manager",
    "Inköpschef",
    "Marketing Manager",
    "Operations Manager",
    "Owner",
    "Product Manager",
    "Responsable des achats",
    "Sales Director",
    "Vice President, Sales",
    "Leiter Einkauf",
    None,
)
SOURCES: Final = ("Web", "Trade Show", "Webinar", "Partner", "Referral", "Purchased List", "Phone Inquiry", None)
STAGES: Final = (
    "Prospecting",
    "Qualification",
    "Proposal/Price Quote",
    "Negotiation/Review",
    "Closed Won",
    "Closed Lost",
)
ROLES: Final = ("Decision Maker", "Economic Buyer", "Influencer", "Evaluator", "Other")
