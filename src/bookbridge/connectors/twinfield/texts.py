"""The texts of Twinfield's problems: why, and what a person can do, in every language of the portal."""

from bookbridge.documents import ProblemKind, Text

NOT_BALANCED = ProblemKind(
    "twinfield.not_balanced",
    en=Text(
        "The entry is not in balance: {words}",
        "Correct the amounts or the VAT so that debit and credit agree; then offer it again.",
    ),
    nl=Text(
        "De boeking is niet in balans: {words}",
        "Verbeter de bedragen of de btw zodat debet en credit gelijk zijn; bied de boeking daarna opnieuw aan.",
    ),
    fr=Text(
        "L’écriture n’est pas équilibrée : {words}",
        "Corrigez les montants ou la TVA pour que débit et crédit soient égaux, puis présentez-la à nouveau.",
    ),
)
TOTAL_UNFIT = ProblemKind(
    "twinfield.total_unfit",
    en=Text(
        "The total is {value}, but the lines with their VAT make {expected}; Twinfield refuses an entry that is out of balance.",
        "Correct the total, a line's amount or its VAT amount.",
    ),
    nl=Text(
        "Het totaal is {value}, maar de regels met hun btw zijn samen {expected}; Twinfield weigert een boeking die niet in balans is.",
        "Verbeter het totaal, het bedrag van een regel of het btw-bedrag.",
    ),
    fr=Text(
        "Le total est de {value}, mais les lignes avec leur TVA donnent {expected} ; Twinfield refuse une écriture déséquilibrée.",
        "Corrigez le total, le montant d’une ligne ou son montant de TVA.",
    ),
)
DATE_OUTSIDE_PERIOD = ProblemKind(
    "twinfield.date_outside_period",
    en=Text(
        "The date lies outside the period {value} that the document names.",
        "Correct the date or the period, or leave the period out: Twinfield then takes the period of the date.",
    ),
    nl=Text(
        "De datum valt buiten periode {value} die het document noemt.",
        "Verbeter de datum of de periode, of laat de periode weg: Twinfield neemt dan de periode van de datum.",
    ),
    fr=Text(
        "La date est hors de la période {value} indiquée par le document.",
        "Corrigez la date ou la période, ou omettez la période : Twinfield prend alors celle de la date.",
    ),
)
PERIOD_UNKNOWN = ProblemKind(
    "twinfield.period_unknown",
    en=Text(
        "The period is not in Twinfield.",
        "Add the year in Twinfield (Company settings, Periods), or correct the period; then offer it again.",
    ),
    nl=Text(
        "De periode bestaat niet in Twinfield.",
        "Voeg het jaar toe in Twinfield (Administratie-instellingen, Perioden), of verbeter de periode; bied het document daarna opnieuw aan.",
    ),
    fr=Text(
        "La période n’existe pas dans Twinfield.",
        "Ajoutez l’exercice dans Twinfield (paramètres de l’administration, Périodes) ou corrigez la période, puis présentez le document à nouveau.",
    ),
)
PERIOD_CLOSED = ProblemKind(
    "twinfield.period_closed",
    en=Text(
        "The period is closed in Twinfield.",
        "Open the period in Twinfield, or move the document to an open one; then offer it again.",
    ),
    nl=Text(
        "De periode is afgesloten in Twinfield.",
        "Open de periode in Twinfield, of zet het document in een open periode; bied het daarna opnieuw aan.",
    ),
    fr=Text(
        "La période est clôturée dans Twinfield.",
        "Ouvrez la période dans Twinfield ou placez le document dans une période ouverte, puis présentez-le à nouveau.",
    ),
)
CODE_FORMAT = ProblemKind(
    "twinfield.code_format",
    en=Text(
        "The number {value} doesn't have the format that Twinfield wants of codes: {words}",
        "Give the relation another number, or change the format in Twinfield (Company settings, Dimension types).",
    ),
    nl=Text(
        "Nummer {value} heeft niet het formaat dat Twinfield van codes verlangt: {words}",
        "Geef de relatie een ander nummer, of wijzig het formaat in Twinfield (Administratie-instellingen, Dimensietypen).",
    ),
    fr=Text(
        "Le numéro {value} n’a pas le format que Twinfield exige des codes : {words}",
        "Donnez un autre numéro au tiers, ou modifiez le format dans Twinfield (paramètres de l’administration, Types de dimensions).",
    ),
)
DIMENSION_UNKNOWN = ProblemKind(
    "twinfield.dimension_unknown",
    en=Text(
        "Twinfield doesn't have this code: {words}",
        "Choose a code that the office has, or add it in Twinfield; then offer it again.",
    ),
    nl=Text(
        "Twinfield kent deze code niet: {words}",
        "Kies een code die in de administratie bestaat, of voeg hem toe in Twinfield; bied het document daarna opnieuw aan.",
    ),
    fr=Text(
        "Twinfield ne connaît pas ce code : {words}",
        "Choisissez un code qui existe dans l’administration, ou ajoutez-le dans Twinfield, puis présentez le document à nouveau.",
    ),
)
CONTROL_ACCOUNT_MISSING = ProblemKind(
    "twinfield.control_account_missing",
    en=Text(
        "Twinfield books a new relation of type {name} on ledger account {value}, which the office doesn't have.",
        "Correct the account in Twinfield, in the master of type {name} (code {name}), or add the account; then offer it again.",
    ),
    nl=Text(
        "Twinfield boekt een nieuwe relatie van type {name} op grootboekrekening {value}, en die heeft de administratie niet.",
        "Verbeter de rekening in Twinfield, bij de master van type {name} (code {name}), of voeg de rekening toe; bied de relatie daarna opnieuw aan.",
    ),
    fr=Text(
        "Twinfield impute un nouveau tiers de type {name} sur le compte {value}, que l’administration n’a pas.",
        "Corrigez le compte dans Twinfield, dans la fiche maître du type {name} (code {name}), ou ajoutez-le, puis présentez le tiers à nouveau.",
    ),
)
CODE_UNKNOWN = ProblemKind(
    "twinfield.code_unknown",
    en=Text(
        "The code {value} is not in this office of Twinfield.",
        "Choose one that is, or add it in Twinfield and read the settings again.",
    ),
    nl=Text(
        "Code {value} bestaat niet in deze administratie van Twinfield.",
        "Kies een code die er wel is, of voeg hem toe in Twinfield en lees de instellingen opnieuw.",
    ),
    fr=Text(
        "Le code {value} n’existe pas dans cette administration de Twinfield.",
        "Choisissez-en un qui existe, ou ajoutez-le dans Twinfield et relisez les paramètres.",
    ),
)
RELATION_UNKNOWN = ProblemKind(
    "twinfield.relation_unknown",
    en=Text(
        "The relation {value} is not in Twinfield in this role.",
        "Send the relation first, or correct the number.",
    ),
    nl=Text(
        "Relatie {value} staat niet in deze rol in Twinfield.",
        "Verzend eerst de relatie, of verbeter het nummer.",
    ),
    fr=Text(
        "Le tiers {value} n’est pas dans Twinfield dans ce rôle.",
        "Envoyez d’abord le tiers, ou corrigez le numéro.",
    ),
)
CODE_CHANGED = ProblemKind(
    "twinfield.code_changed",
    en=Text(
        "The relation is in Twinfield as {held}, and its code can't be changed from here to {value}.",
        "Keep the number, or change the code in Twinfield by hand.",
    ),
    nl=Text(
        "De relatie staat in Twinfield als {held}; de code kan van hieruit niet in {value} worden gewijzigd.",
        "Houd het nummer aan, of wijzig de code met de hand in Twinfield.",
    ),
    fr=Text(
        "Le tiers est dans Twinfield sous {held} ; son code ne peut pas être changé d’ici en {value}.",
        "Gardez le numéro, ou changez le code à la main dans Twinfield.",
    ),
)
VAT_UNKNOWN = ProblemKind(
    "twinfield.vat_unknown",
    en=Text(
        "Twinfield doesn't take this VAT code: {words}",
        "Choose a VAT code that is active in the office and meant for this side (sales or purchases).",
    ),
    nl=Text(
        "Twinfield neemt deze btw-code niet: {words}",
        "Kies een btw-code die in de administratie actief is en bij deze kant hoort (verkoop of inkoop).",
    ),
    fr=Text(
        "Twinfield n’accepte pas ce code TVA : {words}",
        "Choisissez un code TVA actif dans l’administration et prévu pour ce côté (ventes ou achats).",
    ),
)
VAT_AMOUNT_NEEDED = ProblemKind(
    "twinfield.vat_amount_needed",
    en=Text(
        "The amount {value} includes VAT and Twinfield wants it without; the file doesn't say how much the VAT is.",
        "Give the VAT amount of the line, or give amounts without VAT.",
    ),
    nl=Text(
        "Bedrag {value} is inclusief btw en Twinfield wil het exclusief; het bestand noemt het btw-bedrag niet.",
        "Geef het btw-bedrag van de regel, of lever bedragen zonder btw aan.",
    ),
    fr=Text(
        "Le montant {value} est TVA comprise et Twinfield le veut hors TVA ; le fichier n’indique pas le montant de la TVA.",
        "Indiquez le montant de TVA de la ligne, ou donnez des montants hors TVA.",
    ),
)
VAT_AGAINST_AMOUNT = ProblemKind(
    "twinfield.vat_against_amount",
    en=Text(
        "The VAT amount {value} has another sign than the line's amount, which Twinfield can't hold on one line.",
        "Correct the VAT amount, or split the line.",
    ),
    nl=Text(
        "Btw-bedrag {value} heeft een ander teken dan het bedrag van de regel; dat kan in Twinfield niet op één regel.",
        "Verbeter het btw-bedrag, of splits de regel.",
    ),
    fr=Text(
        "Le montant de TVA {value} n’a pas le signe du montant de la ligne, ce que Twinfield ne permet pas sur une ligne.",
        "Corrigez le montant de TVA, ou scindez la ligne.",
    ),
)
NO_VAT_IN_MEMORIALS = ProblemKind(
    "twinfield.no_vat_in_memorials",
    en=Text(
        "The line has VAT code {value}; VAT in a memorial is not sent to Twinfield.",
        "Take the VAT code away and book the VAT on its own line, or enter the memorial in Twinfield by hand.",
    ),
    nl=Text(
        "De regel heeft btw-code {value}; btw in een memoriaal wordt niet naar Twinfield gestuurd.",
        "Haal de btw-code weg en boek de btw op een eigen regel, of voer het memoriaal met de hand in Twinfield in.",
    ),
    fr=Text(
        "La ligne porte le code TVA {value} ; la TVA d’une opération diverse n’est pas envoyée à Twinfield.",
        "Retirez le code TVA et comptabilisez la TVA sur sa propre ligne, ou saisissez l’opération à la main dans Twinfield.",
    ),
)
TOO_MANY_LINES = ProblemKind(
    "twinfield.too_many_lines",
    en=Text(
        "The entry has {value} lines; Twinfield takes at most {most}.",
        "Split the document in the source.",
    ),
    nl=Text(
        "De boeking heeft {value} regels; Twinfield neemt er ten hoogste {most}.",
        "Splits het document in de bron.",
    ),
    fr=Text(
        "L’écriture a {value} lignes ; Twinfield en accepte au plus {most}.",
        "Scindez le document dans le système source.",
    ),
)
DAYS_NEEDED = ProblemKind(
    "twinfield.days_needed",
    en=Text(
        "The payment condition {value} is no number of days, and Twinfield knows only days.",
        "Map the condition to a number of days, for example 30.",
    ),
    nl=Text(
        "Betalingsconditie {value} is geen aantal dagen, en Twinfield kent alleen dagen.",
        "Koppel de conditie aan een aantal dagen, bijvoorbeeld 30.",
    ),
    fr=Text(
        "La condition de paiement {value} n’est pas un nombre de jours, et Twinfield ne connaît que les jours.",
        "Associez la condition à un nombre de jours, par exemple 30.",
    ),
)
ASCRIPTION = ProblemKind(
    "twinfield.ascription",
    en=Text(
        "Twinfield doesn't take the holder or the number of the bank account: {words}",
        "Check the bank account and enter it in Twinfield by hand, or correct it in the file.",
    ),
    nl=Text(
        "Twinfield neemt de tenaamstelling of het nummer van de bankrekening niet: {words}",
        "Controleer de bankrekening en voer haar met de hand in Twinfield in, of verbeter haar in het bestand.",
    ),
    fr=Text(
        "Twinfield n’accepte pas le titulaire ou le numéro du compte bancaire : {words}",
        "Vérifiez le compte et saisissez-le à la main dans Twinfield, ou corrigez-le dans le fichier.",
    ),
)
NAME_MISSING = ProblemKind(
    "twinfield.name_missing",
    en=Text(
        "Twinfield wants a name.",
        "Give the relation a name; then offer it again.",
    ),
    nl=Text(
        "Twinfield wil een naam.",
        "Geef de relatie een naam; bied haar daarna opnieuw aan.",
    ),
    fr=Text(
        "Twinfield exige un nom.",
        "Donnez un nom au tiers, puis présentez-le à nouveau.",
    ),
)
DUE_DATE = ProblemKind(
    "twinfield.due_date",
    en=Text(
        "Twinfield doesn't take the due date.",
        "Correct the due date, or leave it out: Twinfield then counts the relation's days.",
    ),
    nl=Text(
        "Twinfield neemt de vervaldatum niet.",
        "Verbeter de vervaldatum, of laat haar weg: Twinfield rekent dan met de dagen van de relatie.",
    ),
    fr=Text(
        "Twinfield n’accepte pas la date d’échéance.",
        "Corrigez la date d’échéance, ou omettez-la : Twinfield compte alors les jours du tiers.",
    ),
)
E_INVOICING = ProblemKind(
    "twinfield.e_invoicing",
    en=Text(
        "The relation gets electronic invoices in Twinfield, so it must have an e-mail address.",
        "Give an e-mail address, or switch electronic invoicing off for the relation in Twinfield.",
    ),
    nl=Text(
        "De relatie krijgt in Twinfield elektronische facturen en moet daarom een e-mailadres hebben.",
        "Geef een e-mailadres, of zet elektronisch factureren voor de relatie uit in Twinfield.",
    ),
    fr=Text(
        "Le tiers reçoit des factures électroniques dans Twinfield et doit donc avoir une adresse e-mail.",
        "Indiquez une adresse e-mail, ou désactivez la facturation électronique du tiers dans Twinfield.",
    ),
)
NUMBER_IN_USE = ProblemKind(
    "twinfield.number_in_use",
    en=Text(
        "Twinfield already has an entry with this number.",
        "Compare the two entries. Give this one another number, or leave it out when it is the same.",
    ),
    nl=Text(
        "Twinfield heeft al een boeking met dit nummer.",
        "Vergelijk de twee boekingen. Geef deze een ander nummer, of laat hem weg als het dezelfde is.",
    ),
    fr=Text(
        "Twinfield contient déjà une écriture avec ce numéro.",
        "Comparez les deux écritures. Donnez un autre numéro à celle-ci, ou laissez-la si c’est la même.",
    ),
)
TOO_MANY_ALIKE = ProblemKind(
    "twinfield.too_many_alike",
    en=Text(
        "Twinfield has more than {most} entries that may be this one, and doesn't show which of them bears our reference.",
        "See in Twinfield whether this one is among them. If it is, leave it out. If not, give it another date, or book it there by hand and leave it out.",
    ),
    nl=Text(
        "Twinfield heeft meer dan {most} boekingen die deze kunnen zijn, en toont niet bij welke onze referentie staat.",
        "Kijk in Twinfield of deze erbij is. Zo ja, laat hem weg. Zo niet, geef hem een andere datum, of boek hem daar met de hand en laat hem weg.",
    ),
    fr=Text(
        "Twinfield contient plus de {most} écritures qui peuvent être celle-ci, sans montrer laquelle porte notre référence.",
        "Vérifiez dans Twinfield si celle-ci en fait partie. Si oui, laissez-la. Sinon, donnez-lui une autre date, ou saisissez-la dans Twinfield à la main et laissez-la.",
    ),
)
OFFICE_FORBIDDEN = ProblemKind(
    "twinfield.office_forbidden",
    en=Text(
        "The account may not use this office of Twinfield: {words}",
        "Have the user who connected given access to the office in Twinfield, with at least level 2, or connect with another user.",
    ),
    nl=Text(
        "Het account mag deze administratie van Twinfield niet gebruiken: {words}",
        "Geef de gebruiker waarmee gekoppeld is toegang tot de administratie in Twinfield, ten minste niveau 2, of koppel met een andere gebruiker.",
    ),
    fr=Text(
        "Le compte n’a pas accès à cette administration de Twinfield : {words}",
        "Donnez à l’utilisateur connecté l’accès à l’administration dans Twinfield, au moins au niveau 2, ou connectez un autre utilisateur.",
    ),
)
NOT_UNDERSTOOD = ProblemKind(
    "twinfield.not_understood",
    en=Text(
        "Twinfield did not understand the request: {words}",
        "This is a fault of Bookbridge, not of the document. Report it with these words.",
    ),
    nl=Text(
        "Twinfield heeft het verzoek niet begrepen: {words}",
        "Dit is een fout van Bookbridge, niet van het document. Meld haar met deze woorden.",
    ),
    fr=Text(
        "Twinfield n’a pas compris la demande : {words}",
        "C’est un défaut de Bookbridge, pas du document. Signalez-le avec ces mots.",
    ),
)
REFUSED = ProblemKind(
    "twinfield.refused",
    en=Text(
        "Twinfield refused it: {words}",
        "Correct what Twinfield names, or ask who manages the office; then offer it again.",
    ),
    nl=Text(
        "Twinfield heeft het geweigerd: {words}",
        "Verbeter wat Twinfield noemt, of vraag het de beheerder van de administratie; bied het daarna opnieuw aan.",
    ),
    fr=Text(
        "Twinfield l’a refusé : {words}",
        "Corrigez ce que Twinfield indique, ou demandez au gestionnaire de l’administration, puis présentez-le à nouveau.",
    ),
)
OPTION_UNKNOWN = ProblemKind(
    "twinfield.option_unknown",
    en=Text(
        "The option {option} of this configuration says {value}; it can be {allowed}.",
        "Correct the option in the configuration.",
    ),
    nl=Text(
        "De optie {option} van deze configuratie is {value}; mogelijk is {allowed}.",
        "Verbeter de optie in de configuratie.",
    ),
    fr=Text(
        "L’option {option} de cette configuration vaut {value} ; sont possibles : {allowed}.",
        "Corrigez l’option dans la configuration.",
    ),
)
FIELDS_NOT_KEPT = ProblemKind(
    "twinfield.fields_not_kept",
    en=Text(
        "Twinfield has no place for these details, or takes its own, so they were not sent: {names}.",
        "Enter them in Twinfield by hand when you need them there.",
    ),
    nl=Text(
        "Twinfield heeft geen plaats voor deze gegevens, of neemt zijn eigen; ze zijn niet verzonden: {names}.",
        "Voer ze met de hand in Twinfield in als u ze daar nodig hebt.",
    ),
    fr=Text(
        "Twinfield n’a pas de place pour ces données, ou prend les siennes ; elles n’ont pas été envoyées : {names}.",
        "Saisissez-les à la main dans Twinfield si vous en avez besoin.",
    ),
    severity="notice",
)
REFERENCE_NOT_KEPT = ProblemKind(
    "twinfield.reference_not_kept",
    en=Text(
        "Twinfield did not keep our reference: the daybook {value} has no {name}.",
        "Allow {name} in the transaction type of this daybook in Twinfield; without it an entry can't be found again for certain.",
    ),
    nl=Text(
        "Twinfield heeft onze referentie niet bewaard: dagboek {value} heeft geen {name}.",
        "Sta {name} toe bij het transactietype van dit dagboek in Twinfield; anders kan een boeking niet met zekerheid worden teruggevonden.",
    ),
    fr=Text(
        "Twinfield n’a pas conservé notre référence : le journal {value} n’a pas de {name}.",
        "Autorisez {name} dans le type de transaction de ce journal dans Twinfield ; sinon une écriture ne peut pas être retrouvée avec certitude.",
    ),
    severity="warning",
)
TEXT_SHORTENED = ProblemKind(
    "twinfield.text_shortened",
    en=Text(
        "Twinfield kept less of a description than was sent: {value}",
        "Enter the rest in Twinfield by hand when you need it there.",
    ),
    nl=Text(
        "Twinfield heeft minder van een omschrijving bewaard dan is verzonden: {value}",
        "Voer de rest met de hand in Twinfield in als u die daar nodig hebt.",
    ),
    fr=Text(
        "Twinfield a conservé moins d’une description que ce qui a été envoyé : {value}",
        "Saisissez le reste à la main dans Twinfield si vous en avez besoin.",
    ),
    severity="notice",
)
TOTAL_DIFFERS = ProblemKind(
    "twinfield.total_differs",
    en=Text(
        "Twinfield booked a total of {booked}, the document says {value}.",
        "Compare the VAT of the entry in Twinfield with the document.",
    ),
    nl=Text(
        "Twinfield boekte een totaal van {booked}, het document zegt {value}.",
        "Vergelijk de btw van de boeking in Twinfield met het document.",
    ),
    fr=Text(
        "Twinfield a comptabilisé un total de {booked}, le document indique {value}.",
        "Comparez la TVA de l’écriture dans Twinfield avec le document.",
    ),
    severity="warning",
)
JOURNAL_UNFIT = ProblemKind(
    "twinfield.journal_unfit",
    en=Text(
        "The office of Twinfield has no daybook {value} for documents of this kind.",
        "Choose a daybook of the right category: sales, purchase or journal (memorial).",
    ),
    nl=Text(
        "De administratie van Twinfield heeft geen dagboek {value} voor dit soort documenten.",
        "Kies een dagboek van de juiste categorie: verkoop, inkoop of memoriaal.",
    ),
    fr=Text(
        "L’administration de Twinfield n’a pas de journal {value} pour ce type de document.",
        "Choisissez un journal de la bonne catégorie : ventes, achats ou opérations diverses.",
    ),
)
