"""The people of the demo and how they sign in."""

PASSWORD = "Demo-Passw0rd!"  # noqa: S105 - printed by the demo for everybody
MARKETO_ADMIN = "marketo-admin@demo.example"
SALESFORCE_ADMIN = "salesforce-admin@demo.example"
OPS = "ops@demo.example"
NAMES = {MARKETO_ADMIN: "Mia Holm", SALESFORCE_ADMIN: "Sam Rivera", OPS: "Olu Adeyemi"}
PARTS = {MARKETO_ADMIN: "steps 1 to 5", SALESFORCE_ADMIN: "steps 6 and 7", OPS: "Sync operations"}
