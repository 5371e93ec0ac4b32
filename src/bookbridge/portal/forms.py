"""The portal's forms."""

import zoneinfo
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from bookbridge.exchange.models import Run
from bookbridge.organisations.models import Membership, User
from bookbridge.organisations.notices import Wishes, wishes_of
from bookbridge.organisations.trail_reading import Wanted
from bookbridge.portal.periods import Days, midnight
from bookbridge.portal.queries.companies import IntegrationFilter
from bookbridge.portal.queries.runs import HistoryFilter
from bookbridge.portal.trail_words import ACTOR, GROUP, actions_of
from bookbridge.portal.words import DIRECTION, ERROR_MAILS, ROLE

LONGEST_PERIOD = timedelta(days=731)
FIRST_YEAR, LAST_YEAR = 1990, 2199
UPLOAD_LIMIT_BYTES = 200 * 1024 * 1024


class HistoryForm(forms.Form):
    """Filters of the history, from the address; a wrong value is named and filters nothing."""

    since = forms.DateField(label=_("From"), required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"))
    until = forms.DateField(label=_("To"), required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"))
    direction = forms.ChoiceField(
        label=_("Direction"), required=False, choices=[("", _("All directions")), *DIRECTION.items()]
    )
    result = forms.ChoiceField(
        label=_("Result"),
        required=False,
        choices=[
            ("", _("All results")),
            (Run.Result.GOOD, pgettext_lazy("run", "Good")),
            (Run.Result.WITH_ERRORS, pgettext_lazy("run", "With errors")),
            (Run.Result.FAILED, pgettext_lazy("run", "Failed")),
            (Run.Result.HELD, pgettext_lazy("run", "Held")),
            ("working", pgettext_lazy("run", "Waiting or working")),
        ],
    )
    text = forms.CharField(
        label=_("File or identifier"),
        required=False,
        max_length=80,
        widget=forms.TextInput({"type": "search", "autocomplete": "off"}),
    )

    def wanted(self) -> HistoryFilter:
        self.is_valid()
        return HistoryFilter(**{name: value for name, value in self.cleaned_data.items() if value})


class IntegrationsForm(forms.Form):
    """Filters of the list of integrations, from the address."""

    text = forms.CharField(
        label=_("Name"),
        required=False,
        max_length=80,
        widget=forms.TextInput({"type": "search", "autocomplete": "off"}),
    )
    attention = forms.BooleanField(label=_("Only those that need attention"), required=False)

    def wanted(self) -> IntegrationFilter:
        self.is_valid()
        return IntegrationFilter(**{name: value for name, value in self.cleaned_data.items() if value})


class PeriodForm(forms.Form):
    """A period of whole days in the user's zone, both inclusive, from the address; this month without one."""

    since = forms.DateField(label=_("From"), required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"))
    until = forms.DateField(label=_("To"), required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"))

    def __init__(self, given: QueryDict, today: date) -> None:
        self._month = Days(today.replace(day=1), today)
        asked = {name: given.get(name) or "" for name in ("since", "until")}
        super().__init__(asked if any(asked.values()) else self._month.as_values())

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        since, until = cleaned.get("since"), cleaned.get("until")
        if not self.errors and not (since and until):
            self.add_error("until" if since else "since", _("Give both days."))
        elif since and until and (since.year < FIRST_YEAR or until.year > LAST_YEAR):
            self.add_error("since", _("Give days between 1990 and 2199."))
        elif since and until and until < since:
            self.add_error("until", _("This day is before the first one."))
        elif since and until and until - since > LONGEST_PERIOD:
            self.add_error("until", _("Ask for two years at most."))
        return cleaned

    def days(self) -> "Days":
        """What was asked for; this month where it makes no sense, which the form then says."""
        return Days(**self.cleaned_data) if self.is_valid() else self._month


class TrailForm(forms.Form):
    """Filters of the trail, from the address; a wrong value is named and filters nothing."""

    since = forms.DateField(label=_("From"), required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"))
    until = forms.DateField(label=_("To"), required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"))
    who = forms.ChoiceField(label=_("Who"), required=False)
    what = forms.ChoiceField(
        label=_("What"),
        required=False,
        choices=[("", _("All kinds")), *((name, label) for name, (label, _begins) in GROUP.items())],
    )

    def __init__(self, given: QueryDict, people: Mapping[str, str]) -> None:
        """`people`: the ids and names of users to choose from."""
        super().__init__(given)
        self.people = people
        field = self.fields["who"]
        assert isinstance(field, forms.ChoiceField)
        others = [(kind, ACTOR[kind]) for kind in ("worker", "command", "access_key")]
        field.choices = [("", _("Everybody")), *((f"user:{pk}", name) for pk, name in people.items()), *others]

    def wanted(self, subjects: dict[str, list[str]] | None = None) -> Wanted:
        self.is_valid()
        asked = self.cleaned_data
        since, until = (self._day(asked.get(name)) for name in ("since", "until"))
        what = asked.get("what")
        return Wanted(
            since=midnight(since) if since else None,
            until=midnight(until + timedelta(days=1)) if until else None,
            actor=asked.get("who") or "",
            actions=actions_of(what) if what else (),
            subjects=subjects,
        )

    @property
    def is_filtered(self) -> bool:
        return any(self.cleaned_data.values())

    @staticmethod
    def _day(day: date | None) -> date | None:
        """Days that no trail reaches filter nothing."""
        return day if day and FIRST_YEAR <= day.year <= LAST_YEAR else None


class ManyFilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class ManyFilesField(forms.FileField):
    """One or more files; each is checked as one would be."""

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        files = data if isinstance(data, list | tuple) else [data]
        return [super(ManyFilesField, self).clean(file, initial) for file in files or [None]]


class InboxForm(forms.Form):
    """Files for the inbox."""

    files = ManyFilesField(
        label=_("Files"),
        widget=ManyFilesInput({"multiple": True}),
        error_messages={
            "required": _("Choose at least one file."),
            "empty": _("This file is empty: there is nothing in it to book."),
        },
    )

    def clean_files(self) -> list[UploadedFile]:
        files: list[UploadedFile] = self.cleaned_data["files"]
        if sum(file.size or 0 for file in files) > UPLOAD_LIMIT_BYTES:
            raise forms.ValidationError(_("Together these files are larger than 200 MB. Send them in smaller parts."))
        return files


class AccessKeyForm(forms.Form):
    """What a new access key is for."""

    label = forms.CharField(
        label=_("What will use the key"),
        max_length=120,
        error_messages={"required": _("Name what will use the key, such as the machine the agent runs on.")},
    )


class RoleForm(forms.Form):
    """What a member may do."""

    role = forms.ChoiceField(label=_("Role"), choices=list(ROLE.items()))


class InvitationForm(RoleForm):
    """Whom an owner lets in, and what they may do."""

    email = forms.EmailField(
        label=_("Mail address"),
        widget=forms.EmailInput({"autocomplete": "off"}),
        error_messages={
            "required": _("Fill in a mail address."),
            "invalid": _("This is no mail address."),
        },
    )
    role = forms.ChoiceField(
        label=_("Role"),
        choices=list(ROLE.items()),
        initial="bookkeeper",
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a role."), "invalid_choice": _("Choose a role from the list.")},
    )


class AdministrationForm(forms.Form):
    """Which set of books of the account this integration writes to."""

    administration = forms.ChoiceField(
        label=_("Administration"),
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": _("This account may not use that administration. Choose one of the list.")},
    )

    def __init__(self, *arguments: Any, choices: list[tuple[str, str]], **options: Any) -> None:
        super().__init__(*arguments, **options)
        field = self.fields["administration"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices


class NoticesForm(forms.Form):
    """What a member of one company is mailed."""

    errors_mailed = forms.ChoiceField(
        label=_("Runs with errors"),
        choices=list(ERROR_MAILS.items()),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose one of these."), "invalid_choice": _("Choose one of these.")},
    )
    losses = forms.BooleanField(label=_("When an account needs signing in again"), required=False)
    silence = forms.BooleanField(
        label=_("When outstanding items are no longer read, or no files come in any more"), required=False
    )

    @classmethod
    def of(cls, member: Membership, data: Any = None) -> "NoticesForm":
        wishes = wishes_of(member)
        shown = {"errors_mailed": wishes.errors, "losses": wishes.losses, "silence": wishes.silence}
        return cls(data, initial=shown, auto_id=f"id_{member.pk}_%s")

    def wishes(self) -> Wishes:
        """Of a form that is valid."""
        given = self.cleaned_data
        return Wishes(errors=given["errors_mailed"], losses=given["losses"], silence=given["silence"])


class PreferencesForm(forms.ModelForm):
    """What a user sees, in which language and at which clock."""

    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        choices=[(name, name.replace("_", " ")) for name in sorted(zoneinfo.available_timezones()) if "/" in name],
    )

    class Meta:
        model = User
        fields = ("name", "language", "time_zone")
        labels = {"name": _("Name")}  # noqa: RUF012 (Django's form)
