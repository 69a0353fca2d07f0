from django.apps import AppConfig


class DiagnosticsConfig(AppConfig):
    name = "diagnostics"

    def ready(self) -> None:
        from diagnostics import help_kinds, help_links

        for kind in help_kinds.KINDS:
            help_links.register(kind)
