"""The forms of an integration's settings. What can't be taken says so at its field."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from bookbridge.exchange.outstanding import SCHEDULE
from bookbridge.formats import ProfileError, load_profile, profile_names
from bookbridge.integrations.changing import LONGEST_CODE, seen
from bookbridge.integrations.models import LONGEST_SILENCE_H, Configuration, Integration
from bookbridge.kit.package_settings import PackageSettings
from bookbridge.portal.repair_form import read_amount, shown_text

LONGEST_ADJUSTMENTS = 4000
_MOST_MINUTES, _FEWEST_MINUTES = 1440, 5


def schedule_of(configuration: Configuration) -> dict[str, Any]:
    return {name: getattr(configuration, name) for name in SCHEDULE}


class ScheduleForm(forms.Form):
    """How often outstanding items are read, and when they are held."""

    interval = forms.IntegerField(
        label=_("Minutes between two readings"),
        min_value=_FEWEST_MINUTES,
        max_value=_MOST_MINUTES,
        help_text=_("From 5 minutes to 1440, which is 24 hours."),
        error_messages={
            "required": _("Give a number of minutes."),
            "invalid": _("Give a whole number of minutes."),
            "min_value": _("The shortest interval is 5 minutes."),
            "max_value": _("The longest interval is 1440 minutes, which is 24 hours."),
        },
    )
    share = forms.CharField(
        label=_("Hold when more vanish than this percentage"),
        max_length=10,
        help_text=_("An item that is missing reads as paid. More than this share missing at once waits for a person."),
        widget=forms.TextInput({"inputmode": "decimal", "autocomplete": "off"}),
        error_messages={"required": _("Give a percentage from 0 to 100.")},
    )
    seen = forms.CharField(widget=forms.HiddenInput, max_length=64, required=False)

    @classmethod
    def of(cls, configuration: Configuration, data: Any = None) -> "ScheduleForm":
        share = f"{configuration.outstanding_hold_share.normalize():f}"
        shown = {
            "interval": configuration.outstanding_interval_min,
            "share": shown_text("amount", share),
            "seen": seen(schedule_of(configuration)),
        }
        return cls(data, initial=shown, auto_id=f"id_{configuration.pk}_%s")

    def clean_share(self) -> Decimal:
        try:
            share = read_amount(self.cleaned_data["share"])
        except ValueError:
            raise forms.ValidationError(_("This is no percentage.")) from None
        if not 0 <= share <= 100 or share != round(share, 2):
            raise forms.ValidationError(_("Give a percentage from 0 to 100, with two decimals at most."))
        return share

    def say_what_it_says_now(self, now: dict[str, Any]) -> None:
        """Somebody else was faster: at each field that differs, what it says now. Saving again is then meant."""
        shown = {"interval": now[SCHEDULE[0]], "share": now[SCHEDULE[1]]}
        for name, value in shown.items():
            if self.cleaned_data[name] != value:
                said = shown_text("amount", f"{Decimal(value).normalize():f}")
                self.add_error(name, gettext("It says now: %(value)s") % {"value": said})
        say_changed_meanwhile(self)
        have_seen(self, now)


_HOURS_REFUSED = {
    "invalid": _("Give a whole number of hours."),
    "min_value": _("The shortest is 1 hour."),
    "max_value": _("The longest is 2160 hours, which is 90 days."),
}


class SilenceForm(forms.Form):
    """After how many hours without a file the members are told."""

    hours = forms.IntegerField(
        label=_("Hours without a file"),
        min_value=1,
        max_value=LONGEST_SILENCE_H,
        required=False,
        help_text=_("Empty: not watched. Files that come on working days only need more than 72, for a weekend."),
        error_messages=_HOURS_REFUSED,
    )
    seen = forms.CharField(widget=forms.HiddenInput, max_length=64, required=False)

    @classmethod
    def of(cls, integration: Integration, data: Any = None) -> "SilenceForm":
        shown = {"hours": integration.silent_after_h, "seen": seen(integration.silent_after_h)}
        return cls(data, initial=shown, auto_id="id_silence_%s")

    def say_what_it_says_now(self, now: int | None) -> None:
        self.add_error("hours", gettext("It says now: %(value)s") % {"value": "–" if now is None else now})
        say_changed_meanwhile(self)
        have_seen(self, now)


class AgentSilenceForm(SilenceForm):
    """After how many hours without a sign of life of a PC's agent the members are told."""

    hours = forms.IntegerField(
        label=_("Hours without a sign of life"),
        min_value=1,
        max_value=LONGEST_SILENCE_H,
        required=False,
        help_text=_("Empty: not watched. A PC that is switched off at night needs more hours than the night has."),
        error_messages=_HOURS_REFUSED,
    )

    @classmethod
    def of(cls, integration: Integration, data: Any = None) -> "AgentSilenceForm":
        shown = {"hours": integration.agent_silent_after_h, "seen": seen(integration.agent_silent_after_h)}
        return cls(data, initial=shown, auto_id="id_agent_silence_%s")


