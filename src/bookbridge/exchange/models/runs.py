"""Who works, on what: workers, runs, and the files that came in."""

import uuid

from django.db import models

from bookbridge.documents import Problem
from bookbridge.integrations.models import Configuration, Integration
from bookbridge.organisations.models import Organisation, User


class WorkerSession(models.Model):
    """One life of one worker process. It is alive while PostgreSQL holds its advisory lock and its heart beats."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    lock_key = models.BigIntegerField(unique=True)
    host = models.CharField(max_length=200)
    pid = models.IntegerField()
    version = models.CharField(max_length=40, blank=True, default="", db_default="")
    started_at = models.DateTimeField(auto_now_add=True)
    heartbeat_at = models.DateTimeField()
    dead_since = models.DateTimeField(null=True, help_text="When others took over from it, for ever")


class DatabaseLife(models.Model):
    """Which life of which PostgreSQL the tables were last worked on in. Another may have forgotten what was sent."""

    cluster = models.CharField(max_length=40)
    timeline = models.CharField(max_length=8)


class Run(models.Model):
    """One exchange of one configuration: out to the package, in from it, or a comparison with its books."""

    class Direction(models.TextChoices):
        OUT = "out", "To the package"
        IN = "in", "From the package"
        COMPARE = "cmp", "Comparison"

    class Trigger(models.TextChoices):
        FILE = "file", "File"
        SCHEDULE = "schedule", "Schedule"
        RETRY = "retry", "Retry"
        PERSON = "person", "Person"
        RECOVERY = "recovery", "Recovery"

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        WORKING = "working", "Working"
        ENDED = "ended", "Ended"

    class Result(models.TextChoices):
        GOOD = "good", "Good"
        WITH_ERRORS = "with_errors", "With errors"
        FAILED = "failed", "Failed"
        HELD = "held", "Held for a decision"

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="runs")
    configuration = models.ForeignKey(Configuration, on_delete=models.CASCADE, related_name="runs")
    direction = models.CharField(max_length=3, choices=Direction.choices)
    trigger = models.CharField(max_length=10, choices=Trigger.choices)
    requested_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    previous = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, blank=True, related_name="next_runs")
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    resume_at = models.DateTimeField(help_text="When a waiting run is due")
    waiting_for = models.JSONField(null=True, blank=True, help_text="Why a waiting run waits, as a problem")
    failures = models.PositiveSmallIntegerField(default=0, help_text="Times in a row that work on it broke off")
    claim = models.UUIDField(null=True, blank=True, help_text="Token of the worker that owns it now")
    worker = models.UUIDField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    result = models.CharField(max_length=12, choices=Result.choices, blank=True)
    problem = models.JSONField(null=True, blank=True, help_text="Why the whole run failed or is held")
    counts = models.JSONField(default=dict, help_text="Lines by outcome, kept up to date while the run works")
    lines_forgotten_at = models.DateTimeField(null=True, blank=True, help_text="When retention removed its lines")
    reconciliation = models.JSONField(default=list, help_text="Rows of journal, currency and amounts; at the end")

    class Meta:
        indexes = [
            models.Index(fields=["organisation", "configuration", "-created_at"], name="run_history"),
            models.Index(fields=["resume_at"], name="run_due", condition=models.Q(state="waiting")),
            models.Index(fields=["worker"], name="run_working", condition=models.Q(state="working")),
            models.Index(
                # Few runs of very many haven't ended; the installation's page and its metrics count them.
                fields=["state", "resume_at"],
                name="run_open",
                condition=models.Q(state__in=["waiting", "working"]),
            ),
            models.Index(fields=["ended_at"], name="run_ended", condition=models.Q(state="ended")),
            models.Index(
                fields=["organisation", "ended_at"],
                name="run_with_lines",
                condition=models.Q(state="ended", lines_forgotten_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"run {self.pk} of {self.configuration_id}"

    @property
    def shown_problem(self) -> Problem | None:
        return Problem.model_validate(self.problem) if self.problem else None

    @property
    def shown_waiting(self) -> Problem | None:
        return Problem.model_validate(self.waiting_for) if self.waiting_for else None


class Delivery(models.Model):
    """One file that came in. The original is kept in the archive and linked from every line."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        TAKEN_IN = "taken_in", "Taken in"
        SET_ASIDE = "set_aside", "Set aside"

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="deliveries")
    integration = models.ForeignKey(Integration, on_delete=models.CASCADE, related_name="deliveries")
    run = models.ForeignKey(Run, on_delete=models.CASCADE, null=True, blank=True, related_name="deliveries")
    file_name = models.CharField(max_length=255)
    inbox_key = models.CharField(max_length=1200)
    inbox_version = models.CharField(max_length=200, help_text="Tells two files of one name apart")
    archive_key = models.CharField(max_length=1200)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    profile = models.CharField(max_length=60, blank=True)
    format = models.CharField(max_length=20, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    problem = models.JSONField(null=True, blank=True, help_text="Why it was set aside")
    repeats = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    rows = models.BigIntegerField(default=0)
    received_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "integration", "inbox_key", "inbox_version"], name="delivery_taken_once"
            )
        ]
        indexes = [
            models.Index(fields=["organisation", "integration", "sha256"], name="delivery_content"),
            models.Index(fields=["organisation", "integration", "-received_at"], name="delivery_latest"),
        ]

    def __str__(self) -> str:
        return self.file_name

    @property
    def shown_problem(self) -> Problem | None:
        return Problem.model_validate(self.problem) if self.problem else None
