"""My company, the list of integrations, the installation."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db.models import Count, DurationField, ExpressionWrapper, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, Now

from bookbridge.exchange.models import Delivery, OutstandingSnapshot, Posting, Run
from bookbridge.integrations.models import Agent, Authorisation, Configuration, Integration
from bookbridge.kit import catalogue
from bookbridge.organisations.models import Membership, Organisation, User
from bookbridge.portal.queries.counting import RunRow, run_row, state_of

SET_ASIDE_SHOWN_DAYS = 14


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
    last: RunRow | None
    next_outstanding_at: datetime | None
    refused: int = 0
    uncertain: int = 0
    held: Sequence[OutstandingSnapshot] = ()
    set_aside: int = 0
    silent_pcs: int = 0
    troubled_runs: Sequence[Run] = field(default=())
    paused: Sequence[Configuration] = field(default=())

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


def integration_rows(organisation: Organisation, only: UUID | None = None) -> list[IntegrationRow]:
    """The organisation's integrations (or one of them) in the order of their names."""
    wanted = organisation.integrations.order_by("name").prefetch_related("authorisations")
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
    return silent.annotate(number=Count("pk")).values_list("number", flat=True)


def _configurations(organisation: Organisation, integrations: Sequence[Integration]) -> list[Configuration]:
    runs = Run.objects.filter(organisation=organisation, configuration=OuterRef("pk")).order_by("-created_at")
    return list(
        organisation.configurations.filter(integration__in=integrations)
        .select_related("paused_by")
        .annotate(
            last_out=Subquery(runs.filter(direction=Run.Direction.OUT).values("pk")[:1]),
            last_in=Subquery(runs.filter(direction=Run.Direction.IN).values("pk")[:1]),
        )
    )


class _Facts:
    """What is known of some configurations, each thing in one query."""

    def __init__(self, organisation: Organisation, configurations: Sequence[Configuration]) -> None:
        self.configurations = configurations
        ids = [configuration.pk for configuration in configurations]
        last_ids = [pk for c in configurations for pk in (_last(c, "out"), _last(c, "in")) if pk]
        self.runs = Run.objects.filter(organisation=organisation).in_bulk(last_ids)
        self.open_postings = {
            row["configuration"]: row
            for row in Posting.objects.filter(
                organisation=organisation, configuration__in=ids, state__in=["refused", "uncertain"]
            )
            .values("configuration")
            .annotate(
                refused=Count("pk", filter=Q(state="refused")), uncertain=Count("pk", filter=Q(state="uncertain"))
            )
        }
        self.held = list(
            OutstandingSnapshot.objects.filter(
                organisation=organisation, configuration__in=ids, state=OutstandingSnapshot.State.HELD
            ).select_related("run")
        )
        self.set_aside = dict(
            Delivery.objects.filter(
                organisation=organisation,
                state=Delivery.State.SET_ASIDE,
                received_at__gte=datetime.now(UTC) - timedelta(days=SET_ASIDE_SHOWN_DAYS),
            )
            .values_list("integration")
            .annotate(Count("pk"))
        )


def _last(configuration: Configuration, direction: str) -> int | None:
    found: int | None = getattr(configuration, f"last_{direction}")
    return found


def _row(integration: Integration, facts: _Facts) -> IntegrationRow:
    own = [c for c in facts.configurations if c.integration_id == integration.pk]
    ids = {c.pk for c in own}
    runs = [facts.runs[pk] for c in own for pk in (_last(c, "out"), _last(c, "in")) if pk in facts.runs]
    newest = max(runs, key=lambda run: (run.created_at, run.pk), default=None)
    open_postings = [facts.open_postings[pk] for pk in ids if pk in facts.open_postings]
    due = [c.next_outstanding_at for c in own if _has_a_schedule(c)]
    return IntegrationRow(
        integration=integration,
        package=package_name(integration.package),
        authorisations=list(integration.authorisations.all()),
        last=run_row(newest) if newest else None,
        next_outstanding_at=None if integration.is_paused else min(due, default=None),
        refused=sum(row["refused"] for row in open_postings),
        uncertain=sum(row["uncertain"] for row in open_postings),
        held=[snapshot for snapshot in facts.held if snapshot.configuration_id in ids],
        silent_pcs=0 if integration.is_paused else integration.silent_pcs,  # type: ignore[attr-defined]
        set_aside=facts.set_aside.get(integration.pk, 0),
        paused=[c for c in own if c.paused_at],
        troubled_runs=[run for run in runs if state_of(run) in ("failed", "with_errors")],
    )


def _has_a_schedule(configuration: Configuration) -> bool:
    is_going = configuration.is_active and configuration.paused_at is None
    return bool(configuration.next_outstanding_at and is_going and configuration.outstanding_kinds)
