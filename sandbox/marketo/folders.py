"""The asset folders of the instance: the roots and, for each workspace, a zone with a folder in it.

Their shape follows the Adobe documentation, "Folders".
"""

from dataclasses import dataclass
from typing import Any, Final

from starlette.routing import Route

from sandbox.marketo.calls import MarketoCall, route
from sandbox.marketo.envelope import datetime_text, success
from sandbox.marketo.instance import Instance
from sandbox.marketo.partitions import PARTITIONS
from sandbox.marketo.permissions import READ_ASSETS
from sandbox.people import DAY
from sandbox.switches import parts
from sandbox.world import World

_ROOTS: Final = {14: "Marketing Activities", 11: "Design Studio", 9: "Lead Database"}
_FIRST_ZONE: Final = 15
_FIRST_FOLDER: Final = 310
_YOUNG: Final = {"EU": 20, "Asia": 60}
"""Workspaces that were added so many days before the newest seeded person came; Default is older than everybody."""


@dataclass(frozen=True)
class _Folder:
    """A folder; ``zone`` is the number of its workspace, ``above`` the folder that holds it."""

    id: int
    name: str
    zone: int
    above: "_Folder | None" = None
    is_system: bool = True

    @property
    def path(self) -> str:
        return f"{self.above.path if self.above else ''}/{self.name}"

    @property
    def depth(self) -> int:
        return self.above.depth + 1 if self.above else 0

    @property
    def workspace(self) -> str:
        return PARTITIONS[self.zone]

    def record(self, world: World) -> dict[str, Any]:
        made = datetime_text(_made(world, self.workspace)) + "+0000"
        return {
            "name": self.name,
            "description": "",
            "createdAt": made,
            "updatedAt": made,
            "url": None if self.is_system else f"https://app-sandbox.marketo.example/#MF{self.id}A1",
            "folderId": _reference(self),
            "folderType": "Zone" if self.is_system else "Marketing Folder",
            "parent": _reference(self.above) if self.above else None,
            "path": self.path,
            "isArchive": False,
            "isSystem": self.is_system,
            "accessZoneId": self.zone,
            "workspace": self.workspace,
            "id": self.id,
        }


def _reference(folder: _Folder) -> dict[str, Any]:
    return {"id": folder.id, "type": "Folder"}


def _made(world: World, workspace: str) -> float:
    """When the folders of a workspace were made, in seconds since 1970."""
    seeded = world.generator
    return seeded.created(seeded.size) - _YOUNG[workspace] * DAY if workspace in _YOUNG else seeded.created(1) - DAY


def _all_folders() -> list[_Folder]:
    roots = [_Folder(number, name, 1) for number, name in _ROOTS.items()]
    zones = [_Folder(_FIRST_ZONE + zone - 1, name, zone, roots[0]) for zone, name in PARTITIONS.items()]
    made = [_Folder(_FIRST_FOLDER + zone.zone - 1, "Campaigns", zone.zone, zone, is_system=False) for zone in zones]
    return [*roots, *zones, *made]


FOLDERS: Final = _all_folders()


def routes(instance: Instance) -> list[Route]:
    return [route(instance, "/rest/asset/v1/folders.json", READ_ASSETS, get=_folders)]


async def _folders(call: MarketoCall) -> dict[str, Any]:
    """Folders of the workspaces that the API user may see: what tells a client where history starts."""
    world, depth = call.instance.world, call.number("maxDepth", 2)
    workspaces = parts(world.switches.folder_workspaces) or PARTITIONS.values()
    found = [folder for folder in FOLDERS if folder.workspace in workspaces and folder.depth <= depth]
    start = call.number("offset", 0)
    page = found[start : start + call.size(200, "maxReturn", 20)]
    if not page:
        return success(world, None, errors=[], warnings=["No assets found for the given search criteria."])
    return success(world, [folder.record(world) for folder in page], errors=[], warnings=[])
