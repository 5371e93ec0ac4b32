"""Signing in at a package or giving its key, and choosing the administration to write to."""

from uuid import UUID

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from bookbridge.integrations import authorising, letting_in
from bookbridge.integrations.connecting import administrations
from bookbridge.integrations.models import Authorisation, Configuration
from bookbridge.kit import catalogue
from bookbridge.kit.errors import AddressRefusedError, NotAllowedError, PackageError, SignInAgainError
from bookbridge.kit.fact_sheet import AccessKey
from bookbridge.kit.package_settings import Administration
from bookbridge.organisations import trail
from bookbridge.organisations.access import Access, member_page
from bookbridge.portal.forms import AdministrationForm
from bookbridge.portal.key_form import ADDRESS, KeyForm
from bookbridge.portal.queries.companies import package_name


def found_authorisation(access: Access, integration_id: UUID, authorisation_id: int) -> Authorisation:
    """An authorisation of this organisation and integration; Http404 for any other."""
    found = (
        Authorisation.objects.select_related("integration", "app")
        .filter(organisation=access.organisation, integration=integration_id, pk=authorisation_id)
        .first()
    )
    if found is None:
        raise Http404("no such authorisation")
    return found


@require_POST
@member_page
def authorise(request: HttpRequest, access: Access, integration_id: UUID, authorisation_id: int) -> HttpResponse:
    """A page that leads to the package's own: at once where the browser follows it, by its link elsewhere."""
    authorisation = found_authorisation(access, integration_id, authorisation_id)
    if letting_in.rules_of(authorisation) is not None:
        return redirect("give_key", access.organisation.pk, integration_id, authorisation_id)
    address = authorising.start(request, authorisation)
    context = {
        "access": access,
        "integration": authorisation.integration,
        "authorisation": authorisation,
        "package": package_name(authorisation.integration.package),
        "address": address,
    }
    response = render(request, "portal/leaving.html", context)
    response["Refresh"] = f"0; url={address}"
    response["Cache-Control"] = "no-store"
    return response


@require_http_methods(["GET", "POST"])
@member_page
def give_key(request: HttpRequest, access: Access, integration_id: UUID, authorisation_id: int) -> HttpResponse:
    """Give the key by which the package lets us in; it is tried there, and kept only when it opens something."""
    authorisation = found_authorisation(access, integration_id, authorisation_id)
    rules = letting_in.rules_of(authorisation)
    if rules is None:
        # This package lets us in by its own pages.
        return redirect("integration", access.organisation.pk, integration_id)
    form = KeyForm(
        request.POST if request.method == "POST" else None,
        rules.fields,
        own_address=rules.address,
        addresses=catalogue.fact_sheet(authorisation.integration.package).addresses,
        known_address=authorisation.base_address,
    )
    if request.method == "POST" and form.is_valid() and _let_in(authorisation, form, access):
        messages.success(request, gettext("The key works and is kept. Bookbridge can reach the account now."))
        return redirect("administration", access.organisation.pk, integration_id, authorisation.pk)
    context = {
        "access": access,
        "integration": authorisation.integration,
        "authorisation": authorisation,
        "package": package_name(authorisation.integration.package),
        "how": _how(rules),
        "form": form,
    }
    response = render(request, "portal/give_key.html", context, status=400 if form.is_bound else 200)
    response["Cache-Control"] = "no-store"
    return response


def _how(rules: AccessKey) -> str:
    return rules.how.in_language(get_language() or "en")


def _let_in(authorisation: Authorisation, form: KeyForm, access: Access) -> bool:
    """Whether the key opens something and is kept; if not, the form says what is wrong with what."""
    package = {"package": package_name(authorisation.integration.package)}
    place = ADDRESS if ADDRESS in form.fields else None
    try:
        letting_in.let_in(authorisation, form.address, form.values, access.user)
    except SignInAgainError:
        said = gettext("%(package)s does not take this key. Copy it once more, and see that it may be used already.")
        form.add_error(form.secret_field, said % package)
    except NotAllowedError:
        said = gettext("This key opens no administration. Give its user access to one in %(package)s, and try again.")
        form.add_error(form.secret_field, said % package)
    except AddressRefusedError:
        said = gettext("This installation may not call this address. Whoever runs Bookbridge can allow it.")
        form.add_error(place, said)
    except PackageError:
        said = gettext("%(package)s does not answer at this address. Check it, or try again in a moment.") % package
        form.add_error(place, said)
    else:
        return True
    return False


