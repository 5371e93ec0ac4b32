"""bookbridge add … and bookbridge configure: what an installer does before people use the portal."""

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import click


@click.group()
def add() -> None:
    """Add a user, an organisation, an app registration, an integration or an access key."""


@add.command("user")
@click.argument("email")
@click.option("--name", default="", help="The person's name.")
@click.option("--operator", is_flag=True, help="Looks after the installation; sees no documents.")
@click.option("--password", envvar="PASSWORD", help="Asked for when it is left out.")
def add_user(email: str, name: str, operator: bool, password: str | None) -> None:
    """Add a person who logs in with EMAIL."""
    _load()
    from django.contrib.auth.password_validation import validate_password
    from django.core.exceptions import ValidationError
    from django.core.validators import validate_email
    from django.db import transaction

    from bookbridge.organisations import trail
    from bookbridge.organisations.models import User

    email = email.strip().lower()
    if User.objects.filter(email=email).exists():
        raise click.ClickException(f"{email} is a user already")
    password = password or click.prompt("Password", hide_input=True, confirmation_prompt=True)
    user = User(email=email, name=name, is_operator=operator)
    try:
        validate_email(email)
        validate_password(password, user)
    except ValidationError as error:
        raise click.ClickException(" ".join(error.messages)) from None
    with transaction.atomic():
        user = User.objects.create_user(email, password, name=name, is_operator=operator)
        trail.record(None, "user.added", subject=user, changes=trail.differences(None, user, ("email", "is_operator")))
    click.echo(f"Added {email}.")


@add.command("organisation")
@click.argument("name")
@click.option("--owner", required=True, help="Mail address of the user who owns it.")
def add_organisation(name: str, owner: str) -> None:
    """Add an organisation NAME, a company that uses Bookbridge."""
    _load()
    from django.db import transaction

    from bookbridge.organisations import trail
    from bookbridge.organisations.models import Membership, Organisation, User
    from bookbridge.organisations.walls import acting_for

    user = User.objects.filter(email=owner.strip().lower()).first()
    if user is None:
        raise click.ClickException(f"there is no user {owner}; add it first with `bookbridge add user {owner}`")
    organisation = Organisation(name=name)
    with acting_for(organisation.pk), transaction.atomic():
        organisation.save(force_insert=True)
        Membership.objects.create(organisation=organisation, user=user, role=Membership.Role.OWNER)
        named = trail.differences(None, organisation, ("name",))
        trail.record(organisation.pk, "organisation.added", subject=organisation, changes=named)
        trail.record(organisation.pk, "membership.added", subject=user, changes={"role": (None, Membership.Role.OWNER)})
    click.echo(f"Added {name}: {organisation.pk}")


@add.command("app")
@click.argument("package")
@click.argument("address")
@click.option("--client-id", required=True, help="As the vendor's app registration shows it.")
@click.option("--client-secret", envvar="CLIENT_SECRET", help="Asked for when it is left out; kept encrypted.")
def add_app(package: str, address: str, client_id: str, client_secret: str | None) -> None:
    """Add this installation's own registration at a vendor, or change its id and secret.

    ADDRESS is the package's host, such as https://start.exactonline.nl. At the vendor, register the redirect address
    that this command prints.
    """
    _load()
    from django.conf import settings

    from bookbridge.integrations.registering import register_app
    from bookbridge.integrations.tokens import CALLBACK_PATH
    from bookbridge.kit import catalogue

    if package not in catalogue.packages():
        raise click.ClickException(f"there is no package {package}; there are {', '.join(catalogue.packages())}")
    _check_address(address)
    secret = client_secret or click.prompt("Client secret", hide_input=True)
    register_app(package, address.rstrip("/"), client_id, secret)
    click.echo(f"Redirect address to register: {settings.ENVIRONMENT.public_url}{CALLBACK_PATH}")


@add.command("integration")
@click.argument("organisation")
@click.argument("name")
@click.argument("package")
@click.option("--account", default="Account", show_default=True, help="A name for the account at the package.")
@click.option("--address", help="The package's host, when the installation has apps at several.")
def add_integration(organisation: str, name: str, package: str, account: str, address: str | None) -> None:
    """Add an integration NAME of ORGANISATION (its id) with PACKAGE; its owner then authorises the account."""
    _load()
    from django.conf import settings
    from django.urls import reverse

    from bookbridge.integrations.models import AppRegistration
    from bookbridge.kit import catalogue
    from bookbridge.organisations.walls import acting_for
    from bookbridge.storage import inbox_prefix, open_storage

    found = _organisation(organisation)
    if package in catalogue.packages() and catalogue.fact_sheet(package).access_key:
        # Its owner gives the address and the key on the integration's page.
        with acting_for(found.pk):
            made = _integration(found, name, package, None, account)
    else:
        apps = AppRegistration.objects.filter(package=package, **({"address": address.rstrip("/")} if address else {}))
        if apps.count() != 1:
            raise click.ClickException(
                f"{apps.count()} app registrations fit {package}; add one by `bookbridge add app`, or name one by "
                "--address"
            )
        with acting_for(found.pk):
            made = _integration(found, name, package, apps.get(), account)
    inbox = inbox_prefix(found.pk, made.pk)
    open_storage().make_folder(inbox)
    page = reverse("integration", args=[found.pk, made.pk])
    click.echo(f"Added {name}: {made.pk}")
    click.echo(f"Its owner authorises the account at {settings.ENVIRONMENT.public_url}{page}")
    click.echo(f"Its inbox is {open_storage().local_path(inbox) or inbox}")


