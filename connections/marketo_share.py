"""How much of its Marketo a company lets this console take."""

from dataclasses import dataclass


@dataclass(frozen=True)
class MarketoShare:
    """What all tools of a company may take of its Marketo in a day, and the part that this console allows itself."""

    calls: int = 50_000
    export_bytes: int = 500_000_000
    percent: int = 50

    @property
    def own_calls(self) -> int:
        return self.calls * self.percent // 100

    @property
    def own_export_bytes(self) -> int:
        return self.export_bytes * self.percent // 100

    @property
    def own_export_megabytes(self) -> int:
        return self.own_export_bytes // 1_000_000
