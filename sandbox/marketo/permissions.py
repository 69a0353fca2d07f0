"""What an API-only user's role allows (Adobe documentation, "Endpoint Reference": permissions of each endpoint)."""

from typing import Final

READ_LEADS: Final = ("Read-Only Lead", "Read-Write Lead")
WRITE_LEADS: Final = ("Read-Write Lead",)
READ_SCHEMA: Final = ("Read-Write Schema Standard Field", "Read-Write Schema Custom Field")
READ_ACTIVITIES: Final = ("Read-Only Activity", "Read-Write Activity")
READ_OPPORTUNITIES: Final = ("Read-Only Opportunity", "Read-Write Opportunity")
READ_COMPANIES: Final = ("Read-Only Company", "Read-Write Company")
READ_SALES_PERSONS: Final = ("Read-Only Sales Person", "Read-Write Sales Person")
READ_CUSTOM_OBJECTS: Final = ("Read-Only Custom Object", "Read-Write Custom Object")
READ_ASSETS: Final = ("Read-Only Assets", "Read-Write Assets")
# User management wants both.
USER_API: Final = "Access User Management Api"
USERS: Final = "Access Users"
ANYBODY: Final = ()

ALL: Final = frozenset(
    {
        *READ_LEADS,
        *READ_SCHEMA,
        *READ_ACTIVITIES,
        *READ_OPPORTUNITIES,
        *READ_COMPANIES,
        *READ_SALES_PERSONS,
        *READ_CUSTOM_OBJECTS,
        *READ_ASSETS,
        USER_API,
        USERS,
    }
)
