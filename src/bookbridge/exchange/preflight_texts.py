"""What preflight tells a bookkeeper, in English, Dutch and French."""

from bookbridge.documents import ProblemKind, Text

JOURNAL_UNKNOWN = ProblemKind(
    "preflight.journal_unknown",
    en=Text("The package has no journal {value}.", "Correct the journal, or map it to one of the package's journals."),
    nl=Text(
        "Het pakket heeft geen dagboek {value}.", "Verbeter het dagboek of koppel het aan een dagboek van het pakket."
    ),
    fr=Text("Le logiciel n’a pas de journal {value}.", "Corrigez le journal ou associez-le à un journal du logiciel."),
)
JOURNAL_WRONG_KIND = ProblemKind(
    "preflight.journal_wrong_kind",
    en=Text("Journal {value} is not a {wanted} journal in the package.", "Choose a {wanted} journal for this entry."),
    nl=Text(
        "Dagboek {value} is in het pakket geen dagboek van de soort {wanted_nl}.",
        "Kies een dagboek van de soort {wanted_nl}.",
    ),
    fr=Text(
        "Le journal {value} n’est pas un journal de type {wanted_fr} dans le logiciel.",
        "Choisissez un journal de type {wanted_fr}.",
    ),
)
JOURNAL_BLOCKED = ProblemKind(
    "preflight.journal_blocked",
    en=Text("Journal {value} is blocked in the package.", "Unblock it there, or choose another journal."),
    nl=Text("Dagboek {value} is geblokkeerd in het pakket.", "Deblokkeer het daar of kies een ander dagboek."),
    fr=Text("Le journal {value} est bloqué dans le logiciel.", "Débloquez-le ou choisissez un autre journal."),
)
ACCOUNT_UNKNOWN = ProblemKind(
    "preflight.account_unknown",
    en=Text(
        "The package has no ledger account {value}.", "Correct the account, or map it to one of the package's accounts."
    ),
    nl=Text(
        "Het pakket heeft geen grootboekrekening {value}.",
        "Verbeter de rekening of koppel haar aan een rekening van het pakket.",
    ),
    fr=Text("Le logiciel n’a pas de compte {value}.", "Corrigez le compte ou associez-le à un compte du logiciel."),
)
ACCOUNT_BLOCKED = ProblemKind(
    "preflight.account_blocked",
    en=Text("Ledger account {value} is blocked in the package.", "Unblock it there, or choose another account."),
    nl=Text(
        "Grootboekrekening {value} is geblokkeerd in het pakket.", "Deblokkeer haar daar of kies een andere rekening."
    ),
    fr=Text("Le compte {value} est bloqué dans le logiciel.", "Débloquez-le ou choisissez un autre compte."),
)
ACCOUNT_CONTROL = ProblemKind(
    "preflight.account_control",
    en=Text(
        "Ledger account {value} is a collective account for debtors, creditors or VAT; the package writes it by itself.",
        "Choose an ordinary account for this line.",
    ),
    nl=Text(
        "Grootboekrekening {value} is een verzamelrekening (debiteuren, crediteuren of btw); het pakket boekt die zelf.",
        "Kies een gewone rekening voor deze regel.",
    ),
    fr=Text(
        "Le compte {value} est un compte collectif (clients, fournisseurs ou TVA) ; le logiciel l’écrit lui-même.",
        "Choisissez un compte ordinaire pour cette ligne.",
    ),
)
VAT_UNKNOWN = ProblemKind(
    "preflight.vat_unknown",
    en=Text("The package has no VAT code {value}.", "Correct the VAT code, or map it to one of the package's codes."),
    nl=Text(
        "Het pakket heeft geen btw-code {value}.", "Verbeter de btw-code of koppel die aan een code van het pakket."
    ),
    fr=Text("Le logiciel n’a pas de code TVA {value}.", "Corrigez le code TVA ou associez-le à un code du logiciel."),
)
VAT_NOT_FOR_SALES = ProblemKind(
    "preflight.vat_not_for_sales",
    en=Text("VAT code {value} is for purchases only.", "Choose a VAT code for sales."),
    nl=Text("Btw-code {value} is alleen voor inkoop.", "Kies een btw-code voor verkoop."),
    fr=Text("Le code TVA {value} ne sert qu’aux achats.", "Choisissez un code TVA de vente."),
)
VAT_NOT_FOR_PURCHASES = ProblemKind(
    "preflight.vat_not_for_purchases",
    en=Text("VAT code {value} is for sales only.", "Choose a VAT code for purchases."),
    nl=Text("Btw-code {value} is alleen voor verkoop.", "Kies een btw-code voor inkoop."),
    fr=Text("Le code TVA {value} ne sert qu’aux ventes.", "Choisissez un code TVA d’achat."),
)
VAT_NOT_IN_JOURNAL = ProblemKind(
    "preflight.vat_not_in_journal",
    en=Text(
        "Journal {journal} takes no VAT, and this line has VAT code {value}.",
        "Remove the VAT code, or choose another journal.",
    ),
    nl=Text(
        "Dagboek {journal} kent geen btw, en deze regel heeft btw-code {value}.",
        "Verwijder de btw-code of kies een ander dagboek.",
    ),
    fr=Text(
        "Le journal {journal} n’accepte pas de TVA et cette ligne porte le code {value}.",
        "Supprimez le code TVA ou choisissez un autre journal.",
    ),
)
VAT_IN_OR_OUT = ProblemKind(
    "preflight.vat_in_or_out",
    en=Text(
        "VAT code {value} counts amounts {code_counts} VAT, the document gives this one {document_gives} VAT and no VAT amount to convert with.",
        "Choose the matching VAT code, or have the source give the VAT amount.",
    ),
    nl=Text(
        "Btw-code {value} rekent met bedragen {code_counts_nl} btw; het document geeft dit bedrag {document_gives_nl} btw en geen btw-bedrag om mee om te rekenen.",
        "Kies de passende btw-code of laat de bron het btw-bedrag geven.",
    ),
    fr=Text(
        "Le code TVA {value} compte des montants {code_counts_fr} ; le document donne ce montant {document_gives_fr} et aucun montant de TVA pour convertir.",
        "Choisissez le code TVA qui convient ou faites fournir le montant de TVA par la source.",
    ),
)
PERIOD_UNKNOWN = ProblemKind(
    "preflight.period_unknown",
    en=Text(
        "The package has no financial period for {value}.",
        "Add the financial year in the package, or correct the date.",
    ),
    nl=Text(
        "Het pakket heeft geen boekperiode voor {value}.", "Voeg het boekjaar toe in het pakket of verbeter de datum."
    ),
    fr=Text(
        "Le logiciel n’a pas de période comptable pour {value}.",
        "Ajoutez l’exercice dans le logiciel ou corrigez la date.",
    ),
)
PERIOD_CLOSED = ProblemKind(
    "preflight.period_closed",
    en=Text(
        "Period {period} of {year} is closed in the package.", "Open the period in the package, or change the date."
    ),
    nl=Text(
        "Periode {period} van {year} is afgesloten in het pakket.", "Open de periode in het pakket of wijzig de datum."
    ),
    fr=Text(
        "La période {period} de {year} est clôturée dans le logiciel.",
        "Rouvrez la période dans le logiciel ou modifiez la date.",
    ),
)
PAYMENT_CONDITION_UNKNOWN = ProblemKind(
    "preflight.payment_condition_unknown",
    en=Text(
        "The package has no payment condition {value}.", "Correct it, or map it to one of the package's conditions."
    ),
    nl=Text(
        "Het pakket heeft geen betalingsconditie {value}.",
        "Verbeter de conditie of koppel die aan een conditie van het pakket.",
    ),
    fr=Text(
        "Le logiciel n’a pas de condition de paiement {value}.",
        "Corrigez-la ou associez-la à une condition du logiciel.",
    ),
)
CURRENCY_UNKNOWN = ProblemKind(
    "preflight.currency_unknown",
    en=Text("The package does not use currency {value}.", "Add the currency in the package, or correct the document."),
    nl=Text(
        "Het pakket gebruikt de valuta {value} niet.", "Voeg de valuta toe in het pakket of verbeter het document."
    ),
    fr=Text(
        "Le logiciel n’utilise pas la devise {value}.", "Ajoutez la devise dans le logiciel ou corrigez le document."
    ),
)
COST_CENTRE_UNKNOWN = ProblemKind(
    "preflight.cost_centre_unknown",
    en=Text("The package has no cost centre {value}.", "Correct it, or map it to one of the package's cost centres."),
    nl=Text(
        "Het pakket heeft geen kostenplaats {value}.", "Verbeter de kostenplaats of koppel die aan een van het pakket."
    ),
    fr=Text("Le logiciel n’a pas de centre de coûts {value}.", "Corrigez-le ou associez-le à un centre du logiciel."),
)
COST_CENTRE_MISSING = ProblemKind(
    "preflight.cost_centre_missing",
    en=Text("Ledger account {account} wants a cost centre.", "Give this line a cost centre."),
    nl=Text("Grootboekrekening {account} vraagt een kostenplaats.", "Geef deze regel een kostenplaats."),
    fr=Text("Le compte {account} exige un centre de coûts.", "Donnez un centre de coûts à cette ligne."),
)
COST_CENTRE_FORBIDDEN = ProblemKind(
    "preflight.cost_centre_forbidden",
    en=Text(
        "Ledger account {account} takes no cost centre.",
        "Remove cost centre {value} from this line, or choose another account.",
    ),
    nl=Text(
        "Grootboekrekening {account} kent geen kostenplaats.",
        "Verwijder kostenplaats {value} of kies een andere rekening.",
    ),
    fr=Text(
        "Le compte {account} n’accepte pas de centre de coûts.",
        "Retirez le centre {value} ou choisissez un autre compte.",
    ),
)
COST_UNIT_UNKNOWN = ProblemKind(
    "preflight.cost_unit_unknown",
    en=Text("The package has no cost unit {value}.", "Correct it, or map it to one of the package's cost units."),
    nl=Text(
        "Het pakket heeft geen kostendrager {value}.", "Verbeter de kostendrager of koppel die aan een van het pakket."
    ),
    fr=Text("Le logiciel n’a pas d’unité de coûts {value}.", "Corrigez-la ou associez-la à une unité du logiciel."),
)
COST_UNIT_MISSING = ProblemKind(
    "preflight.cost_unit_missing",
    en=Text("Ledger account {account} wants a cost unit.", "Give this line a cost unit."),
    nl=Text("Grootboekrekening {account} vraagt een kostendrager.", "Geef deze regel een kostendrager."),
    fr=Text("Le compte {account} exige une unité de coûts.", "Donnez une unité de coûts à cette ligne."),
)
COST_UNIT_FORBIDDEN = ProblemKind(
    "preflight.cost_unit_forbidden",
    en=Text(
        "Ledger account {account} takes no cost unit.",
        "Remove cost unit {value} from this line, or choose another account.",
    ),
    nl=Text(
        "Grootboekrekening {account} kent geen kostendrager.",
        "Verwijder kostendrager {value} of kies een andere rekening.",
    ),
    fr=Text(
        "Le compte {account} n’accepte pas d’unité de coûts.", "Retirez l’unité {value} ou choisissez un autre compte."
    ),
)
NOT_BALANCED = ProblemKind(
    "preflight.not_balanced",
    en=Text(
        "The lines of this entry differ by {value}; debit and credit must be equal.",
        "Correct the amounts in the source and offer the entry again.",
    ),
    nl=Text(
        "De regels van deze boeking verschillen {value}; debet en credit moeten gelijk zijn.",
        "Verbeter de bedragen in de bron en bied de boeking opnieuw aan.",
    ),
    fr=Text(
        "Les lignes de cette écriture diffèrent de {value} ; débit et crédit doivent être égaux.",
        "Corrigez les montants dans la source et présentez l’écriture à nouveau.",
    ),
)
CUSTOMER_UNKNOWN = ProblemKind(
    "preflight.customer_unknown",
    en=Text(
        "Customer {value} is not in the package and not in this delivery.",
        "Deliver the customer, make it in the package, or correct the number.",
    ),
    nl=Text(
        "Debiteur {value} staat niet in het pakket en niet in deze levering.",
        "Lever de debiteur aan, maak die in het pakket of verbeter het nummer.",
    ),
    fr=Text(
        "Le client {value} n’est ni dans le logiciel ni dans cette livraison.",
        "Livrez le client, créez-le dans le logiciel ou corrigez le numéro.",
    ),
)
SUPPLIER_UNKNOWN = ProblemKind(
    "preflight.supplier_unknown",
    en=Text(
        "Supplier {value} is not in the package and not in this delivery.",
        "Deliver the supplier, make it in the package, or correct the number.",
    ),
    nl=Text(
        "Crediteur {value} staat niet in het pakket en niet in deze levering.",
        "Lever de crediteur aan, maak die in het pakket of verbeter het nummer.",
    ),
    fr=Text(
        "Le fournisseur {value} n’est ni dans le logiciel ni dans cette livraison.",
        "Livrez le fournisseur, créez-le dans le logiciel ou corrigez le numéro.",
    ),
)
NUMBER_USED = ProblemKind(
    "preflight.number_used",
    en=Text(
        "Number {value} in journal {journal} was already used for another document of this configuration.",
        "Give this document another number.",
    ),
    nl=Text(
        "Nummer {value} in dagboek {journal} is al gebruikt voor een ander document van deze configuratie.",
        "Geef dit document een ander nummer.",
    ),
    fr=Text(
        "Le numéro {value} du journal {journal} sert déjà à un autre document de cette configuration.",
        "Donnez un autre numéro à ce document.",
    ),
)
KIND_NOT_TAKEN = ProblemKind(
    "preflight.kind_not_taken",
    en=Text(
        "The connector for this package does not send documents of this kind.",
        "Leave them out of the file, or book them by hand.",
    ),
    nl=Text(
        "De koppeling met dit pakket verstuurt documenten van deze soort niet.",
        "Laat ze uit het bestand of boek ze met de hand.",
    ),
    fr=Text(
        "Le connecteur de ce logiciel n’envoie pas ce genre de documents.",
        "Retirez-les du fichier ou saisissez-les à la main.",
    ),
)
RELATION_REFUSED = ProblemKind(
    "preflight.relation_refused",
    en=Text(
        "Relation {value} is not in the package: it was delivered, and refused.",
        "Repair the relation first, then offer this document again.",
    ),
    nl=Text(
        "Relatie {value} staat niet in het pakket: die is aangeleverd en geweigerd.",
        "Herstel eerst de relatie en bied dit document daarna opnieuw aan.",
    ),
    fr=Text(
        "La relation {value} n’est pas dans le logiciel : elle a été livrée et refusée.",
        "Réparez d’abord la relation, puis présentez ce document à nouveau.",
    ),
)
