"""The texts of what a line's VAT may lack: why, and what a person can do, in every language of the portal."""

from bookbridge.documents import ProblemKind, Text

VAT_KIND_UNFIT = ProblemKind(
    "minox.vat_kind_unfit",
    en=Text(
        "The amount counts VAT the other way than Minox does here (code {value}), and the document gives no VAT amount to convert with.",
        "Give the VAT amount of the line.",
    ),
    nl=Text(
        "Het bedrag rekent de btw andersom dan Minox hier doet (code {value}) en het document geeft geen btw-bedrag om mee om te rekenen.",
        "Geef het btw-bedrag van de regel.",
    ),
    fr=Text(
        "Le montant compte la TVA à l’inverse de Minox ici (code {value}), et le document ne donne aucun montant de TVA pour convertir.",
        "Indiquez le montant de TVA de la ligne.",
    ),
)
VAT_NOT_THE_ACCOUNTS = ProblemKind(
    "minox.vat_not_the_accounts",
    en=Text(
        "The line says VAT code {value}, but Minox would book by the VAT setting of ledger account {account}: {own}.",
        "Set the account's VAT in Minox and refresh the package settings, map to another account, or set vat_codes to where_needed.",
    ),
    nl=Text(
        "De regel zegt btw-code {value}, maar Minox zou boeken naar de btw-instelling van grootboekrekening {account}: {own}.",
        "Stel de btw van de rekening in Minox in en ververs de pakketinstellingen, koppel een andere rekening, of zet vat_codes op where_needed.",
    ),
    fr=Text(
        "La ligne indique le code TVA {value}, mais Minox comptabiliserait selon le réglage du compte {account} : {own}.",
        "Réglez la TVA du compte dans Minox et actualisez les paramètres, associez un autre compte, ou mettez vat_codes à where_needed.",
    ),
)
VAT_AMOUNT_NOT_THE_ACCOUNTS = ProblemKind(
    "minox.vat_amount_not_the_accounts",
    en=Text(
        "The line says {value} VAT, but Minox would compute {computed} by the account's setting.",
        "Correct the VAT amount, or set vat_codes to where_needed so that it is sent.",
    ),
    nl=Text(
        "De regel zegt {value} btw, maar Minox zou {computed} berekenen naar de instelling van de rekening.",
        "Verbeter het btw-bedrag, of zet vat_codes op where_needed zodat het wordt verzonden.",
    ),
    fr=Text(
        "La ligne indique {value} de TVA, mais Minox calculerait {computed} selon le réglage du compte.",
        "Corrigez le montant de TVA, ou mettez vat_codes à where_needed pour qu’il soit envoyé.",
    ),
)
VAT_WITHOUT_CODE = ProblemKind(
    "minox.vat_without_code",
    en=Text(
        "The line has a VAT amount, but neither it nor its ledger account in Minox has a VAT code.",
        "Give the line a VAT code, or set one on the ledger account in Minox and refresh the package settings.",
    ),
    nl=Text(
        "De regel heeft een btw-bedrag, maar noch zij noch haar grootboekrekening in Minox heeft een btw-code.",
        "Geef de regel een btw-code, of stel er een in op de grootboekrekening in Minox en ververs de pakketinstellingen.",
    ),
    fr=Text(
        "La ligne a un montant de TVA, mais ni elle ni son compte général dans Minox n’ont de code TVA.",
        "Donnez un code TVA à la ligne, ou réglez-en un sur le compte dans Minox et actualisez les paramètres.",
    ),
)
VAT_AGAINST_AMOUNT = ProblemKind(
    "minox.vat_against_amount",
    en=Text(
        "The VAT amount of the line counts against its own amount, which Minox has no form for.",
        "Split the line, so that each amount and its VAT have the same sign.",
    ),
    nl=Text(
        "Het btw-bedrag van de regel telt tegen haar eigen bedrag in; daar heeft Minox geen vorm voor.",
        "Splits de regel, zodat elk bedrag en zijn btw hetzelfde teken hebben.",
    ),
    fr=Text(
        "Le montant de TVA de la ligne est de signe contraire à son montant, ce que Minox ne sait pas exprimer.",
        "Scindez la ligne, afin que chaque montant et sa TVA aient le même signe.",
    ),
)
VAT_LINE_UNFIT = ProblemKind(
    "minox.vat_line_unfit",
    en=Text(
        "With vat_booking at own_lines the line's VAT needs an amount in the document and an account of its VAT code in Minox, and can't be reverse-charged.",
        "Give the VAT amount of the line, or have Minox book the VAT (vat_booking).",
    ),
    nl=Text(
        "Met vat_booking op own_lines heeft de btw van de regel een bedrag in het document en een rekening bij haar btw-code in Minox nodig, en kan zij niet verlegd zijn.",
        "Geef het btw-bedrag van de regel, of laat Minox de btw boeken (vat_booking).",
    ),
    fr=Text(
        "Avec vat_booking à own_lines, la TVA de la ligne exige un montant dans le document et un compte de son code TVA dans Minox, et ne peut pas être autoliquidée.",
        "Indiquez le montant de TVA de la ligne, ou laissez Minox comptabiliser la TVA (vat_booking).",
    ),
)
