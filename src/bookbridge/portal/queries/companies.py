"""My company, the list of integrations, the installation."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db.models import Count, DurationField, ExpressionWrapper, OuterRef, Prefetch, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, Now

from bookbridge.exchange.models import Delivery, OutstandingSnapshot, Posting, Run
from bookbridge.integrations.models import Agent, Authorisation, Configuration, Integration
from bookbridge.kit import catalogue
from bookbridge.organisations.models import Membership, Organisation, User
from bookbridge.portal.queries import paging
from bookbridge.portal.queries.counting import state_of

SET_ASIDE_SHOWN_DAYS = 14
INTEGRATIONS_A_PAGE = 25
_OPEN = (Posting.State.REFUSED, Posting.State.UNCERTAIN)


def memberships_of(user: User) -> list[Membership]:
    return list(user.memberships.select_related("organisation").order_by("organisation__name"))


def members_of(organisation: Organisation) -> list[Membership]:
    return list(organisation.memberships.select_related("user").order_by("user__name", "user__email"))


def package_name(package: str) -> str:
    """The name a vendor gives its package; our own where the connector has been removed."""
    try:
        return catalogue.fact_sheet(package).name
    except catalogue.UnknownPackageError:
        return package


@dataclass(frozen=True, slots=True)
class IntegrationRow:
    """An integration as a row of a list, with what needs attention."""

    integration: Integration
    package: str
    authorisations: Sequence[Authorisation]
    last: Run | None
    next_outstanding_at: datetime | None
    refused: int = 0
    uncertain: int = 0
    held: Sequence[OutstandingSnapshot] = ()
    set_aside: int = 0
    silent_pcs: int = 0
    troubled_runs: Sequence[Run] = field(default=())
    paused: Sequence[Configuration] = field(default=())

    @property
    def last_state(self) -> str:
        return state_of(self.last) if self.last else ""

    @property
    def unauthorised(self) -> list[Authorisation]:
        return [a for a in self.authorisations if a.status != Authorisation.Status.ACTIVE]

    @property
    def needs_attention(self) -> bool:
        return bool(
            self.refused
            or self.uncertain
            or self.held
            or self.set_aside
            or self.silent_pcs
            or self.unauthorised
            or self.troubled_runs
            or not self.authorisations
        )


@dataclass(frozen=True, slots=True)
class IntegrationFilter:
    """What the user asked of the list of integrations."""

    text: str = ""
    """Part of the name."""
    attention: bool = False
    """Only those that need attention."""

    @property
    def is_empty(self) -> bool:
        return self == IntegrationFilter()

    def fits(self, row: IntegrationRow) -> bool:
        is_named = self.text.casefold() in row.integration.name.casefold()
        return is_named and (row.needs_attention or not self.attention)


def integration_page(organisation: Organisation, wanted: IntegrationFilter, cursor: str) -> paging.Page:
    rows = [row for row in integration_rows(organisation) if wanted.fits(row)]
    return paging.of_all(rows, cursor, INTEGRATIONS_A_PAGE)


def integration_rows(organisation: Organisation, only: UUID | None = None) -> list[IntegrationRow]:
    """The organisation's integrations (or one of them) in the order of their names."""
    # Tokens are taken out of their encryption when they are read, and no page shows them.
    accounts = Prefetch("authorisations", Authorisation.objects.defer("access_token", "refresh_token"))
    wanted = organisation.integrations.order_by("name").prefetch_related(accounts)
    wanted = wanted.annotate(silent_pcs=Coalesce(Subquery(_silent_pcs()), 0))
    if only:
        wanted = wanted.filter(pk=only)
    integrations = list(wanted)
    configurations = _configurations(organisation, integrations)
    facts = _Facts(organisation, configurations)
    return [_row(integration, facts) for integration in integrations]


def _silent_pcs() -> QuerySet[Agent, int]:
    """Of an integration outside: how many of its agents haven't been heard of for longer than it says."""
    hours = ExpressionWrapper(OuterRef("agent_silent_after_h") * Value(timedelta(hours=1)), DurationField())
    own = Agent.objects.filter(organisation=OuterRef("organisation"), integration=OuterRef("pk"))
    silent = own.filter(heard_at__lt=Now() - hours).order_by().values("integration")
    return silent.annotate(number=Count("*")).values_list("number", flat=True)


