"""How files call the roles."""

from accounts.permissions import Role
from invitations.csv_headings import plain

_WORDS = {
    Role.USER: """
        user users användare anvandare member members medlem benutzer mitglied utilisateur usuario usuário utente
        gebruiker bruger bruker käyttäjä käyttäjät użytkownik uživatel пользователь ユーザー 用户 使用者 사용자
        salesuser
    """,
    Role.ADMIN: """
        admin administrator administratör administrateur administrador amministratore beheerder ylläpitäjä
        администратор 管理者 管理员 管理員 관리자
    """,
    Role.SALESFORCE_ADMIN: """
        salesforceadmin salesforceadministrator salesforceadministratör salesforceadministrateur
    """,
}
KNOWN_ROLES = {"": Role.USER} | {plain(word): role for role, words in _WORDS.items() for word in words.split()}
