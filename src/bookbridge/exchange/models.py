"""The lasting truth of the exchange: deliveries, runs, lines, postings and attempts.

A posting says that a document must exist once in a package; it never expires. A line says what happened to one document
in one run and is never changed after its run has ended. The queue only wakes workers: these tables decide.
"""

import uuid

from django.db import models

from bookbridge.documents import Problem
from bookbridge.integrations.models import Configuration, Integration
from bookbridge.organisations.models import Organisation, User

KIND_CHOICES = [
    ("customer", "Customer"),
    ("supplier", "Supplier"),
    ("sales_invoice", "Sales invoice"),
    ("purchase_invoice", "Purchase invoice"),
    ("journal_entry", "Journal entry"),
]


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


class Posting(models.Model):
    """That a document must exist once in a package. Every change of `state` is conditional on the attempt's token."""

    class State(models.TextChoices):
        PENDING = "pending", "Pending"
        SENDING = "sending", "Sending"
        POSTED = "posted", "Posted"
        REFUSED = "refused", "Refused"
        UNCERTAIN = "uncertain", "Uncertain"
        LEFT_OUT = "left_out", "Left out by a person"

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="postings")
    configuration = models.ForeignKey(Configuration, on_delete=models.CASCADE, related_name="postings")
    kind = models.CharField(max_length=20, choices=KIND_CHOICES)
    key = models.TextField()
    reference = models.CharField(max_length=12)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    attempt = models.UUIDField(null=True, blank=True, help_text="Token of the attempt that may change the state")
    worker = models.UUIDField(null=True, blank=True, help_text="The worker that made the attempt")
    fingerprint = models.CharField(max_length=64, help_text="Of the content that was last sent or posted")
    document = models.JSONField(help_text="The content that was last sent or posted")
    corrected_from = models.CharField(
        max_length=64, blank=True, default="", db_default="", help_text="Fingerprint of what the source said, if other"
    )
    external_id = models.TextField(blank=True)
    external_number = models.CharField(max_length=60, blank=True)
    look_up_at = models.DateTimeField(null=True, blank=True, help_text="When an uncertain posting is due")
    look_ups = models.PositiveSmallIntegerField(default=0)
    absences = models.PositiveSmallIntegerField(default=0, help_text="Look-ups in a row that found nothing")
    problems = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    posted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "configuration", "kind", "key"], name="posting_once")
        ]
        indexes = [
            models.Index(fields=["look_up_at"], name="posting_uncertain", condition=models.Q(state="uncertain")),
            models.Index(fields=["worker"], name="posting_sending", condition=models.Q(state="sending")),
            models.Index(
                fields=["organisation", "configuration"],
                name="posting_open",
                condition=models.Q(state__in=["refused", "uncertain"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"


class Attempt(models.Model):
    """One time that a posting was sent or looked up, written down before the call."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    posting = models.ForeignKey(Posting, on_delete=models.CASCADE, related_name="attempts")
    run = models.ForeignKey(Run, on_delete=models.CASCADE, null=True, related_name="attempts")
    token = models.UUIDField(unique=True)
    worker = models.UUIDField()
    action = models.CharField(max_length=8, choices=[("post", "Post"), ("update", "Update"), ("look_up", "Look up")])
    fingerprint = models.CharField(max_length=64)
    prepared = models.JSONField(default=dict)
    sent = models.JSONField(
        null=True, help_text="The document in the package's codes, where the mapping gave others than the source's"
    )
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=20, blank=True)
    detail = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["organisation", "posting", "started_at"], name="attempt_history")]


class Line(models.Model):
    """What happened to one document (or one part of a file that is no document) in one run."""

    class Outcome(models.TextChoices):
        WAITING = "waiting", "Waiting"
        POSTED = "posted", "Posted"
        REFUSED = "refused", "Refused"
        UNCERTAIN = "uncertain", "Uncertain"
        SKIPPED = "skipped", "Skipped"

    class Reason(models.TextChoices):
        NONE = "", ""
        ALREADY_POSTED = "already_posted", "Already posted"
        ALREADY_THERE = "already_there", "Already in the package"
        CHANGED = "changed_since_posted", "Changed since it was posted"
        NOT_READ = "not_read", "Could not be read from the file"
        NOTHING_TO_BOOK = "nothing_to_book", "Nothing to book"
        OVERTAKEN = "overtaken", "A newer version was posted before it"
        LEFT_OUT = "left_out", "Not to be sent, as a person decided"

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="lines")
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="lines")
    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, null=True, blank=True, related_name="lines")
    posting = models.ForeignKey(Posting, on_delete=models.RESTRICT, null=True, blank=True, related_name="lines")
    position = models.PositiveIntegerField(help_text="In the file")
    phase = models.PositiveSmallIntegerField(help_text="Order of sending: relations before entries")
    kind = models.CharField(max_length=20, choices=KIND_CHOICES, blank=True)
    identifier = models.CharField(max_length=80)
    journal = models.CharField(max_length=60, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    amount = models.DecimalField(max_digits=21, decimal_places=6, null=True, blank=True)
    document = models.JSONField(null=True, blank=True)
    fingerprint = models.CharField(max_length=64, blank=True)
    corrected_from = models.CharField(
        max_length=64, blank=True, default="", db_default="", help_text="Fingerprint of what the source said, if other"
    )
    rows = models.JSONField(default=list, help_text="Rows in the file; the first is the header")
    raw = models.TextField(blank=True)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, default=Outcome.WAITING)
    reason = models.CharField(max_length=24, choices=Reason.choices, blank=True)
    problems = models.JSONField(default=list)
    external_number = models.CharField(max_length=60, blank=True)
    concluded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "run", "delivery", "position"],
                name="line_once",
                nulls_distinct=False,
            )
        ]
        indexes = [
            models.Index(fields=["organisation", "run", "phase", "id"], name="line_order"),
            models.Index(
                fields=["organisation", "run", "phase", "id"],
                name="line_open",
                condition=models.Q(outcome__in=["waiting", "uncertain"]),
            ),
            models.Index(
                fields=["organisation", "identifier"],
                name="line_by_identifier",
                opclasses=["uuid_ops", "varchar_pattern_ops"],
            ),
            models.Index(
                fields=["organisation", "run", "id"],
                name="line_failed",
                condition=models.Q(outcome__in=["refused", "uncertain"]),
            ),
            models.Index(
                fields=["organisation", "run"],
                name="line_not_posted",
                # All that periods.py asks of lines, so that it reads the index alone.
                include=["id", "posting", "outcome", "reason", "journal", "currency", "amount"],
                condition=models.Q(outcome__in=["refused", "uncertain", "skipped"], amount__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.identifier

    @property
    def shown_problems(self) -> list[Problem]:
        return [Problem.model_validate(problem) for problem in self.problems]


class Correction(models.Model):
    """What a person made of a line that failed. The line stays as it was; a retry offers this in a new run."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="corrections")
    line = models.OneToOneField(Line, on_delete=models.CASCADE, related_name="correction")
    document = models.JSONField()
    fingerprint = models.CharField(max_length=64)
    is_ready = models.BooleanField(default=False, help_text="To be offered with the next retry")
    version = models.PositiveIntegerField(default=1, help_text="Two people at once don't overwrite each other")
    changed_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    changed_at = models.DateTimeField()
    retried_in = models.ForeignKey(Run, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        indexes = [
            models.Index(
                fields=["organisation", "run"],
                name="correction_ready",
                condition=models.Q(is_ready=True, retried_in=None),
            ),
        ]


class RowCorrection(models.Model):
    """What a person made of rows that could not be read: the document that they are, or that they are not to be sent.

    Rows that say the same are the same document, so that of all corrections of one text only one is ready or offered.
    What was offered is known by that for ever, also when retention has removed its line and its cells.
    """

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    configuration = models.ForeignKey(Configuration, on_delete=models.CASCADE, related_name="+")
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="row_corrections")
    line = models.OneToOneField(Line, on_delete=models.SET_NULL, null=True, related_name="row_correction")
    digest = models.CharField(max_length=64, help_text="Of the rows as the source sent them")
    cells = models.JSONField(default=list, help_text="The cells of each row, as they were corrected last")
    changes = models.JSONField(default=dict, help_text="Row and column, with what the source says and what it says now")
    document = models.JSONField(null=True, help_text="What the reader made of the cells; none when it was left out")
    rows = models.JSONField(default=list, help_text="Of the document: its header's, then one a line")
    notices = models.JSONField(default=list, help_text="Of the reader, as problems")
    reason = models.CharField(max_length=500, blank=True, help_text="Why it is not to be sent; empty: it is")
    is_ready = models.BooleanField(default=False, help_text="To be offered with the next retry, or offered")
    version = models.PositiveIntegerField(default=1, help_text="Two people at once don't overwrite each other")
    changed_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    changed_at = models.DateTimeField()
    retried_in = models.ForeignKey(Run, on_delete=models.SET_NULL, null=True, related_name="+")
    posting = models.ForeignKey(Posting, on_delete=models.RESTRICT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "configuration", "digest"],
                name="rows_corrected_once",
                condition=models.Q(is_ready=True),
            )
        ]
        indexes = [
            models.Index(fields=["organisation", "configuration", "digest"], name="rows_by_text"),
            models.Index(
                fields=["organisation", "run"],
                name="rows_ready",
                condition=models.Q(is_ready=True, retried_in=None),
            ),
        ]


class Settlement(models.Model):
    """What a person decided about a document instead of offering it again, and why. Never changed.

    It holds for the content it was decided about: what the source changed since is offered like any other.
    """

    class Kind(models.TextChoices):
        LEFT_OUT = "left_out", "Not to be sent"
        SEND_AFTER_ALL = "send_after_all", "To be sent after all"
        ALREADY_THERE = "already_there", "Already in the package"
        LEFT_AS_POSTED = "left_as_posted", "To stay as it was posted"

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    posting = models.ForeignKey(Posting, on_delete=models.CASCADE, related_name="settlements")
    fingerprint = models.CharField(max_length=64, help_text="Of the content that it was decided about")
    line = models.ForeignKey(Line, on_delete=models.SET_NULL, null=True, related_name="+")
    kind = models.CharField(max_length=14, choices=Kind.choices)
    reason = models.CharField(max_length=500)
    number = models.CharField(max_length=60, blank=True, help_text="Under which the package has it")
    differences = models.CharField(max_length=500, blank=True, help_text="Fields that the person knew to differ")
    decided_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    decided_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["organisation", "posting"], name="settlement_of_posting")]


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


class Comparison(models.Model):
    """What we posted of a period against what the package's books hold of it. Made when a person asks; its run tells
    who asked and how far it is. A new one never changes an older one."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    configuration = models.ForeignKey(Configuration, on_delete=models.CASCADE, related_name="comparisons")
    run = models.OneToOneField(Run, on_delete=models.CASCADE, related_name="comparison")
    since = models.DateField(help_text="By the entries' own dates; both days inclusive")
    until = models.DateField()
    reading = models.JSONField(null=True, help_text="What has been read of the books, while that isn't all")
    result = models.JSONField(null=True, help_text="Rows by journal and currency, and what is missing or differs")

    class Meta:
        indexes = [
            models.Index(
                fields=["organisation", "configuration", "since", "until", "-id"], name="comparison_of_period"
            ),
        ]