class PauseForm(forms.Form):
    note = forms.CharField(
        label=_("Why (for your colleagues)"),
        max_length=200,
        required=False,
        help_text=_("Shown with your name as long as it is paused."),
        widget=forms.TextInput({"autocomplete": "off"}),
        error_messages={"max_length": _("This is too long: 200 characters at most.")},
    )


class MappingForm(forms.Form):
    """One code of the source and the package's code for it, which must be in the package's own list."""

    source = forms.CharField(
        label=_("In the source"),
        max_length=LONGEST_CODE,
        widget=forms.TextInput({"autocomplete": "off", "class": "code"}),
        error_messages={"required": _("Give the code as it stands in the source.")},
    )
    target = forms.CharField(
        label=_("In the package"),
        max_length=LONGEST_CODE,
        widget=forms.TextInput({"autocomplete": "off", "class": "code", "list": "package-codes"}),
        error_messages={"required": _("Choose the package's code. To end a mapping, remove it in the list.")},
    )
    was = forms.CharField(widget=forms.HiddenInput, max_length=LONGEST_CODE, required=False)

    def __init__(self, data: Any = None, *, kind: str, package: PackageSettings | None, **options: Any) -> None:
        super().__init__(data, **options)
        self.entries = list_of(package, kind)
        if (data or self.initial).get("was"):
            self.fields["source"].widget.attrs["readonly"] = True

    def clean_target(self) -> str:
        target = str(self.cleaned_data["target"])
        check_code(target, self.entries)
        return target

    def say_what_it_says_now(self, now: str) -> None:
        if not self.cleaned_data["was"]:
            taken = gettext("This code is mapped already, to %(code)s. Change it in the list.")
            self.add_error("source", taken % {"code": now})
            return
        self.add_error("target", gettext("It says now: %(value)s") % {"value": now or "–"})
        say_changed_meanwhile(self)
        self.data = {**self.data.dict(), "was": now}  # type: ignore[attr-defined]


def list_of(package: PackageSettings | None, kind: str) -> Sequence[Any] | None:
    """The package's list that codes are mapped to; None when it isn't known, so that nothing can be checked by it."""
    if package is None or kind in package.unknown:
        return None
    return list(getattr(package, kind))


def check_code(code: str, entries: Sequence[Any] | None) -> None:
    """Raises ValidationError for a code that isn't in the package's list, or is blocked there."""
    if entries is None:
        return
    entry = next((entry for entry in entries if entry.code == code), None)
    if entry is None:
        raise forms.ValidationError(_("The package has no such code. Choose one of its list."))
    if entry.blocked:
        raise forms.ValidationError(_("This code is blocked in the package. Choose another one."))


class LayoutForm(forms.Form):
    """The layout profile of a format, and what a site lays over it."""

    profile = forms.ChoiceField(
        label=_("Layout profile"), error_messages={"invalid_choice": _("There is no such profile for this format.")}
    )
    adjustments = forms.CharField(
        label=_("Adjustments (TOML)"),
        max_length=LONGEST_ADJUSTMENTS,
        required=False,
        strip=False,
        help_text=_("Settings of this site that are laid over the profile, one a line. Leave it empty for none."),
        widget=forms.Textarea({"rows": 6, "class": "code", "spellcheck": "false", "autocomplete": "off"}),
    )
    seen = forms.CharField(widget=forms.HiddenInput, max_length=64, required=False)

    def __init__(self, data: Any = None, *, format_name: str, layout: dict[str, str] | None) -> None:
        names = profile_names(format_name)
        shown = layout or {}
        initial = {
            "profile": shown.get("profile", names[0]),
            "adjustments": shown.get("adjustments", ""),
            "seen": seen(layout),
        }
        super().__init__(data, initial=initial)
        field = self.fields["profile"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(name, name) for name in names]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        # One line end, however the browser sends it, so that the same text is the same setting.
        given["adjustments"] = given.get("adjustments", "").replace("\r\n", "\n").strip()
        if "profile" in given and "adjustments" not in self.errors:
            self.loaded = None
            try:
                self.loaded = load_profile(given["profile"], given["adjustments"])
            except ProfileError as error:
                self.add_error("adjustments", forms.ValidationError(str(error)))
        return given

    def say_what_it_says_now(self, now: dict[str, str] | None) -> None:
        for name, value in (now or {}).items():
            if self.cleaned_data.get(name) != value:
                self.add_error(name, gettext("It says now: %(value)s") % {"value": value or "–"})
        say_changed_meanwhile(self)
        have_seen(self, now)


def say_changed_meanwhile(form: forms.Form) -> None:
    said = gettext("Somebody else has changed this meanwhile. Look at what it says now, then save yours.")
    form.add_error(None, said)


def have_seen(form: forms.Form, now: Any) -> None:
    """From here on the user knows what it says now."""
    form.data = {**form.data.dict(), "seen": seen(now)}  # type: ignore[attr-defined]