@require_GET
def callback(request: HttpRequest) -> HttpResponse:
    """Where the package sends the user back to."""
    try:
        authorisation = authorising.finish(request)
    except authorising.SignInDeniedError as error:
        said = gettext("The package gave no access (%(word)s). Nothing has changed.") % {"word": error.word}
        messages.error(request, said)
        return redirect("integration", error.authorisation.organisation_id, error.authorisation.integration_id)
    except (authorising.StateRefusedError, authorising.CodeMissingError):
        return render(request, "portal/sign_in_refused.html", {"kind": "state"}, status=400)
    except SignInAgainError:
        return render(request, "portal/sign_in_refused.html", {"kind": "code"}, status=400)
    except AddressRefusedError:
        return render(request, "portal/sign_in_refused.html", {"kind": "address"}, status=502)
    except PackageError:
        return render(request, "portal/sign_in_refused.html", {"kind": "package"}, status=502)
    messages.success(request, gettext("You are signed in. Bookbridge can reach the account now."))
    return redirect("administration", authorisation.organisation_id, authorisation.integration_id, authorisation.pk)


@require_http_methods(["GET", "POST"])
@member_page
def administration(request: HttpRequest, access: Access, integration_id: UUID, authorisation_id: int) -> HttpResponse:
    """Choose the set of books that this integration writes to."""
    authorisation = found_authorisation(access, integration_id, authorisation_id)
    offered, trouble = _offered(authorisation)
    taken = {c.administration for c in _configurations(authorisation)}
    free = [a for a in offered if a.code not in taken]
    form = AdministrationForm(
        request.POST or None, choices=[(a.code, f"{a.name} ({a.code})" if a.name else a.code) for a in free]
    )
    if request.method == "POST" and form.is_valid():
        chosen = next(a for a in free if a.code == form.cleaned_data["administration"])
        if _configure(authorisation, chosen):
            said = gettext("This integration now writes to %(administration)s.")
            messages.success(request, said % {"administration": chosen.name or chosen.code})
            return redirect("integration", access.organisation.pk, integration_id)
        form.add_error("administration", gettext("This administration was chosen a moment ago by someone else."))
    context = {
        "access": access,
        "integration": authorisation.integration,
        "authorisation": authorisation,
        "package": package_name(authorisation.integration.package),
        "form": form,
        "free": free,
        "taken": [a for a in offered if a.code in taken],
        "trouble": trouble,
    }
    return render(request, "portal/administration.html", context, status=400 if form.errors else 200)


def _offered(authorisation: Authorisation) -> tuple[list[Administration], str]:
    """The account's sets of books, or why the package doesn't tell."""
    try:
        return administrations(authorisation), ""
    except SignInAgainError:
        return [], "sign_in"
    except AddressRefusedError:
        return [], "address"
    except PackageError:
        return [], "package"


def _configurations(authorisation: Authorisation) -> list[Configuration]:
    return list(
        Configuration.objects.filter(
            organisation=authorisation.organisation_id, integration=authorisation.integration_id
        )
    )


def _configure(authorisation: Authorisation, chosen: Administration) -> bool:
    """Make the configuration with what the package can do; False when there is one already."""
    kinds = list(catalogue.fact_sheet(authorisation.integration.package).capabilities.outstanding)
    try:
        with transaction.atomic():
            made = Configuration.objects.create(
                organisation_id=authorisation.organisation_id,
                integration_id=authorisation.integration_id,
                authorisation=authorisation,
                administration=chosen.code,
                administration_name=chosen.name,
                outstanding_kinds=kinds,
                next_outstanding_at=timezone.now() if kinds else None,
            )
            told = trail.differences(
                None, made, ("integration", "authorisation", "administration", "outstanding_kinds")
            )
            trail.record(made.organisation_id, "configuration.added", subject=made, changes=told)
    except IntegrityError:
        return False
    return True
