"""The mail that tells a member of what needs attention: plain text, made when it is sent, of what still holds then.

Words of files and packages are shortened, kept to one line, and lose what would make a link of them.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils.translation import get_language, gettext, ngettext

from bookbridge.exchange.troubles import Trouble
from bookbridge.organisations.models import Notice, Organisation, User
from bookbridge.organisations.notices import mailed_member
from bookbridge.organisations.walls import acting_for
from bookbridge.portal.mailing import in_the_words_of, one_line, send
from bookbridge.portal.notices.matters import Books, Matters, matters_of
from bookbridge.portal.queries.companies import package_name
from bookbridge.portal.templatetags.bookbridge import amount

CAUSES_SHOWN, RUNS_SHOWN, AGENTS_SHOWN = 10, 5, 10
_LONGEST_REASON, _LONGEST_NAME = 300, 120
_LINK = re.compile(r"(?i)\b[a-z][a-z0-9+.-]*://|\bwww\.|\b(mailto|javascript):")


@dataclass(frozen=True)
class _Part:
    """What is told of one organisation."""

    organisation: Organisation
    matters: Matters


def send_notices(user: User, mail: UUID, organisations: Sequence[UUID], *, is_last: bool) -> bool:
    """Tell the user what of this mail's notices still holds. False when nothing does, so that no mail is sent.

    Sent a second time after a broken connection, it has the same Message-ID.
    """
    with in_the_words_of(user):
        parts = [part for organisation in organisations if (part := _part(user, mail, organisation))]
        if not parts:
            return False
        said = {
            "parts": [_said(part) for part in parts],
            "several": len(organisations) > 1,
            "is_last": is_last,
            "choice": _link("notices"),
        }
        host = urlsplit(settings.ENVIRONMENT.public_url).hostname
        headers = {"Message-ID": f"<notices-{mail}@{host}>", "Auto-Submitted": "auto-generated"}
        send(user, _subject(parts), "notices/notices.txt", said, headers)
    return True


def _part(user: User, mail: UUID, organisation_id: UUID) -> _Part | None:
    with acting_for(organisation_id):
        member = mailed_member(organisation_id, user.pk)
        if member is None:
            return None
        told = Notice.objects.filter(organisation_id=organisation_id, user=user, mail=mail)
        matters = matters_of(organisation_id, list(told.order_by("pk")))
    return _Part(member.organisation, matters) if matters.standing else None


def _subject(parts: Sequence[_Part]) -> str:
    if len(parts) > 1:
        companies = ngettext("%(count)d company needs attention", "%(count)d companies need attention", len(parts))
        return f"Bookbridge: {companies % {'count': len(parts)}}"
    company, matters = one_line(parts[0].organisation.name, _LONGEST_NAME), parts[0].matters
    return f"{company}: {_what(matters)}"


def _what(matters: Matters) -> str:
    if matters.number > 1:
        said = ngettext("%(count)d thing needs attention", "%(count)d things need attention", matters.number)
        return said % {"count": matters.number}
    alone = (
        (matters.accounts, gettext("an account needs signing in again")),
        (matters.schedules, gettext("outstanding items are no longer read")),
        (matters.sources, gettext("no files come in any more")),
        (matters.agents, gettext("a PC has gone silent")),
    )
    for found, said in alone:
        if found:
            return said
    if matters.documents:
        said = ngettext("%(count)d document is held up", "%(count)d documents are held up", matters.documents)
        return said % {"count": matters.documents}
    return gettext("a run with errors")


def _said(part: _Part) -> dict[str, Any]:
    place = [part.organisation.pk]
    matters = part.matters
    return {
        "company": one_line(part.organisation.name, _LONGEST_NAME),
        "books": [_books(place, books) for books in matters.books],
        "accounts": [
            {
                "label": _safe(account.label, _LONGEST_NAME),
                "package": package_name(account.integration.package),
                "link": _link("integration", *place, account.integration_id),
            }
            for account in matters.accounts
        ],
        "schedules": [
            {
                "name": _safe(silent.configuration.name, _LONGEST_NAME),
                "since": silent.since,
                "minutes": silent.configuration.outstanding_interval_min,
                "link": _link("history", *place, silent.configuration.integration_id),
            }
            for silent in matters.schedules
        ],
        "sources": [
            {
                "name": _safe(silent.integration.name, _LONGEST_NAME),
                "since": silent.since,
                "keys": [{"label": _safe(key.label, _LONGEST_NAME), "at": key.last_used_at} for key in silent.keys],
                "link": _link("files", *place, silent.integration.pk),
            }
            for silent in matters.sources
        ],
        "agents": [
            {
                "name": _safe(agent.name, _LONGEST_NAME),
                "integration": _safe(agent.integration.name, _LONGEST_NAME),
                "since": agent.heard_at,
                "link": _link("drop_box", *place, agent.integration_id),
            }
            for agent in matters.agents[:AGENTS_SHOWN]
        ],
        "more_agents": max(0, len(matters.agents) - AGENTS_SHOWN),
    }


def _books(place: Sequence[Any], books: Books) -> dict[str, Any]:
    configuration = books.configuration
    return {
        "name": _safe(configuration.name, _LONGEST_NAME),
        "integration": _safe(configuration.integration.name, _LONGEST_NAME),
        "causes": [_cause(trouble) for trouble in books.troubles[:CAUSES_SHOWN]],
        "more_causes": max(0, len(books.troubles) - CAUSES_SHOWN),
        "runs": [{"at": run.created_at, "link": _link("run", *place, run.pk)} for run in books.runs[:RUNS_SHOWN]],
        "more_runs": max(0, len(books.runs) - RUNS_SHOWN),
        "issues": _link("issues", *place, configuration.integration_id),
        "has_issues": any(trouble.is_held_up for trouble in books.troubles),
    }


def _cause(trouble: Trouble) -> dict[str, str]:
    text = trouble.problem.explain(get_language() or "en")
    counted = [
        ngettext("%(count)d document", "%(count)d documents", trouble.documents) % {"count": trouble.documents}
        if trouble.documents
        else "",
        ngettext("%(count)d row of a file", "%(count)d rows of files", trouble.rows) % {"count": trouble.rows}
        if trouble.rows
        else "",
        ngettext("%(count)d file", "%(count)d files", trouble.files) % {"count": trouble.files}
        if trouble.files
        else "",
    ]
    sums = [amount(value, currency) for currency, value in sorted(trouble.amounts.items())]
    return {
        "held_up": ", ".join([*filter(None, counted), *sums]),
        "reason": _safe(text.reason, _LONGEST_REASON),
        "remedy": _safe(text.remedy, _LONGEST_REASON),
    }


def _safe(text: str, most: int) -> str:
    return _LINK.sub("", one_line(text, most))


def _link(name: str, *arguments: Any) -> str:
    return f"{settings.ENVIRONMENT.public_url}{reverse(name, args=arguments)}"
