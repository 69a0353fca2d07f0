from django.apps import AppConfig


class SalesforcePackageConfig(AppConfig):
    name = "salesforce_package"

    def ready(self) -> None:
        from diagnostics import help_links
        from salesforce_package import help_kind, signals  # noqa: F401  connects its receiver

        help_links.register(help_kind.ITEM)
