"""The texts of Multivers Online's problems: why, and what a person can do, in every language of the portal."""

from bookbridge.documents import ProblemKind, Text

NUMBER_IN_USE = ProblemKind(
    "multivers_online.number_in_use",
    en=Text(
        "Multivers already holds another entry with this number.",
        "Compare the two entries. Give this one another number, or leave it out when it is the same invoice.",
    ),
    nl=Text(
        "Multivers bevat al een andere boeking met dit nummer.",
        "Vergelijk de twee boekingen. Geef deze een ander nummer, of laat hem weg als het dezelfde factuur is.",
    ),
    fr=Text(
        "Multivers contient déjà une autre écriture avec ce numéro.",
        "Comparez les deux écritures. Donnez un autre numéro à celle-ci, ou laissez-la s’il s’agit de la même facture.",
    ),
)
NUMBER_TOO_LONG = ProblemKind(
    "multivers_online.number_too_long",
    en=Text(
        "Multivers takes {room} signs here; this has more, and a number is never cut.",
        "Give a shorter number, or have the source number its documents with at most {room} signs.",
    ),
    nl=Text(
        "Multivers heeft hier plaats voor {room} tekens; dit is langer, en een nummer wordt nooit afgekapt.",
        "Geef een korter nummer, of laat de bron nummers van hoogstens {room} tekens gebruiken.",
    ),
    fr=Text(
        "Multivers accepte ici {room} caractères ; celui-ci est plus long, et un numéro n’est jamais coupé.",
        "Donnez un numéro plus court, ou faites numéroter la source avec {room} caractères au plus.",
    ),
)
NUMBER_UNFIT = ProblemKind(
    "multivers_online.number_unfit",
    en=Text(
        "The number {value} holds a sign that Multivers’s addresses can’t carry.",
        "Use a number of letters, digits and hyphens.",
    ),
    nl=Text(
        "Het nummer {value} bevat een teken dat in de adressen van Multivers niet kan.",
        "Gebruik een nummer van letters, cijfers en streepjes.",
    ),
    fr=Text(
        "Le numéro {value} contient un signe que les adresses de Multivers n’acceptent pas.",
        "Utilisez un numéro fait de lettres, de chiffres et de tirets.",
    ),
)
JOURNAL_FULL = ProblemKind(
    "multivers_online.journal_full",
    en=Text(
        "The journal {value} has used its 9,999 transaction numbers of this year.",
        "Make a second journal in Multivers and map the source’s journal to it for the rest of the year.",
    ),
    nl=Text(
        "De 9.999 transactienummers van dagboek {value} zijn voor dit jaar op.",
        "Maak in Multivers een tweede dagboek en koppel het dagboek van de bron daar voor de rest van het jaar aan.",
    ),
    fr=Text(
        "Les 9 999 numéros de transaction du journal {value} sont épuisés pour cet exercice.",
        "Créez un second journal dans Multivers et associez-y le journal de la source pour le reste de l’exercice.",
    ),
)
NUMBERS_TAKEN = ProblemKind(
    "multivers_online.numbers_taken",
    en=Text(
        "Each number that Multivers gave for this entry in journal {value} was another entry’s by the time it was sent.",
        "See in Multivers which number the journal gives next and who books in it; then offer the document again.",
    ),
    nl=Text(
        "Elk nummer dat Multivers in dagboek {value} voor deze boeking gaf, was bij het versturen van een andere boeking.",
        "Kijk in Multivers welk nummer het dagboek als volgende geeft en wie erin boekt; bied het document daarna opnieuw aan.",
    ),
    fr=Text(
        "Chaque numéro donné par Multivers dans le journal {value} appartenait déjà à une autre écriture à l’envoi.",
        "Voyez dans Multivers quel numéro le journal donne ensuite et qui y saisit ; puis présentez à nouveau le document.",
    ),
)
CODE_UNKNOWN = ProblemKind(
    "multivers_online.code_unknown",
    en=Text("Multivers doesn’t know the code {value}.", "Map it to a code of Multivers, or correct it here."),
    nl=Text("Multivers kent de code {value} niet.", "Koppel hem aan een code van Multivers, of verbeter hem hier."),
    fr=Text("Multivers ne connaît pas le code {value}.", "Associez-le à un code de Multivers, ou corrigez-le ici."),
)
ACCOUNT_UNFIT = ProblemKind(
    "multivers_online.account_unfit",
    en=Text(
        "Ledger account {value} is blocked, or Multivers books on it itself.",
        "Map the line to an account that can be booked on.",
    ),
    nl=Text(
        "Grootboekrekening {value} is geblokkeerd, of Multivers boekt er zelf op.",
        "Koppel de regel aan een rekening waarop geboekt kan worden.",
    ),
    fr=Text(
        "Le compte {value} est bloqué, ou Multivers l’alimente lui-même.",
        "Associez la ligne à un compte sur lequel on peut comptabiliser.",
    ),
)
ACCOUNT_NOT_IN_YEAR = ProblemKind(
    "multivers_online.account_not_in_year",
    en=Text(
        "Ledger account {value} isn’t in the chart of {year}; a new year has none until they are copied.",
        "Copy the ledger accounts to {year} in Multivers, then offer the document again.",
    ),
    nl=Text(
        "Grootboekrekening {value} staat niet in het schema van {year}; een nieuw jaar heeft er geen tot ze zijn overgenomen.",
        "Neem de grootboekrekeningen in Multivers over naar {year} en bied het document daarna opnieuw aan.",
    ),
    fr=Text(
        "Le compte {value} n’est pas au plan de {year} ; un nouvel exercice n’en a pas avant leur reprise.",
        "Reprenez les comptes sur {year} dans Multivers, puis présentez le document à nouveau.",
    ),
)
RELATION_UNKNOWN = ProblemKind(
    "multivers_online.relation_unknown",
    en=Text(
        "Multivers has no relation {value} in this role.", "Send it with the customer or supplier file, or make it."
    ),
    nl=Text(
        "Multivers kent relatie {value} niet in deze rol.",
        "Stuur haar mee in het debiteuren- of crediteurenbestand, of maak haar aan.",
    ),
    fr=Text(
        "Multivers ne connaît pas le tiers {value} dans ce rôle.",
        "Envoyez-le avec le fichier des clients ou des fournisseurs, ou créez-le.",
    ),
)
JOURNAL_UNFIT = ProblemKind(
    "multivers_online.journal_unfit",
    en=Text(
        "Multivers has no journal {value} of the kind that this document needs.",
        "Map the journal to one of the right kind, best one that nobody else books in.",
    ),
    nl=Text(
        "Multivers heeft geen dagboek {value} van de soort die dit document nodig heeft.",
        "Koppel een dagboek van de juiste soort, het liefst een waarin verder niemand boekt.",
    ),
    fr=Text(
        "Multivers n’a pas de journal {value} du type requis par ce document.",
        "Associez un journal du bon type, de préférence un journal où personne d’autre ne saisit.",
    ),
)
PERIOD_UNFIT = ProblemKind(
    "multivers_online.period_unfit",
    en=Text(
        "The period is closed in Multivers, or it isn’t there.",
        "Open the period (or make the year) in Multivers, or move the document to an open one.",
    ),
    nl=Text(
        "De periode is in Multivers afgesloten of bestaat niet.",
        "Open de periode (of maak het boekjaar) in Multivers, of zet het document in een open periode.",
    ),
    fr=Text(
        "La période est clôturée dans Multivers, ou n’existe pas.",
        "Ouvrez la période (ou créez l’exercice) dans Multivers, ou placez le document dans une période ouverte.",
    ),
)
CONDITION_MISSING = ProblemKind(
    "multivers_online.condition_missing",
    en=Text(
        "Multivers wants a payment condition with each invoice; neither the document nor the relation has one.",
        "Give the document a payment condition, or the relation in Multivers.",
    ),
    nl=Text(
        "Multivers wil bij elke factuur een betalingsconditie; het document en de relatie hebben er geen.",
        "Geef het document een betalingsconditie, of de relatie in Multivers.",
    ),
    fr=Text(
        "Multivers veut une condition de paiement pour chaque facture ; ni le document ni le tiers n’en a.",
        "Donnez une condition de paiement au document, ou au tiers dans Multivers.",
    ),
)
VAT_KIND_UNFIT = ProblemKind(
    "multivers_online.vat_kind_unfit",
    en=Text(
        "The amount carries VAT, Multivers takes it without, and the file doesn’t say how much the VAT is.",
        "Give the line’s VAT amount: nothing is computed, so that no cent is lost.",
    ),
    nl=Text(
        "Het bedrag is inclusief btw, Multivers wil het exclusief, en het bestand noemt het btw-bedrag niet.",
        "Vul het btw-bedrag van de regel in: er wordt niets berekend, zodat er geen cent verdwijnt.",
    ),
    fr=Text(
        "Le montant est TVA comprise, Multivers le veut hors TVA, et le fichier ne donne pas la TVA.",
        "Indiquez le montant de TVA de la ligne : rien n’est calculé, pour ne pas perdre un centime.",
    ),
)
VAT_MIXED = ProblemKind(
    "multivers_online.vat_mixed",
    en=Text(
        "Some lines give their VAT amount and this one doesn’t; Multivers computes all of an invoice’s VAT or none.",
        "Give the VAT amount of every line, or of none.",
    ),
    nl=Text(
        "Sommige regels noemen hun btw-bedrag en deze niet; Multivers berekent alle btw van een factuur of niets.",
        "Vul het btw-bedrag van elke regel in, of van geen enkele.",
    ),
    fr=Text(
        "Certaines lignes donnent leur TVA et celle-ci non ; Multivers calcule toute la TVA d’une facture ou rien.",
        "Indiquez la TVA de chaque ligne, ou d’aucune.",
    ),
)
SCENARIOS_MIXED = ProblemKind(
    "multivers_online.scenarios_mixed",
    en=Text(
        "An invoice in Multivers has one VAT scenario, and this line is of another than the first.",
        "Use codes of one scenario on the invoice, or make two invoices of it.",
    ),
    nl=Text(
        "Een factuur heeft in Multivers één btw-scenario, en deze regel heeft een ander dan de eerste.",
        "Gebruik op de factuur codes van één scenario, of maak er twee facturen van.",
    ),
    fr=Text(
        "Une facture a un seul scénario de TVA dans Multivers, et cette ligne en a un autre que la première.",
        "Utilisez des codes d’un seul scénario sur la facture, ou faites-en deux factures.",
    ),
)
NOT_BALANCED = ProblemKind(
    "multivers_online.not_balanced",
    en=Text("The entry is not in balance.", "Correct the amounts of the lines so that they add up to zero."),
    nl=Text("De boeking is niet in evenwicht.", "Verbeter de bedragen van de regels, zodat ze samen nul zijn."),
    fr=Text("L’écriture n’est pas équilibrée.", "Corrigez les montants des lignes pour que leur somme soit nulle."),
)
BASE_CURRENCY_ONLY = ProblemKind(
    "multivers_online.base_currency_only",
    en=Text(
        "A memorial in Multivers has no currency of its own; {value} can’t be sent.",
        "Book it in Multivers by hand, or give it in the administration’s currency.",
    ),
    nl=Text(
        "Een memoriaal heeft in Multivers geen eigen valuta; {value} kan niet worden verstuurd.",
        "Boek het met de hand in Multivers, of geef het in de valuta van de administratie.",
    ),
    fr=Text(
        "Une opération diverse n’a pas de devise propre dans Multivers ; {value} ne peut être envoyé.",
        "Saisissez-la dans Multivers, ou donnez-la dans la devise de l’administration.",
    ),
)
MEMORIAL_SUPPLIER = ProblemKind(
    "multivers_online.memorial_supplier",
    en=Text(
        "How Multivers takes a supplier on a memorial line isn’t public, so it isn’t sent.",
        "Book this entry in Multivers by hand, or put the line on an ordinary ledger account.",
    ),
    nl=Text(
        "Hoe Multivers een crediteur op een memoriaalregel aanneemt is niet openbaar; dit wordt niet verstuurd.",
        "Boek dit met de hand in Multivers, of zet de regel op een gewone grootboekrekening.",
    ),
    fr=Text(
        "La façon dont Multivers accepte un fournisseur sur une opération diverse n’est pas publique ; rien n’est envoyé.",
        "Saisissez l’écriture dans Multivers, ou mettez la ligne sur un compte ordinaire.",
    ),
)
MEMORIAL_INVOICE_MISSING = ProblemKind(
    "multivers_online.memorial_invoice_missing",
    en=Text(
        "Multivers books a customer on a memorial against an invoice, and the line names none.",
        "Give the number of the invoice as it is in Multivers.",
    ),
    nl=Text(
        "Multivers boekt een debiteur op een memoriaal tegen een factuur, en de regel noemt er geen.",
        "Vul het factuurnummer in zoals het in Multivers staat.",
    ),
    fr=Text(
        "Multivers impute un client d’une opération diverse sur une facture, et la ligne n’en nomme pas.",
        "Indiquez le numéro de la facture tel qu’il est dans Multivers.",
    ),
)
VAT_NUMBER_UNFIT = ProblemKind(
    "multivers_online.vat_number_unfit",
    en=Text(
        "Multivers doesn’t take this Dutch VAT number: one is NL, nine digits, B and two digits, and its check digits fit.",
        "Correct the VAT number (the customer’s letter paper or the VIES site has it), or leave it empty.",
    ),
    nl=Text(
        "Multivers neemt dit btw-nummer niet aan: zo’n nummer is NL, negen cijfers, B en twee cijfers, en de controlecijfers kloppen.",
        "Verbeter het btw-nummer (het staat op het briefpapier of op de site van VIES), of laat het leeg.",
    ),
    fr=Text(
        "Multivers n’accepte pas ce numéro de TVA néerlandais : un tel numéro est NL, neuf chiffres, B et deux chiffres, dont la clé est juste.",
        "Corrigez le numéro de TVA (papier à en-tête ou site VIES), ou laissez-le vide.",
    ),
)
JOURNAL_CODE_FIXED = ProblemKind(
    "multivers_online.journal_code_fixed",
    en=Text(
        "Multivers doesn’t let the relation’s ledger group be changed while entries of it are open.",
        "Settle the relation’s open entries in Multivers, or leave the relation as it is there.",
    ),
    nl=Text(
        "Multivers laat de journaalcode van de relatie niet wijzigen zolang er posten van openstaan.",
        "Werk de openstaande posten van de relatie in Multivers af, of laat de relatie daar zoals zij is.",
    ),
    fr=Text(
        "Multivers ne laisse pas changer le code journal du tiers tant que des postes sont ouverts.",
        "Soldez les postes ouverts du tiers dans Multivers, ou laissez-le tel quel.",
    ),
)
MANDATE_UNFIT = ProblemKind(
    "multivers_online.mandate_unfit",
    en=Text(
        "The customer has a direct-debit mandate in Multivers, which only goes with a SEPA payment condition.",
        "Give the invoice a SEPA payment condition, or take the mandate from the customer in Multivers.",
    ),
    nl=Text(
        "De debiteur heeft in Multivers een machtiging, en die kan alleen bij een SEPA-betalingsconditie.",
        "Geef de factuur een SEPA-betalingsconditie, of haal de machtiging bij de debiteur in Multivers weg.",
    ),
    fr=Text(
        "Le client a un mandat de prélèvement dans Multivers, possible seulement avec une condition SEPA.",
        "Donnez à la facture une condition de paiement SEPA, ou retirez le mandat du client dans Multivers.",
    ),
)
CANNOT_CHANGE = ProblemKind(
    "multivers_online.cannot_change",
    en=Text("Multivers doesn’t let this record be changed: {words}", "Change it in Multivers, then offer it again."),
    nl=Text("Multivers laat dit niet wijzigen: {words}", "Wijzig het in Multivers en bied het daarna opnieuw aan."),
    fr=Text("Multivers n’autorise pas la modification : {words}", "Modifiez-le dans Multivers, puis réessayez."),
)
REFUSED = ProblemKind(
    "multivers_online.refused",
    en=Text("Multivers refused the document: {words}", "Correct what the message names, then offer it again."),
    nl=Text("Multivers weigerde het document: {words}", "Verbeter wat de melding noemt en bied het opnieuw aan."),
    fr=Text(
        "Multivers a refusé le document : {words}", "Corrigez ce que nomme le message, puis présentez-le à nouveau."
    ),
)
FORBIDDEN = ProblemKind(
    "multivers_online.forbidden",
    en=Text(
        "The user who connected may not do this in Multivers.",
        "Give the user the right for this administration in Multivers, or connect another one.",
    ),
    nl=Text(
        "De gekoppelde gebruiker mag dit niet in Multivers.",
        "Geef de gebruiker in Multivers het recht voor deze administratie, of koppel een andere.",
    ),
    fr=Text(
        "L’utilisateur connecté n’a pas ce droit dans Multivers.",
        "Accordez-lui ce droit pour l’administration dans Multivers, ou connectez un autre utilisateur.",
    ),
)

