"""What people made of what failed or changed: corrections, decisions and difference entries."""

from django.db import models

from bookbridge.exchange.models.postings import Line, Posting
from bookbridge.exchange.models.runs import Run
from bookbridge.integrations.models import Configuration
from bookbridge.organisations.models import Organisation, User


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


class Difference(models.Model):
    """An entry by which what the source changed since it was posted gets into the books, beside the first one.

    It is a document with a posting of its own. `state` follows that posting's by a trigger (migration 0020), whichever
    way it changes; the moment it is booked, `corrects` is known to say `document`.
    """

    class State(models.TextChoices):
        OPEN = "open", "To be booked"
        BOOKED = "booked", "Booked"
        WITHDRAWN = "withdrawn", "Left out by a person"

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    corrects = models.ForeignKey(Posting, on_delete=models.CASCADE, related_name="differences")
    posting = models.OneToOneField(Posting, on_delete=models.RESTRICT, related_name="difference")
    line = models.ForeignKey(Line, on_delete=models.SET_NULL, null=True, related_name="differences")
    state = models.CharField(max_length=9, choices=State.choices, default=State.OPEN)
    from_fingerprint = models.CharField(max_length=64, help_text="Of what the books were known to say before")
    document = models.JSONField(help_text="What the source said in `line`: what the books say with it")
    fingerprint = models.CharField(max_length=64, help_text="Of that content")
    amount = models.DecimalField(
        max_digits=21, decimal_places=6, help_text="By how much the document's amount in reconciliations grows"
    )
    reason = models.CharField(max_length=500)
    decided_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    decided_at = models.DateTimeField()
    booked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "corrects"],
                name="difference_open_once",
                condition=models.Q(state="open"),
            )
        ]
