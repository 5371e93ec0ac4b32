from django.apps import AppConfig


class OrganisationsConfig(AppConfig):
    name = "bookbridge.organisations"
    label = "organisations"

    def ready(self) -> None:
        from bookbridge.organisations import log_in_trail
        from bookbridge.organisations.database import lookups  # noqa: F401 (registers itself)

        log_in_trail.listen()
