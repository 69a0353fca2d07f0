"""Opportunities, their roles, companies and sales persons: read-only, because Salesforce is their home.

With the native Salesforce sync on, Marketo shows these objects and refuses to change them (Adobe documentation,
"Opportunities": error 1018).
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from starlette.routing import Route

from sandbox.marketo.calls import MarketoCall, route
from sandbox.marketo.envelope import MarketoError, datetime_text, success
from sandbox.marketo.instance import Instance
from sandbox.marketo.lookups import LARGEST_PAGE
from sandbox.marketo.paging import take_page
from sandbox.marketo.permissions import READ_COMPANIES, READ_OPPORTUNITIES, READ_SALES_PERSONS
from sandbox.people import DAY
from sandbox.record_ids import make_id, read_id
from sandbox.records import MOST_ROLES, Row, sellers
from sandbox.world import World

Record = dict[str, Any]
Find = Callable[[World, list[str]], Iterator[Record]]


@dataclass(frozen=True)
class _Object:
    """One kind of record: where it is, who may read it, how it is found by each filter type, and its columns."""

    path: str
    name: str
    needs: tuple[str, ...]
    id_field: str
    finds: dict[str, Find]
    columns: dict[str, str]
    defaults: tuple[str, ...]

    def describe(self, made: str) -> Record:
        fields = [
            {"name": name, "displayName": name, "dataType": kind, "updateable": False}
            for name, kind in self.columns.items()
        ]
        return {
            "name": self.name,
            "displayName": self.name,
            "description": f"{self.name} object",
            "createdAt": made,
            "updatedAt": made,
            "idField": self.id_field,
            "dedupeFields": [next(iter(self.finds))],
            "searchableFields": [[name] for name in self.finds],
            "fields": fields,
        }


def routes(instance: Instance) -> list[Route]:
    return [made for kind in _OBJECTS for made in _routes(instance, kind)]


def _routes(instance: Instance, kind: _Object) -> list[Route]:
    async def read(call: MarketoCall) -> Record:
        page, more = take_page(call, list(_found(call, kind)))
        names = call.values("fields") or list(kind.defaults)
        if unknown := [name for name in names if name not in kind.columns]:
            raise MarketoError("1006", f"Field '{unknown[0]}' not found")
        wanted = dict.fromkeys([kind.id_field, *names])
        records = [{"seq": seq, **{name: record[name] for name in wanted}} for seq, record in enumerate(page)]
        return success(call.instance.world, records, **more)

    async def describe(call: MarketoCall) -> Record:
        world = call.instance.world
        return success(world, [kind.describe(datetime_text(world.generator.created(1) - DAY))])

    path = f"/rest/v1/{kind.path}"
    return [
        route(instance, path + ".json", kind.needs, get=read, post=_refuse),
        route(instance, path + "/delete.json", kind.needs, post=_refuse),
        route(instance, path + "/describe.json", kind.needs, get=describe),
    ]


async def _refuse(_: MarketoCall) -> Record:
    raise MarketoError("1018", "CRM is enabled for this subscription: the object is read-only")


def _found(call: MarketoCall, kind: _Object) -> Iterable[Record]:
    filter_type = call.required("filterType")
    call.required("filterValues")
    values = call.values("filterValues")
    if len(values) > LARGEST_PAGE:
        raise MarketoError("1003", f"Too many values specified for 'filterValues'. Max is {LARGEST_PAGE}")
    find = kind.finds.get(filter_type)
    if find is None:
        raise MarketoError("1003", f"Invalid filterType '{filter_type}'")
    return find(call.instance.world, values)


# Rows of Salesforce as Marketo shows them. A record's GUID is made of its Salesforce id.


def _stamps(row: Row) -> Record:
    return {
        "createdAt": datetime_text(row["CreatedDate"].timestamp()),
        "updatedAt": datetime_text(row["LastModifiedDate"].timestamp()),
    }


def _opportunity(row: Row) -> Record:
    return {
        "marketoGUID": f"opportunity-{row['Id']}",
        "externalOpportunityId": row["Id"],
        "name": row["Name"],
        "stage": row["StageName"],
        "amount": row["Amount"],
        "isClosed": row["IsClosed"],
        "isWon": row["IsWon"],
        "expectedCloseDate": str(row["CloseDate"]),
        **_stamps(row),
    }


def _role(row: Row) -> Record:
    number = read_id("OpportunityContactRole", row["Id"]) or 0
    return {
        "marketoGUID": f"role-{row['Id']}",
        "externalOpportunityId": row["OpportunityId"],
        "leadId": number // MOST_ROLES,
        "role": row["Role"],
        "isPrimary": row["IsPrimary"],
        **_stamps(row),
    }


def _company(row: Row) -> Record:
    number = read_id("Account", row["Id"])
    return {"id": number, "externalCompanyId": None, "company": row["Name"], **_stamps(row)}


def _sales_person(row: Row) -> Record:
    return {
        "id": read_id("User", row["Id"]),
        "externalSalesPersonId": None,
        "email": row["Email"],
        "firstName": row["FirstName"],
        "lastName": row["LastName"],
        "title": row["Title"],
        **_stamps(row),
    }


def _rows(world: World, sobject: str, ids: Iterable[str]) -> Iterator[Row]:
    rows = (world.salesforce_row(sobject, record_id) for record_id in ids)
    return (row for row in rows if row is not None and not row["IsDeleted"])


def _opportunities(world: World, values: list[str]) -> Iterator[Record]:
    return map(_opportunity, _rows(world, "Opportunity", values))


def _opportunities_by_guid(world: World, values: list[str]) -> Iterator[Record]:
    return _opportunities(world, [value.removeprefix("opportunity-") for value in values])


def _roles_of_numbers(world: World, numbers: Iterable[int]) -> Iterator[Record]:
    return map(_role, _rows(world, "OpportunityContactRole", (make_id("OpportunityContactRole", n) for n in numbers)))


def _roles_by_person(world: World, values: list[str]) -> Iterator[Record]:
    ids = [int(value) for value in values if value.isascii() and value.isdigit()]
    return _roles_of_numbers(
        world, [number * MOST_ROLES + position for number in ids for position in range(MOST_ROLES)]
    )


def _roles_by_opportunity(world: World, values: list[str]) -> Iterator[Record]:
    numbers = (read_id("Opportunity", value) for value in values)
    return _roles_of_numbers(world, [number for number in numbers if number is not None])


def _companies_by_id(world: World, values: list[str]) -> Iterator[Record]:
    numbers = (int(value) for value in values if value.isascii() and value.isdigit())
    return map(_company, _rows(world, "Account", (make_id("Account", number) for number in numbers)))


def _companies_by_name(world: World, values: list[str]) -> Iterator[Record]:
    wanted = {value.lower() for value in values}
    return (_company(row) for row in world.salesforce_rows("Account") if row["Name"].lower() in wanted)


def _sales_persons(column: str) -> Find:
    def find(_: World, values: list[str]) -> Iterator[Record]:
        records = map(_sales_person, sellers().values())
        return (record for record in records if str(record[column]).lower() in {value.lower() for value in values})

    return find


def _nothing(_: World, __: list[str]) -> Iterator[Record]:
    """Records that come from Salesforce have no external id of another system."""
    return iter(())


_TIMES: Final = {"createdAt": "datetime", "updatedAt": "datetime"}
_OBJECTS: Final = (
    _Object(
        "opportunities",
        "Opportunity",
        READ_OPPORTUNITIES,
        "marketoGUID",
        {"externalOpportunityId": _opportunities, "marketoGUID": _opportunities_by_guid},
        {
            "marketoGUID": "string",
            "externalOpportunityId": "string",
            "name": "string",
            "stage": "string",
            "amount": "currency",
            "isClosed": "boolean",
            "isWon": "boolean",
            "expectedCloseDate": "date",
            **_TIMES,
        },
        ("externalOpportunityId", "createdAt", "updatedAt"),
    ),
    _Object(
        "opportunities/roles",
        "OpportunityRole",
        READ_OPPORTUNITIES,
        "marketoGUID",
        {"externalOpportunityId": _roles_by_opportunity, "leadId": _roles_by_person},
        {
            "marketoGUID": "string",
            "externalOpportunityId": "string",
            "leadId": "integer",
            "role": "string",
            "isPrimary": "boolean",
            **_TIMES,
        },
        ("externalOpportunityId", "leadId", "role", "createdAt", "updatedAt"),
    ),
    _Object(
        "companies",
        "Company",
        READ_COMPANIES,
        "id",
        {"externalCompanyId": _nothing, "id": _companies_by_id, "company": _companies_by_name},
        {"id": "integer", "externalCompanyId": "string", "company": "string", **_TIMES},
        ("externalCompanyId", "company", "createdAt", "updatedAt"),
    ),
    _Object(
        "salespersons",
        "SalesPerson",
        READ_SALES_PERSONS,
        "id",
        {"externalSalesPersonId": _nothing, "id": _sales_persons("id"), "email": _sales_persons("email")},
        {
            "id": "integer",
            "externalSalesPersonId": "string",
            "email": "email",
            "firstName": "string",
            "lastName": "string",
            "title": "string",
            **_TIMES,
        },
        ("externalSalesPersonId", "email", "createdAt", "updatedAt"),
    ),
)