def _integration(organisation: Any, name: str, package: str, app: Any, account: str) -> Any:
    from django.db import transaction

    from bookbridge.integrations.models import Authorisation, Integration
    from bookbridge.organisations import trail

    if Integration.objects.filter(organisation=organisation, name=name).exists():
        raise click.ClickException(f"{organisation} has an integration {name} already")
    with transaction.atomic():
        made = Integration.objects.create(organisation=organisation, name=name, package=package)
        authorisation = Authorisation.objects.create(
            organisation=organisation, integration=made, app=app, label=account
        )
        named = trail.differences(None, made, ("name", "source", "package"))
        trail.record(organisation.pk, "integration.added", subject=made, changes=named)
        wanted = trail.differences(None, authorisation, ("integration", "app", "label"))
        trail.record(organisation.pk, "authorisation.added", subject=authorisation, changes=wanted)
    return made


@add.command("access-key")
@click.argument("integration")
@click.option("--label", default="Agent", show_default=True, help="What uses the key, such as the name of its machine.")
def add_access_key(integration: str, label: str) -> None:
    """Add an access key to the drop box of INTEGRATION (its id). Its secret is printed once and can't be had again.

    All of it stands in the connection code, for `bookbridge-agent add --code`.
    """
    _load()
    from django.conf import settings

    from bookbridge.integrations import access_keys
    from bookbridge.integrations.models import Integration
    from bookbridge.organisations.walls import acting_for
    from bookbridge.storage.dropbox import connection_code
    from bookbridge.storage.places import DROP_BOX_BUCKET, DROP_BOX_REGION, inbox_prefix

    home = _home(integration)
    with acting_for(home):
        found = Integration.objects.get(pk=integration)
        key, secret = access_keys.make(found, label.strip()[:120] or "Agent", None)
    code = connection_code.written(
        endpoint=settings.ENVIRONMENT.public_url,
        company=home,
        integration=found.pk,
        access_key=key.key_id,
        secret=secret,
        name=found.name,
    )
    click.echo(f"Address:           {settings.ENVIRONMENT.public_url} (path style, Signature Version 4)")
    click.echo(f"Region:            {DROP_BOX_REGION}")
    click.echo(f"Bucket:            {DROP_BOX_BUCKET}")
    click.echo(f"Inbox:             {inbox_prefix(home, key.integration_id)}/")
    click.echo(f"Access key:        {key.key_id}")
    click.echo(f"Secret access key: {secret}")
    click.echo(f"Connection code:   {code}")


@click.command()
@click.argument("integration")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False), required=False)
def configure(integration: str, file: Path | None) -> None:
    """Set the configuration of INTEGRATION (its id) to what a TOML FILE says; without a file, show it.

    docs/configuration.md tells what the file may say.
    """
    _load()
    from bookbridge.integrations import configuring
    from bookbridge.organisations.walls import acting_for

    with acting_for(_home(integration)):
        found = _configuration(integration)
        if file is not None:
            try:
                configuring.configure(found, file.read_text(encoding="utf-8"))
            except (configuring.WrongConfigurationError, UnicodeDecodeError) as error:
                raise click.ClickException(f"{file} was not taken:\n{error}") from None
        click.echo(json.dumps(configuring.as_values(found), indent=2))


def _check_address(address: str) -> None:
    """Told now, where it can be corrected, and not by the first run."""
    from bookbridge.kit import outgoing
    from bookbridge.kit.errors import AddressRefusedError, UnreachableError

    try:
        outgoing.check(address)
    except AddressRefusedError as error:
        raise click.ClickException(f"{address} can't be the address of a package: {error.reason}") from None
    except UnreachableError as error:
        click.echo(f"Added all the same, but {error.reason}.", err=True)


def _load() -> None:
    from bookbridge.server.start import load_django

    load_django()


def _organisation(text: str) -> Any:
    from bookbridge.organisations.models import Organisation
    from bookbridge.organisations.walls import acting_for

    try:
        with acting_for(UUID(text)):
            return Organisation.objects.get(pk=text)
    except (Organisation.DoesNotExist, ValueError):
        raise click.ClickException(f"there is no organisation {text}; its id was printed when it was added") from None


def _home(integration: str) -> UUID:
    """The organisation of an integration."""
    from bookbridge.integrations.sql import home_of_integration

    try:
        home = home_of_integration(UUID(integration))
    except ValueError:
        home = None
    if home is None:
        raise click.ClickException(f"there is no integration {integration}; its id was printed when it was added")
    return home


def _configuration(integration: str) -> Any:
    from bookbridge.integrations.models import Configuration

    try:
        return Configuration.objects.get(integration_id=integration, is_active=True)
    except Configuration.DoesNotExist:
        raise click.ClickException(
            f"integration {integration} has no active configuration; authorise its account in the portal first"
        ) from None
    except Configuration.MultipleObjectsReturned:
        raise click.ClickException(f"integration {integration} has several active configurations") from None
