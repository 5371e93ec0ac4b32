from django.apps import AppConfig


class OrganisationsConfig(AppConfig):
    name = "bookbridge.organisations"
    label = "organisations"

    def ready(self) -> None:
        from bookbridge.organisations import log_in_trail

        log_in_trail.listen()
