"""What templates need to show states, amounts, times and codes the way the user reads them."""

import json
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from django import template
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext, ngettext

from bookbridge.documents import Explanation, Problem, minor_unit, rounded
from bookbridge.exchange.models import Attempt
from bookbridge.integrations.models import Integration
from bookbridge.portal import words
from bookbridge.portal.account import passkeys, second_step
from bookbridge.portal.icons import icon_svg
from bookbridge.portal.queries import configurations

register = template.Library()
_DATE_FORMATS = {"en": "j M Y", "nl": "j b Y", "fr": "j N Y"}
"""Day, short month as each language writes it, year."""
_NBSP = "\u00a0"
_MINUS = "\u2212"


@register.simple_tag
def icon(name: str) -> SafeString:
    return icon_svg(name)


@register.inclusion_tag("portal/parts/badge.html")
def badge(table: str, state: str) -> dict[str, Any]:
    """The sign and word of a state, such as `{% badge "run" run.shown_state %}`."""
    return {"look": words.look(table, state)}


@register.inclusion_tag("portal/parts/mark.html")
def mark(table: str, state: str) -> dict[str, Any]:
    """The sign of a state alone, its word for screen readers."""
    return {"look": words.look(table, state)}


@register.inclusion_tag("portal/parts/paused.html", takes_context=True)
def paused_of(context: Any, integration: Integration) -> dict[str, Any]:
    """What of an integration is paused, by whom, since when and why, with the button to resume it."""
    known = context.get("configurations_of_integration")
    paused = configurations.paused_of(integration) if known is None else [each for each in known if each.paused_at]
    return {
        **{name: context.get(name) for name in ("access", "csrf_token")},
        "integration": integration,
        "paused": paused,
    }


@register.simple_tag(takes_context=True)
def passkeys_usable(context: Any) -> bool:
    """Whether a passkey can be used where the browser is now."""
    return passkeys.usable_at(context["request"])


@register.simple_tag
def passkeys_place() -> str:
    """Where passkeys can be used, when that is not where the browser is; empty when nowhere."""
    return settings.ENVIRONMENT.public_url if passkeys.possible() else ""


@register.simple_tag(takes_context=True)
def second_step_missing(context: Any) -> bool:
    user = context["user"]
    return second_step.is_required_of(user) and not second_step.has_one(user)


@register.filter
def as_json(value: Any) -> str:
    """For a data attribute that a script reads."""
    return json.dumps(value, cls=DjangoJSONEncoder)


@register.filter
def in_fours(text: str) -> str:
    """A long secret as a person types it."""
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


@register.filter
def browser_name(user_agent: str) -> str:
    """What a person calls a browser, from what it calls itself."""
    browser = next((name for sign, name in words.BROWSERS if sign in user_agent), "")
    system = next((name for sign, name in words.SYSTEMS if sign in user_agent), "")
    return " · ".join(filter(None, (browser, system))) or gettext("Unknown browser")


@register.filter
def in_order(table: dict[str, Any]) -> list[tuple[str, Any]]:
    """The items of a stored object by key: the database keeps no order."""
    return sorted(table.items())


@register.filter
def word(key: str, table: str) -> Any:
    """The user's word for a key: `{{ run.trigger|word:"TRIGGER" }}`."""
    return words.word(getattr(words, table), key)


@register.filter
def field_names(paths: str) -> str:
    """Fields named by a connector, such as `total, lines`, in the user's words."""
    return ", ".join(str(words.word(words.FIELD, path.strip())) for path in paths.split(","))


@register.filter
def moment(value: datetime | None) -> SafeString | str:
    """A date and time in the user's zone."""
    if value is None:
        return "–"
    local = timezone.localtime(value)
    text = f"{_date(local)}, {local:%H:%M}"
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), text)


@register.filter
def plain_moment(value: datetime) -> str:
    """The same as text alone, for a page's title."""
    local = timezone.localtime(value)
    return f"{_date(local)}, {local:%H:%M}"


@register.filter
def plain_day(value: date) -> str:
    """A date as text alone."""
    return _date(value)


@register.filter
def explained(problem: dict[str, Any] | Problem) -> Explanation:
    """Why something failed and what to do, in the language of the page."""
    known = problem if isinstance(problem, Problem) else Problem.model_validate(problem)
    return known.explain(get_language() or "en")


@register.filter
def attempt_duration(attempt: Attempt) -> timedelta | None:
    return attempt.ended_at - attempt.started_at if attempt.ended_at else None


@register.filter
def day(value: date | None) -> SafeString | str:
    if value is None:
        return "–"
    text = _date(value)
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), text)


@register.filter
def amount(value: Any, currency: str = "") -> str:
    """An amount in the user's form with its currency; more decimals than the currency has stay visible."""
    number = _decimal(value)
    if number is None:
        return "–"
    if currency:
        whole = rounded(number, currency)
        number = whole if whole == number else number.normalize()
        places = max(-int(minor_unit(currency).as_tuple().exponent), -int(number.as_tuple().exponent), 0)
    else:
        places = max(-int(number.as_tuple().exponent), 0)
    text = formats.number_format(number, decimal_pos=places, use_l10n=True, force_grouping=True).replace("-", _MINUS)
    return f"{text}{_NBSP}{currency}" if currency else text


@register.filter
def count(value: int | None) -> str:
    """A whole number with the user's thousands separator."""
    return formats.number_format(value or 0, decimal_pos=0, use_l10n=True, force_grouping=True)


@register.filter
def size(value: int) -> str:
    """A file's size in the user's form."""
    for unit, factor in (("MB", 1_000_000), ("kB", 1_000)):
        if value >= factor:
            return f"{formats.number_format(Decimal(value) / factor, decimal_pos=1)}{_NBSP}{unit}"
    return ngettext("%(count)d byte", "%(count)d bytes", value) % {"count": value}


@register.filter
def duration(value: timedelta | None) -> str:
    """How long something took, in the two largest units that matter."""
    if value is None:
        return "–"
    seconds = value.total_seconds()
    if seconds < 10:
        return f"{formats.number_format(Decimal(str(round(seconds, 1))), decimal_pos=1)}{_NBSP}s"
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}{_NBSP}{gettext('h')} {minutes}{_NBSP}min"
    return f"{minutes}{_NBSP}min {rest}{_NBSP}s" if minutes else f"{rest}{_NBSP}s"


def _date(value: date) -> str:
    return formats.date_format(value, _DATE_FORMATS.get(get_language() or "en", "j M Y"))


def _decimal(value: Any) -> Decimal | None:
    if value is None or value == "":
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
