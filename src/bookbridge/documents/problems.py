"""Problems: expected things that went wrong, as values that say what, where, why and what to do."""

from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict

Language = Literal["en", "nl", "fr"]
LANGUAGES: tuple[Language, ...] = ("en", "nl", "fr")
Severity = Literal["error", "warning", "notice"]


class SourceRef(BaseModel):
    """A place in a source file: its name, the row (1 = first physical line) and the column's name in the layout."""

    model_config = ConfigDict(frozen=True)

    file: str = ""
    row: int | None = None
    column: str | None = None


class Explanation(BaseModel):
    """Why something failed and what the reader of the page can do about it, in one language."""

    model_config = ConfigDict(frozen=True)

    reason: str
    remedy: str


class Problem(BaseModel):
    """One problem, complete in itself so that a run can keep it unchanged for ever.

    `code` is a stable dotted name (`fmuta6.date_unreadable`). `field` is the path in the document
    (`lines.0.vat_code`), `source` the place in the file, `value` what stood there, `evidence` the package's own words.
    """

    model_config = ConfigDict(frozen=True)

    code: str
    severity: Severity = "error"
    field: str | None = None
    source: SourceRef | None = None
    value: str | None = None
    evidence: str | None = None
    explanations: dict[Language, Explanation]

    def explain(self, language: str = "en") -> Explanation:
        """The explanation in the asked language, English where it is not one of ours."""
        for known, explanation in self.explanations.items():
            if known == language:
                return explanation
        return self.explanations["en"]

    @property
    def reason(self) -> str:
        return self.explanations["en"].reason

    @property
    def remedy(self) -> str:
        return self.explanations["en"].remedy


class Text(NamedTuple):
    """A reason and a remedy with `{placeholders}`."""

    reason: str
    remedy: str


class ProblemKind:
    """A kind of problem with its texts in every language; calling it makes a Problem.

    >>> UNKNOWN_ACCOUNT = ProblemKind("preflight.account_unknown", en=Text(...), nl=Text(...), fr=Text(...))
    >>> UNKNOWN_ACCOUNT(field="lines.0.ledger_account", value="8999", account="8999")
    """

    def __init__(self, code: str, *, en: Text, nl: Text, fr: Text, severity: Severity = "error") -> None:
        self.code = code
        self.severity = severity
        self.texts: dict[Language, Text] = {"en": en, "nl": nl, "fr": fr}

    def __call__(
        self,
        *,
        field: str | None = None,
        source: SourceRef | None = None,
        value: str | None = None,
        evidence: str | None = None,
        **parameters: object,
    ) -> Problem:
        """A Problem of this kind; `parameters` fill the placeholders (`value` is one of them)."""
        filled = {"value": "" if value is None else value, **parameters}
        return Problem(
            code=self.code,
            severity=self.severity,
            field=field,
            source=source,
            value=value,
            evidence=evidence,
            explanations={
                language: Explanation(reason=text.reason.format(**filled), remedy=text.remedy.format(**filled))
                for language, text in self.texts.items()
            },
        )
