"""Every address of the portal and the role it needs: the one table. An address that isn't in it is refused.

A new address gets a line here and nothing in its view. The roles of an organisation (viewer, bookkeeper, owner) are for
addresses with an `organisation_id`. tests/portal/test_access.py tries every line with every role.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import structlog
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, get_resolver

from bookbridge.organisations.access import ANYONE, BOOKKEEPER, LOGGED_IN, OPERATOR, OWNER, VIEWER, admit
from bookbridge.organisations.walls import acting_as

ROLES: dict[str, str] = {
    # The user's own pages
    "front": LOGGED_IN,
    "companies": LOGGED_IN,
    "preferences": LOGGED_IN,
    "notices": LOGGED_IN,
    "packages": LOGGED_IN,
    "package": LOGGED_IN,
    "authorise_callback": LOGGED_IN,  # which account it is for stands in the session that began it
    # The installation
    "installation": OPERATOR,
    # One company
    "company": VIEWER,
    "members": VIEWER,
    "invite": OWNER,
    "change_member": OWNER,
    "remove_member": OWNER,
    "save_notices": VIEWER,  # their own
    "integrations": VIEWER,
    "integration": VIEWER,
    "history": VIEWER,
    "files": VIEWER,
    "issues": VIEWER,
    "issue": VIEWER,
    "apply_to_issue": BOOKKEEPER,
    "retry_all": BOOKKEEPER,
    "upload": BOOKKEEPER,
    "outbox_file": VIEWER,
    "drop_box": VIEWER,
    "make_access_key": OWNER,
    "revoke_access_key": OWNER,
    "forget_agent": OWNER,
    "settings": VIEWER,
    "save_schedule": OWNER,
    "save_silence": OWNER,
    "save_agent_silence": OWNER,
    "pause": BOOKKEEPER,
    "resume": BOOKKEEPER,
    "mappings": VIEWER,
    "save_mapping": BOOKKEEPER,
    "remove_mapping": BOOKKEEPER,
    "layout": VIEWER,
    "layout_preview": OWNER,
    "save_layout": OWNER,
    "authorise": OWNER,
    "give_key": OWNER,
    "administration": OWNER,
    "run": VIEWER,
    "run_progress": VIEWER,
    "dry_run": VIEWER,
    "line": VIEWER,
    "save_correction": BOOKKEEPER,
    "save_rows": BOOKKEEPER,
    "leave_rows_out": BOOKKEEPER,
    "leave_out": BOOKKEEPER,
    "send_after_all": BOOKKEEPER,
    "already_there": BOOKKEEPER,
    "leave_as_posted": BOOKKEEPER,
    "book_difference": BOOKKEEPER,
    "retry": BOOKKEEPER,
    "original": VIEWER,
    "agree": BOOKKEEPER,
    "refuse": BOOKKEEPER,
    # Reconciliations and the trail
    "reconciliation": VIEWER,
    "reconciliation_csv": VIEWER,
    "reconciliation_pdf": VIEWER,
    "compare": BOOKKEEPER,
    "comparison": VIEWER,
    "compare_run": BOOKKEEPER,
    "run_comparison": VIEWER,
    "run_reconciliation_csv": VIEWER,
    "run_reconciliation_pdf": VIEWER,
    "trail": BOOKKEEPER,  # it holds the addresses that people came from
    "trail_csv": BOOKKEEPER,
    "verify_trail": BOOKKEEPER,
    "integration_trail": BOOKKEEPER,
    "integration_trail_csv": BOOKKEEPER,
    "line_trail": VIEWER,  # without those addresses for a viewer
    # Logging in and out
    "account_login": ANYONE,
    "account_logout": ANYONE,
    "account_inactive": ANYONE,
    "account_reset_password": ANYONE,
    "account_reset_password_done": ANYONE,
    "account_reset_password_from_key": ANYONE,
    "account_reset_password_from_key_done": ANYONE,
    "mfa_authenticate": ANYONE,  # between the password and the second step; a session without the first is sent back
    "mfa_login_webauthn": ANYONE,
    # The user's own security
    "account_reauthenticate": LOGGED_IN,
    "account_change_password": LOGGED_IN,
    "account_set_password": LOGGED_IN,
    "mfa_index": LOGGED_IN,
    "mfa_reauthenticate": LOGGED_IN,
    "mfa_activate_totp": LOGGED_IN,
    "mfa_deactivate_totp": LOGGED_IN,
    "mfa_view_recovery_codes": LOGGED_IN,
    "mfa_generate_recovery_codes": LOGGED_IN,
    "mfa_download_recovery_codes": LOGGED_IN,
    "mfa_list_webauthn": LOGGED_IN,
    "mfa_add_webauthn": LOGGED_IN,
    "mfa_reauthenticate_webauthn": LOGGED_IN,
    "mfa_remove_webauthn": LOGGED_IN,
    "mfa_edit_webauthn": LOGGED_IN,
    "usersessions_list": LOGGED_IN,
}

_log = structlog.get_logger("bookbridge.roles")


class RolesMiddleware:
    """Admits each request by the table before its view is called; what is asked for its user is asked as that user."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated:
            return self._get_response(request)
        with acting_as(request.user.pk):
            return self._get_response(request)

    def process_view(self, request: HttpRequest, _view: Any, _args: Any, kwargs: dict[str, Any]) -> HttpResponse | None:
        name = request.resolver_match.view_name if request.resolver_match else ""
        needed = ROLES.get(name)
        if needed is None:
            _log.error("address_without_role", address=name, remedy="give it a line in bookbridge/server/roles.py")
            raise Http404("no such page")
        return admit(request, needed, kwargs.get("organisation_id"))


def addresses_without_role() -> list[str]:
    """The addresses that exist and that the table doesn't know; they are refused to everybody."""
    known = set(ROLES)
    return sorted({pattern.name or str(pattern.pattern) for pattern in all_addresses()} - known)


def all_addresses(patterns: Sequence[URLPattern | URLResolver] | None = None) -> Iterator[URLPattern]:
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLResolver):
            yield from all_addresses(pattern.url_patterns)
        else:
            yield pattern
