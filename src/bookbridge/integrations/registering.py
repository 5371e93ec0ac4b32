"""This installation's registrations at vendors."""

from django.db import transaction

from bookbridge.integrations.models import AppRegistration
from bookbridge.organisations import trail


def register_app(package: str, address: str, client_id: str, client_secret: str) -> AppRegistration:
    """Keep the id and secret of an app at a package's host; what was there is replaced."""
    with transaction.atomic():
        before = AppRegistration.objects.select_for_update().filter(package=package, address=address).first()
        app, _ = AppRegistration.objects.update_or_create(
            package=package, address=address, defaults={"client_id": client_id, "client_secret": client_secret}
        )
        action = "app_registration.changed" if before else "app_registration.added"
        changes = trail.differences(before, app, ("package", "address", "client_id", "client_secret"))
        trail.record(None, action, subject=app, changes=changes)
    return app
