"""What must exist once in a package, each time it was sent, and what happened to it in each run."""

from django.db import models

from bookbridge.documents import Problem
from bookbridge.exchange.models.runs import Delivery, Run
from bookbridge.integrations.models import Configuration
from bookbridge.organisations.models import Organisation

KIND_CHOICES = [
    ("customer", "Customer"),
    ("supplier", "Supplier"),
    ("sales_invoice", "Sales invoice"),
    ("purchase_invoice", "Purchase invoice"),
    ("journal_entry", "Journal entry"),
]


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
                # With the state, so that lists of integrations count from the index alone.
                fields=["organisation", "configuration", "state"],
                name="posting_open_by_state",
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
    series = models.CharField(
        max_length=300, blank=True, default="", db_default="", help_text="Whose next number was drawn (numbering.py)"
    )
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