# Notices: what a person should know of a document that is in the books.

TEXT_CUT = ProblemKind(
    "multivers_online.text_cut",
    severity="notice",
    en=Text("Multivers has room for less text; cut: {names}.", "Nothing to do; shorten the text if it matters."),
    nl=Text(
        "Multivers heeft minder ruimte voor tekst; afgekapt: {names}.", "Niets; maak de tekst korter als het uitmaakt."
    ),
    fr=Text(
        "Multivers a moins de place pour le texte ; coupé : {names}.",
        "Rien à faire ; raccourcissez le texte au besoin.",
    ),
)
FIELDS_NOT_KEPT = ProblemKind(
    "multivers_online.fields_not_kept",
    severity="notice",
    en=Text("Multivers has no place for: {names}.", "Nothing to do; add it in Multivers by hand if it matters."),
    nl=Text("Multivers heeft geen plaats voor: {names}.", "Niets; vul het zo nodig met de hand aan in Multivers."),
    fr=Text("Multivers n’a pas de place pour : {names}.", "Rien à faire ; ajoutez-le dans Multivers si nécessaire."),
)
DOCUMENT_NOT_KEPT = ProblemKind(
    "multivers_online.document_not_kept",
    severity="warning",
    en=Text(
        "Of the document number of this memorial Multivers kept: {kept}.",
        "Tell whoever runs Bookbridge: if an answer gets lost, such a memorial can’t be told from another like it.",
    ),
    nl=Text(
        "Van het documentnummer van deze memoriaalboeking bewaarde Multivers: {kept}.",
        "Meld dit de beheerder van Bookbridge: raakt een antwoord kwijt, dan is zo’n boeking niet van een gelijke te"
        " onderscheiden.",
    ),
    fr=Text(
        "Du numéro de document de cette opération diverse, Multivers a conservé : {kept}.",
        "Signalez-le à l’administrateur de Bookbridge : si une réponse se perd, une telle écriture ne se distingue pas"
        " d’une autre identique.",
    ),
)
TOTAL_DIFFERS = ProblemKind(
    "multivers_online.total_differs",
    severity="warning",
    en=Text("Multivers booked {booked} where the document says {value}.", "Compare the entry with the document."),
    nl=Text("Multivers boekte {booked}, het document zegt {value}.", "Vergelijk de boeking met het document."),
    fr=Text("Multivers a comptabilisé {booked} ; le document dit {value}.", "Comparez l’écriture et le document."),
)
WARNED = ProblemKind(
    "multivers_online.warned",
    severity="warning",
    en=Text("Multivers took the document and remarked: {words}", "Look at the entry in Multivers."),
    nl=Text("Multivers nam het document aan en merkte op: {words}", "Bekijk de boeking in Multivers."),
    fr=Text("Multivers a pris le document et signale : {words}", "Regardez l’écriture dans Multivers."),
)
BANK_ACCOUNT_REFUSED = ProblemKind(
    "multivers_online.bank_account_refused",
    severity="warning",
    en=Text("The relation is in Multivers, its bank account {value} was refused: {words}", "Add the account by hand."),
    nl=Text(
        "De relatie staat in Multivers, bankrekening {value} is geweigerd: {words}", "Voeg de rekening met de hand toe."
    ),
    fr=Text("Le tiers est dans Multivers, le compte {value} a été refusé : {words}", "Ajoutez le compte vous-même."),
)
