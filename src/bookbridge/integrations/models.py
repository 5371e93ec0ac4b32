"""An organisation's links to packages: integrations, authorised accounts, configurations, call budgets and caches."""

import uuid

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from bookbridge.organisations.models import Organisation, User
from bookbridge.organisations.secrets import EncryptedTextField

LONGEST_SILENCE_H = 24 * 90
USUAL_AGENT_SILENCE_H = 24


class AppRegistration(models.Model):
    """This installation's own registration at a vendor: one a package and host. Belongs to no organisation."""

    package = models.CharField(max_length=40)
    address = models.URLField(help_text="The host of the package, such as https://start.exactonline.nl")
    client_id = models.CharField(max_length=200)
    client_secret = EncryptedTextField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["package", "address"], name="app_registration_once")]

    def __str__(self) -> str:
        return f"{self.package} at {self.address}"


class Integration(models.Model):
    """An installed link between a source and a package; a row on the Integrations page."""

    class Source(models.TextChoices):
        FILE_DROP = "file_drop", "Files"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="integrations")
    name = models.CharField(max_length=120)
    source = models.CharField(max_length=20, choices=Source.choices, default=Source.FILE_DROP)
    package = models.CharField(max_length=40)
    is_paused = models.BooleanField(default=False)
    silent_after_h = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(LONGEST_SILENCE_H)],
        help_text="Hours without a file after which members are told; empty: not watched",
    )
    silence_told_since = models.DateTimeField(
        null=True, blank=True, help_text="When the last file came before the silence that was last told of"
    )
    agent_silent_after_h = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        default=USUAL_AGENT_SILENCE_H,
        db_default=USUAL_AGENT_SILENCE_H,
        validators=[MinValueValidator(1), MaxValueValidator(LONGEST_SILENCE_H)],
        help_text="Hours without a sign of life of a PC's agent after which members are told; empty: not watched",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "name"], name="integration_name_once")]

    def __str__(self) -> str:
        return self.name


class Authorisation(models.Model):
    """One account at a package with its tokens. The access and refresh token are replaced together, never one alone.

    Where the package lets us in by a key, that is the access token, and there is no registration of this installation:
    the address is the account's own.
    """

    class Status(models.TextChoices):
        INACTIVE = "inactive", "Inactive"
        ACTIVE = "active", "Active"
        SIGN_IN_AGAIN = "sign_in_again", "Needs signing in again"

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="authorisations")
    integration = models.ForeignKey(Integration, on_delete=models.CASCADE, related_name="authorisations")
    app = models.ForeignKey(
        AppRegistration, on_delete=models.PROTECT, null=True, blank=True, related_name="authorisations"
    )
    address = models.URLField(
        blank=True, default="", db_default="", help_text="Where the account is, when no registration says it"
    )
    label = models.CharField(max_length=120)
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.INACTIVE)
    status_reason = models.TextField(blank=True)
    access_token = EncryptedTextField(blank=True, default="")
    refresh_token = EncryptedTextField(blank=True, default="")
    access_token_issued_at = models.DateTimeField(null=True, blank=True)
    access_token_expires_at = models.DateTimeField(null=True, blank=True)
    authorised_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    authorised_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "integration", "label"], name="authorisation_label_once")
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def base_address(self) -> str:
        """The package's address; empty as long as nobody has given one."""
        return self.address or (self.app.address if self.app else "")