def _configurations(organisation: Organisation, integrations: Sequence[Integration]) -> list[Configuration]:
    runs = Run.objects.filter(organisation=organisation, configuration=OuterRef("pk")).order_by("-created_at")
    return list(
        organisation.configurations.filter(integration__in=integrations)
        .select_related("paused_by")
        .defer("mappings", "layouts", "options")
        .annotate(
            last_out=Subquery(runs.filter(direction=Run.Direction.OUT).values("pk")[:1]),
            last_in=Subquery(runs.filter(direction=Run.Direction.IN).values("pk")[:1]),
        )
    )


class _Facts:
    """What is known of some configurations, each thing in one query."""

    def __init__(self, organisation: Organisation, configurations: Sequence[Configuration]) -> None:
        self.configurations: dict[UUID, list[Configuration]] = defaultdict(list)
        for configuration in configurations:
            self.configurations[configuration.integration_id].append(configuration)
        ids = [configuration.pk for configuration in configurations]
        self.runs = _runs(organisation, [pk for c in configurations for pk in (_last(c, "out"), _last(c, "in")) if pk])
        self.open_postings = {
            (configuration, state): number
            for configuration, state, number in Posting.objects.filter(
                organisation=organisation, configuration__in=ids, state__in=_OPEN
            )
            .values_list("configuration", "state")
            .annotate(number=Count("*"))
            .order_by()
        }
        self.held: dict[UUID, list[OutstandingSnapshot]] = defaultdict(list)
        held = OutstandingSnapshot.objects.filter(
            organisation=organisation, configuration__in=ids, state=OutstandingSnapshot.State.HELD
        )
        # Thousands of items each, and only the page of one integration shows them.
        for snapshot in held.defer("items"):
            self.held[snapshot.configuration_id].append(snapshot)
        self.set_aside = dict(
            Delivery.objects.filter(
                organisation=organisation,
                state=Delivery.State.SET_ASIDE,
                received_at__gte=datetime.now(UTC) - timedelta(days=SET_ASIDE_SHOWN_DAYS),
            )
            .values_list("integration")
            .annotate(number=Count("*"))
        )


def _runs(organisation: Organisation, ids: Sequence[int]) -> dict[int, Run]:
    """Without their counts and reconciliations, which lists of integrations don't show."""
    shown = ("id", "created_at", "state", "result", "waiting_for")
    return Run.objects.filter(organisation=organisation).only(*shown).in_bulk(ids)


def _last(configuration: Configuration, direction: str) -> int | None:
    found: int | None = getattr(configuration, f"last_{direction}")
    return found


def _row(integration: Integration, facts: _Facts) -> IntegrationRow:
    own = facts.configurations[integration.pk]
    runs = [facts.runs[pk] for c in own for pk in (_last(c, "out"), _last(c, "in")) if pk in facts.runs]
    due = [c.next_outstanding_at for c in own if _has_a_schedule(c)]
    refused, uncertain = (sum(facts.open_postings.get((c.pk, state), 0) for c in own) for state in _OPEN)
    return IntegrationRow(
        integration=integration,
        package=package_name(integration.package),
        authorisations=list(integration.authorisations.all()),
        last=max(runs, key=lambda run: (run.created_at, run.pk), default=None),
        next_outstanding_at=None if integration.is_paused else min(due, default=None),
        refused=refused,
        uncertain=uncertain,
        held=[snapshot for c in own for snapshot in facts.held[c.pk]],
        silent_pcs=0 if integration.is_paused else integration.silent_pcs,  # type: ignore[attr-defined]
        set_aside=facts.set_aside.get(integration.pk, 0),
        paused=[c for c in own if c.paused_at],
        troubled_runs=[run for run in runs if state_of(run) in ("failed", "with_errors")],
    )


def _has_a_schedule(configuration: Configuration) -> bool:
    is_going = configuration.is_active and configuration.paused_at is None
    return bool(configuration.next_outstanding_at and is_going and configuration.outstanding_kinds)
