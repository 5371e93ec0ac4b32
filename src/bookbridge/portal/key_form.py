"""The form in which a person gives what a package lets us in by: made of the package's fact sheet."""

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.html import escape
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from bookbridge.kit.fact_sheet import Address, KeyField

LONGEST_VALUE = 2000
ADDRESS = "address"


class KeyForm(forms.Form):
    """The address, where the package asks for one, and its fields. What is secret is never shown again."""

    def __init__(
        self,
        given: QueryDict | None,
        fields: tuple[KeyField, ...],
        *,
        own_address: KeyField | None,
        addresses: tuple[Address, ...],
        known_address: str,
    ) -> None:
        super().__init__(given, initial={ADDRESS: known_address})
        language = get_language() or "en"
        if own_address is not None:
            self.fields[ADDRESS] = forms.URLField(
                max_length=200,
                assume_scheme="https",
                error_messages={"invalid": _("Give the whole address, beginning with https://.")},
                widget=forms.URLInput({"autocomplete": "off", "inputmode": "url"}),
                **_words(own_address, language),
            )
        elif len(addresses) > 1:
            choices = [(address.url, address.name) for address in addresses]
            self.fields[ADDRESS] = forms.ChoiceField(label=_("Where the account is"), choices=choices)
        self._only_address = addresses[0].url if own_address is None and len(addresses) == 1 else ""
        for field in fields:
            attributes = {"autocomplete": "off", "spellcheck": "false"}
            widget = forms.PasswordInput(attributes) if field.secret else forms.TextInput(attributes)
            self.fields[field.name] = forms.CharField(
                max_length=LONGEST_VALUE, widget=widget, **_words(field, language)
            )

    @property
    def address(self) -> str:
        return str(self.cleaned_data.get(ADDRESS) or self._only_address)

    @property
    def values(self) -> dict[str, str]:
        return {name: str(value) for name, value in self.cleaned_data.items() if name != ADDRESS}

    @property
    def secret_field(self) -> str:
        """Where it is said that the package doesn't take what was given."""
        return list(self.fields)[-1]


def _words(field: KeyField, language: str) -> dict[str, Any]:
    return {
        "label": field.label.in_language(language),
        "help_text": escape(field.hint.in_language(language)),
    }