class Configuration(models.Model):
    """The settings for one administration under one authorisation."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="configurations")
    integration = models.ForeignKey(Integration, on_delete=models.CASCADE, related_name="configurations")
    authorisation = models.ForeignKey(Authorisation, on_delete=models.RESTRICT, related_name="configurations")
    administration = models.CharField(max_length=60, help_text="The code of the administration in the package")
    administration_name = models.CharField(max_length=200, blank=True)
    is_active = models.BooleanField(default=True)
    mappings = models.JSONField(
        default=dict, blank=True, help_text="Per list (vat_codes, ledger_accounts …): the source's code → the package's"
    )
    layouts = models.JSONField(
        default=dict, blank=True, help_text='Per format: {"profile": name, "adjustments": TOML text}'
    )
    options = models.JSONField(default=dict, blank=True, help_text="The connector's own settings, by its fact sheet")
    outstanding_kinds = models.JSONField(default=list, blank=True, help_text='"sales", "purchase"; empty: none')
    outstanding_interval_min = models.PositiveSmallIntegerField(
        default=30, validators=[MinValueValidator(5), MaxValueValidator(1440)]
    )
    outstanding_hold_share = models.DecimalField(
        max_digits=5,
        decimal_places=2,
        default=30,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
        help_text="Hold the outstanding items when more than this percentage of the last ones would vanish",
    )
    next_outstanding_at = models.DateTimeField(null=True, blank=True)
    silence_told_since = models.DateTimeField(
        null=True, blank=True, help_text="When the last reading was before the silence that was last told of"
    )
    paused_at = models.DateTimeField(null=True, blank=True, help_text="Since then nothing is sent and nothing is read")
    paused_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    pause_note = models.CharField(max_length=200, blank=True, default="", db_default="")
    look_up_first_since = models.DateTimeField(
        null=True, blank=True, help_text="When the installation came back from a backup that the books are ahead of"
    )
    look_up_first_until = models.DateTimeField(
        null=True, blank=True, help_text="Until then a document is looked up before it is sent for the first time"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "integration", "administration"], name="configuration_administration_once"
            ),
            models.CheckConstraint(
                condition=models.Q(outstanding_interval_min__gte=5, outstanding_interval_min__lte=1440),
                name="configuration_interval_5_minutes_to_24_hours",
            ),
        ]
        indexes = [models.Index(fields=["next_outstanding_at"], name="configuration_due")]

    def __str__(self) -> str:
        return f"{self.integration} → {self.name}"

    @property
    def name(self) -> str:
        """The administration as people know it."""
        return self.administration_name or self.administration


class AccessKey(models.Model):
    """Lets an agent into the drop box of one integration. Its secret is shown once, when it is made."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="access_keys")
    integration = models.ForeignKey(Integration, on_delete=models.CASCADE, related_name="access_keys")
    label = models.CharField(max_length=120)
    key_id = models.CharField(max_length=20)
    secret = EncryptedTextField()
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    last_used_at = models.DateTimeField(null=True, blank=True)
    last_used_from = models.CharField(max_length=64, blank=True)

    class Meta:
        # The id first: a request names nothing else, and is looked up by it.
        constraints = [models.UniqueConstraint(fields=["key_id", "organisation"], name="access_key_once")]

    def __str__(self) -> str:
        return f"{self.label} ({self.key_id})"


class Agent(models.Model):
    """Bookbridge's own program on a customer's PC, as it told of itself last. Other S3 clients have no row."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    integration = models.ForeignKey(Integration, on_delete=models.CASCADE, related_name="agents")
    installation = models.CharField(max_length=32, help_text="The id that the agent gave itself")
    version = models.CharField(max_length=40, blank=True)
    synchronisations = models.JSONField(default=list, help_text="What it told of each, as `agents.read_sign` keeps it")
    heard_at = models.DateTimeField(help_text="When its last sign of life was stored, by the platform's clock")
    silence_told_since = models.DateTimeField(
        null=True, blank=True, help_text="When the last sign came before the silence that was last told of"
    )
    asked_version = models.CharField(
        max_length=40, blank=True, default="", db_default="", help_text="The newer version that it was told of"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "integration", "installation"], name="agent_once")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """As people know it: by its synchronisations, or by the beginning of its id."""
        names = [str(each["name"]) for each in self.synchronisations if each.get("name")]
        return ", ".join(names) or f"PC {self.installation[:8]}"


class PackageCache(models.Model):
    """What the package last said of its own settings (chart, VAT codes, journals …)."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    configuration = models.OneToOneField(Configuration, on_delete=models.CASCADE, related_name="package_cache")
    settings = models.JSONField()
    fetched_at = models.DateTimeField()


class PackageReference(models.Model):
    """The package's own id for a code of ours, found once and kept (customer 100234 → its guid)."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    configuration = models.ForeignKey(Configuration, on_delete=models.CASCADE, related_name="references")
    kind = models.CharField(max_length=30)
    code = models.CharField(max_length=80)
    external_id = models.CharField(max_length=200)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "configuration", "kind", "code"], name="package_reference_once"
            )
        ]


class CallBudget(models.Model):
    """The calls made to one administration under one authorisation, shared by all workers under this row's lock."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    authorisation = models.ForeignKey(Authorisation, on_delete=models.CASCADE, related_name="budgets")
    administration = models.CharField(max_length=60)
    state = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "authorisation", "administration"], name="call_budget_once")
        ]
