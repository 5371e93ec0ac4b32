"""Who uses Bookbridge: users, organisations (the tenants), what each user may do in each, and the trail of it all."""

import uuid
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser, PermissionsMixin):
    """A person who logs in with a mail address. An operator looks after the installation and sees no documents."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120, blank=True)
    language = models.CharField(max_length=2, default="en")
    time_zone = models.CharField(max_length=64, default="Europe/Amsterdam")
    is_operator = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(auto_now_add=True)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: list[str] = []
    personal_fields = ("email", "name")
    """What the audit trail never holds."""

    def __str__(self) -> str:
        return self.name or self.email


class Organisation(models.Model):
    """A customer company; every row of a customer's data belongs to one."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=120)
    time_zone = models.CharField(max_length=64, default="Europe/Amsterdam")
    keep_files_days = models.PositiveIntegerField(
        null=True, blank=True, help_text="Originals in the archive; empty: for ever"
    )
    keep_lines_days = models.PositiveIntegerField(
        null=True, blank=True, help_text="Lines of ended runs and items of old readings; empty: for ever"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """What a user may do in an organisation: a viewer reads, a bookkeeper repairs, an owner also sets up."""

    class Role(models.TextChoices):
        OWNER = "owner", "Owner"
        BOOKKEEPER = "bookkeeper", "Bookkeeper"
        VIEWER = "viewer", "Viewer"

    class ErrorMails(models.TextChoices):
        AT_ONCE = "at_once", "At once"
        DAILY = "daily", "One mail a day"
        NONE = "none", "None"

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=12, choices=Role.choices)
    mail_errors = models.CharField(
        max_length=8,
        choices=ErrorMails.choices,
        blank=True,
        default="",
        db_default="",
        help_text="Of runs with errors; empty: as the role has it",
    )
    mail_losses = models.BooleanField(
        null=True, help_text="Of accounts that need signing in again; None: as the role has it"
    )
    mail_silence = models.BooleanField(
        null=True, help_text="Of schedules and sources that have gone silent; None: as the role has it"
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "user"], name="membership_once")]

    def __str__(self) -> str:
        return f"{self.user} · {self.organisation} · {self.role}"


class Notice(models.Model):
    """That a member is told of one thing by mail: to be told while `told_at` is empty, and never a second time.

    A cause alone stands here only to say when the member was last told of it.
    """

    class Kind(models.TextChoices):
        RUN = "run", "A run with errors"
        CAUSE = "cause", "A cause of errors"
        ACCOUNT = "account", "An account that needs signing in again"
        SCHEDULE = "schedule", "A schedule that has gone silent"
        FILES = "files", "A source of files that has gone silent"
        AGENT = "agent", "An agent that has gone silent"

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    about = models.CharField(max_length=40, help_text="The id of the run, account …, or the key of the cause")
    since = models.DateTimeField(null=True, help_text="Tells one loss or silence of the same thing from the next")
    due_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True, help_text="When its mail was queued")
    mail = models.UUIDField(null=True, help_text="What went in one mail")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "user", "kind", "about", "since"], name="notice_once", nulls_distinct=False
            )
        ]
        indexes = [
            models.Index(fields=["due_at"], name="notice_due", condition=models.Q(told_at=None)),
            models.Index(fields=["user", "told_at"], name="notice_told", condition=models.Q(told_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.about}"


class AuditEntry(models.Model):
    """One thing that was changed, decided or found; made by `trail.record` alone and never changed.

    It has no foreign keys: an entry outlives what it tells of. It holds ids and settings, never a person's data or a
    secret, so that nothing ever has to be taken out of it.
    """

    organisation = models.ForeignKey(
        Organisation,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        null=True,
        related_name="+",
        help_text="None: of the installation itself",
    )
    sequence = models.BigIntegerField(help_text="In the chain of its organisation, from 1 on without a gap")
    moment = models.DateTimeField(help_text="By PostgreSQL's clock")
    actor_kind = models.CharField(max_length=20, help_text="user, worker, command, visitor …")
    actor_id = models.TextField(blank=True)
    origin = models.TextField(blank=True, help_text="The address that the request came from")
    action = models.CharField(max_length=60, help_text="What was done, as dotted words")
    subject_kind = models.CharField(max_length=40)
    subject_id = models.TextField(blank=True)
    changes = models.TextField(default="{}", help_text="JSON, kept to the letter: field → [from, to]")
    previous = models.BinaryField(help_text="The hash of the entry before")
    hash = models.BinaryField(help_text="SHA-256 of all of the above, see trail_chain.py")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "sequence"], name="audit_sequence_once", nulls_distinct=False
            )
        ]
        indexes = [
            models.Index(fields=["organisation", "subject_kind", "subject_id", "sequence"], name="audit_of_a_subject"),
            # Nearly all entries tell of postings, by workers: the others are found without reading those.
            models.Index(
                fields=["organisation", "sequence"], name="audit_by_people", condition=~models.Q(actor_kind="worker")
            ),
            models.Index(
                fields=["organisation", "sequence"],
                name="audit_but_postings",
                condition=~models.Q(action__startswith="posting."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sequence} {self.action} {self.subject_kind} {self.subject_id}"


class AuditHead(models.Model):
    """Where the chain of an organisation ends, so that a missing end is seen."""

    organisation = models.ForeignKey(
        Organisation, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, null=True, related_name="+"
    )
    count = models.BigIntegerField()
    hash = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation"], name="audit_head_once", nulls_distinct=False)]

    def __str__(self) -> str:
        return f"{self.count} {bytes(self.hash).hex()}"
