"""What people and programs call the columns of a list of people.

Exports of Google, Outlook, Entra, Okta, HubSpot, LinkedIn and Salesforce, in the languages of their users.
"""

import re
import unicodedata

from django.utils.translation import gettext_lazy

COLUMNS = {
    "email": gettext_lazy("Email"),
    "name": gettext_lazy("Name"),
    "first_name": gettext_lazy("First name"),
    "last_name": gettext_lazy("Last name"),
    "team": gettext_lazy("Team"),
    "role": gettext_lazy("Role"),
}


# No heading and no role is longer; the work below grows with the square of a run of accents.
LONGEST = 300


def plain(text: str) -> str:
    """Small letters and digits only; of accents the letter below stays, of Japanese and Korean all."""
    composed = unicodedata.normalize("NFKC", text[:LONGEST]).lower()
    bare = "".join(char for char in unicodedata.normalize("NFD", composed) if not "\u0300" <= char <= "\u036f")
    return re.sub(r"[\W_]", "", unicodedata.normalize("NFC", bare))


# Without spaces, punctuation and accents, the surest first: what is called e-mail, what may be one, and user names.
_EMAIL = [
    """
        email emailaddress mail epost epostadress epostadresse mejl mejladress emailadresse
        mailadresse emailadres adressemail adresseemail adresseelectronique adressedemessagerie
        courriel correo correoelectronico direcciondecorreo direcciondecorreoelectronico
        enderecodeemail indirizzoemail indirizzodipostaelettronica postaelettronica sahkoposti
        sahkopostiosoite adresemail adresemailowy emailovaadresa eposta epostaadresi
        электроннаяпочта адресэлектроннойпочты почта メールアドレス メール 電子メール 電子メールアドレス eメール
        eメールアドレス 电子邮件 电子邮件地址 邮箱 邮件 电子邮箱 電子郵件 電子郵件地址 郵箱 이메일 이메일주소 전자메일
    """,
    """
        email1value email1address email1 primaryemail workemail businessemail privateemail
        emailaddresstoinvite invitedusermailaddress inviteeemail useremail contactemail arbeitsemail
        emailprofessionnel jobbepost
    """,
    """
        address user username login loginname userprincipalname upn anvandarnamn benutzername
        nomdutilisateur nombredeusuario gebruikersnaam brugernavn brukernavn nomeutente kayttajanimi
        ユーザー名 用户名 使用者名稱 사용자이름
    """,
]
_OTHERS = {
    "name": """
        name fullname displayname namn fulltnamn visningsnamn anzeigename vollstandigername
        nomcomplet nomaffiche nombrecompleto nomecompleto nomecognome volledigenaam navn fuldenavn
        fulltnavn nimi kokonimi imieinazwisko celejmeno имяифамилия фио 氏名 名前 表示名 フルネーム
        姓名 显示名称 顯示名稱 성명 표시이름
    """,
    "first_name": """
        firstname givenname first forename fornamn tilltalsnamn vorname prenom nombre primernombre
        nome primeironome voornaam fornavn etunimi imie jmeno имя 名 名字 이름
    """,
    "last_name": """
        lastname surname familyname last efternamn familjenamn nachname familienname nom
        nomdefamille apellido apellidos sobrenome cognome achternaam efternavn etternavn sukunimi
        nazwisko prijmeni фамилия 姓 姓氏 성
    """,
    "team": """
        team teams group equipe equipo squadra grupp gruppe lag チーム 团队 團隊 팀 команда
    """,
    "role": """
        role roles roll roller rolle rol ruolo rooli rola papel 役割 ロール 角色 역할 роль
    """,
}
_EMAIL_RANKS = [list(map(plain, text.split())) for text in _EMAIL]
_KNOWN = {name: list(map(plain, text.split())) for name, text in _OTHERS.items()}


def heading_ranks(heading: str) -> dict[str, int]:
    """The columns that a heading may mean, with 0 for the surest; empty for a heading that is not known.

    Entra writes `User name [userPrincipalName] Required`; `E-mail 2 Address` is an address too, after the first.
    """
    heading = heading[:LONGEST]
    texts = {plain(heading), plain(re.sub(r"[\[(].*", "", heading)), *map(plain, re.findall(r"\[(\w+)\]", heading))}
    found = {
        name: min(known.index(text) for text in texts & set(known))
        for name, known in _KNOWN.items()
        if texts & set(known)
    }
    if email := [rank for rank, known in enumerate(_EMAIL_RANKS) if texts & set(known)]:
        found["email"] = min(email)
    elif any(re.fullmatch(r"e?mail\d(value|address)?", text) for text in texts):
        found["email"] = 2
    return found
