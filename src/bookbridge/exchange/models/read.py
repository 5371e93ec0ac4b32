"""What was read from a package."""

from typing import Any

from django.db import models

from bookbridge.exchange.models.runs import Run
from bookbridge.integrations.models import Configuration
from bookbridge.organisations.models import Organisation, User


class OutstandingSnapshot(models.Model):
    """Every open item at one moment, read completely. Held when it looks wrong, until a person agrees."""

    class State(models.TextChoices):
        WRITTEN = "written", "Written"
        HELD = "held", "Held"
        DISCARDED = "discarded", "Discarded"

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    configuration = models.ForeignKey(Configuration, on_delete=models.CASCADE, related_name="snapshots")
    run = models.OneToOneField(Run, on_delete=models.CASCADE, related_name="snapshot")
    taken_at = models.DateTimeField()
    items = models.JSONField(default=list)
    item_count = models.PositiveIntegerField()
    totals = models.JSONField(default=dict, help_text="Open amount per kind and currency")
    state = models.CharField(max_length=10, choices=State.choices)
    vanished = models.PositiveIntegerField(default=0, help_text="Items of the last written snapshot that are gone")
    problem = models.JSONField(null=True, blank=True)
    file_keys = models.JSONField(default=list)
    decided_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["organisation", "configuration", "-taken_at"], name="snapshot_latest"),
            models.Index(
                fields=["organisation", "configuration"], name="snapshot_held", condition=models.Q(state="held")
            ),
        ]


class Reading(models.Model):
    """What a run has read of the package and where it goes on, while that isn't all. Gone when the run has ended."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    run = models.OneToOneField(Run, on_delete=models.CASCADE, related_name="reading")
    content = models.JSONField()


class Comparison(models.Model):
    """What we posted of a period, or in one run, against what the package's books hold of it. Made when a person asks;
    its run tells who asked and how far it is. A new one never changes an older one."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    configuration = models.ForeignKey(Configuration, on_delete=models.CASCADE, related_name="comparisons")
    run = models.OneToOneField(Run, on_delete=models.CASCADE, related_name="comparison")
    about = models.ForeignKey(
        Run,
        on_delete=models.CASCADE,
        null=True,
        related_name="comparisons",
        help_text="The run whose entries alone are compared; none: all of the period",
    )
    since = models.DateField(help_text="By the entries' own dates; both days inclusive")
    until = models.DateField()
    reading = models.JSONField(null=True, help_text="Of the version before; goes a release later")
    result = models.JSONField(null=True, help_text="Rows by journal and currency, and what is missing or differs")

    class Meta:
        indexes = [
            models.Index(
                fields=["organisation", "configuration", "since", "until", "-id"], name="comparison_of_period"
            ),
        ]

    @property
    def own_result(self) -> dict[str, Any] | None:
        """A worker of the version before knows periods alone. What it makes of a run's comparison holds more than was
        asked for, and is taken for none: it is asked for again."""
        result: dict[str, Any] | None = self.result
        return result if result is not None and result.get("about") == self.about_id else None
