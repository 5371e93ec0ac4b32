"""The texts of Tryton's problems: why, and what a person can do, in every language of the portal."""

from bookbridge.documents import ProblemKind, Text

CODE_UNKNOWN = ProblemKind(
    "tryton.code_unknown",
    en=Text(
        "Tryton has no {value}.",
        "Add it in Tryton, or correct the code or its mapping; then offer the document again.",
    ),
    nl=Text(
        "Tryton kent {value} niet.",
        "Voeg het toe in Tryton, of verbeter de code of de vertaling ervan; bied het document daarna opnieuw aan.",
    ),
    fr=Text(
        "Tryton ne connaît pas {value}.",
        "Ajoutez-le dans Tryton ou corrigez le code ou sa correspondance, puis présentez à nouveau le document.",
    ),
)
ACCOUNT_UNFIT = ProblemKind(
    "tryton.account_unfit",
    en=Text(
        "Tryton books on account {value} by itself, or the account is closed.",
        "Choose an ordinary, open ledger account.",
    ),
    nl=Text(
        "Tryton boekt zelf op rekening {value}, of de rekening is gesloten.",
        "Kies een gewone, open grootboekrekening.",
    ),
    fr=Text(
        "Tryton impute lui-même le compte {value}, ou ce compte est fermé.",
        "Choisissez un compte ordinaire et ouvert.",
    ),
)
ACCOUNT_NOT_REVENUE = ProblemKind(
    "tryton.account_not_revenue",
    en=Text(
        "Tryton takes only revenue accounts on a sales invoice, and {value} is none.",
        "Choose a revenue account, or give the account's type in Tryton the mark “revenue”.",
    ),
    nl=Text(
        "Tryton neemt op een verkoopfactuur alleen opbrengstrekeningen aan, en {value} is er geen.",
        "Kies een opbrengstrekening, of zet in Tryton bij het type van de rekening het kenmerk ‘opbrengst’.",
    ),
    fr=Text(
        "Sur une facture de vente, Tryton n’accepte que des comptes de produits, et {value} n’en est pas un.",
        "Choisissez un compte de produits, ou cochez « produits » dans le type du compte dans Tryton.",
    ),
)
ACCOUNT_NOT_EXPENSE = ProblemKind(
    "tryton.account_not_expense",
    en=Text(
        "Tryton takes only expense and debt accounts on a purchase invoice, and {value} is neither.",
        "Choose an expense account, or give the account's type in Tryton the mark “expense”.",
    ),
    nl=Text(
        "Tryton neemt op een inkoopfactuur alleen kosten- en schuldrekeningen aan, en {value} is geen van beide.",
        "Kies een kostenrekening, of zet in Tryton bij het type van de rekening het kenmerk ‘kosten’.",
    ),
    fr=Text(
        "Sur une facture d’achat, Tryton n’accepte que des comptes de charges et de dettes, et {value} n’est ni l’un ni l’autre.",
        "Choisissez un compte de charges, ou cochez « charges » dans le type du compte dans Tryton.",
    ),
)
JOURNAL_UNFIT = ProblemKind(
    "tryton.journal_unfit",
    en=Text(
        "Journal {value} of Tryton is not for documents of this kind.",
        "Choose a journal of the right type: revenue for sales, expense for purchases, general for memorials.",
    ),
    nl=Text(
        "Dagboek {value} van Tryton is niet voor dit soort documenten.",
        "Kies een dagboek van het juiste type: opbrengst voor verkopen, kosten voor inkopen, algemeen voor memorialen.",
    ),
    fr=Text(
        "Le journal {value} de Tryton n’est pas fait pour ce type de document.",
        "Choisissez un journal du bon type : produits pour les ventes, charges pour les achats, général pour les opérations diverses.",
    ),
)
RELATION_UNKNOWN = ProblemKind(
    "tryton.relation_unknown",
    en=Text(
        "Tryton has no party with the code {value} for this role.",
        "Offer the relation first, or correct its number.",
    ),
    nl=Text(
        "Tryton kent geen relatie met code {value} in deze rol.",
        "Bied de relatie eerst aan, of verbeter het nummer.",
    ),
    fr=Text(
        "Tryton n’a aucun tiers avec le code {value} pour ce rôle.",
        "Présentez d’abord le tiers, ou corrigez son numéro.",
    ),
)
NO_ADDRESS = ProblemKind(
    "tryton.no_address",
    en=Text(
        "Party {value} has no address in Tryton, and an invoice needs one.",
        "Add an address to the party in Tryton; then offer the document again.",
    ),
    nl=Text(
        "Relatie {value} heeft in Tryton geen adres, en een factuur heeft er een nodig.",
        "Voeg in Tryton een adres toe aan de relatie; bied het document daarna opnieuw aan.",
    ),
    fr=Text(
        "Le tiers {value} n’a pas d’adresse dans Tryton, alors qu’une facture en exige une.",
        "Ajoutez une adresse au tiers dans Tryton, puis présentez à nouveau le document.",
    ),
)
NO_CONTROL_ACCOUNT = ProblemKind(
    "tryton.no_control_account",
    en=Text(
        "Party {value} has no receivable or payable account in Tryton.",
        "Set the default accounts in Tryton (Financial, Configuration), or the accounts of the party.",
    ),
    nl=Text(
        "Relatie {value} heeft in Tryton geen debiteuren- of crediteurenrekening.",
        "Stel in Tryton de standaardrekeningen in (Financieel, Instellingen), of die van de relatie.",
    ),
    fr=Text(
        "Le tiers {value} n’a pas de compte client ou fournisseur dans Tryton.",
        "Définissez les comptes par défaut dans Tryton (Comptabilité, Configuration), ou ceux du tiers.",
    ),
)
VAT_KIND_UNFIT = ProblemKind(
    "tryton.vat_kind_unfit",
    en=Text(
        "The amount carries VAT, code {value} of Tryton counts without, and the file gives no VAT amount to convert it by.",
        "Give the amount without VAT, or the VAT amount of the line.",
    ),
    nl=Text(
        "Het bedrag is inclusief btw, code {value} van Tryton rekent exclusief, en het bestand geeft geen btw-bedrag om het om te rekenen.",
        "Geef het bedrag exclusief btw, of het btw-bedrag van de regel.",
    ),
    fr=Text(
        "Le montant est TVA comprise, le code {value} de Tryton compte hors TVA, et le fichier ne donne pas la TVA pour convertir.",
        "Donnez le montant hors TVA, ou le montant de TVA de la ligne.",
    ),
)
MEMORIAL_VAT = ProblemKind(
    "tryton.memorial_vat",
    en=Text(
        "A move of Tryton has no VAT code on its lines ({value}).",
        "Leave the VAT code out and book the VAT on a line of its own, or make it an invoice.",
    ),
    nl=Text(
        "Een boeking van Tryton heeft geen btw-code op de regels ({value}).",
        "Laat de btw-code weg en boek de btw op een eigen regel, of maak er een factuur van.",
    ),
    fr=Text(
        "Un mouvement de Tryton n’a pas de code TVA sur ses lignes ({value}).",
        "Supprimez le code TVA et imputez la TVA sur sa propre ligne, ou faites-en une facture.",
    ),
)
RATE_MISSING = ProblemKind(
    "tryton.rate_missing",
    en=Text(
        "A memorial in {value} needs the exchange rate: Tryton balances it in the company's currency.",
        "Give the exchange rate, or the amounts in the company's currency.",
    ),
    nl=Text(
        "Een memoriaal in {value} heeft de koers nodig: Tryton maakt hem sluitend in de valuta van het bedrijf.",
        "Geef de koers, of de bedragen in de valuta van het bedrijf.",
    ),
    fr=Text(
        "Une opération diverse en {value} exige le cours : Tryton l’équilibre dans la devise de la société.",
        "Donnez le cours, ou les montants dans la devise de la société.",
    ),
)
RATE_LEAVES_CENTS = ProblemKind(
    "tryton.rate_leaves_cents",
    en=Text(
        "At the rate {value} the lines, each rounded, don't add up to zero in the company's currency.",
        "Give the amounts in the company's currency, with the rounding on a line of its own.",
    ),
    nl=Text(
        "Tegen koers {value} zijn de regels, elk afgerond, samen niet nul in de valuta van het bedrijf.",
        "Geef de bedragen in de valuta van het bedrijf, met de afronding op een eigen regel.",
    ),
    fr=Text(
        "Au cours {value}, les lignes arrondies ne s’annulent pas dans la devise de la société.",
        "Donnez les montants dans la devise de la société, avec l’arrondi sur une ligne à part.",
    ),
)
NOT_BALANCED = ProblemKind(
    "tryton.not_balanced",
    en=Text(
        "The entry is not in balance: debit and credit differ.",
        "Correct the amounts of the lines so that they add up to zero.",
    ),
    nl=Text(
        "De boeking is niet in evenwicht: debet en credit verschillen.",
        "Verbeter de bedragen van de regels, zodat ze samen nul zijn.",
    ),
    fr=Text(
        "L’écriture n’est pas équilibrée : le débit et le crédit diffèrent.",
        "Corrigez les montants des lignes pour que leur somme soit nulle.",
    ),
)
PERIOD_CLOSED = ProblemKind(
    "tryton.period_closed",
    en=Text(
        "The period is closed in Tryton.",
        "Reopen the period in Tryton, or move the document to an open one; then offer it again.",
    ),
    nl=Text(
        "De periode is afgesloten in Tryton.",
        "Open de periode in Tryton, of zet het document in een open periode; bied het daarna opnieuw aan.",
    ),
    fr=Text(
        "La période est clôturée dans Tryton.",
        "Rouvrez la période dans Tryton ou placez le document dans une période ouverte, puis présentez-le à nouveau.",
    ),
)
PERIOD_MISSING = ProblemKind(
    "tryton.period_missing",
    en=Text(
        "Tryton has no period for this date.",
        "Make the fiscal year and its periods in Tryton, or correct the date; then offer the document again.",
    ),
    nl=Text(
        "Tryton heeft geen periode voor deze datum.",
        "Maak in Tryton het boekjaar met de perioden, of verbeter de datum; bied het document daarna opnieuw aan.",
    ),
    fr=Text(
        "Tryton n’a pas de période pour cette date.",
        "Créez l’exercice et ses périodes dans Tryton ou corrigez la date, puis présentez à nouveau le document.",
    ),
)
NO_SERIES = ProblemKind(
    "tryton.no_series",
    en=Text(
        "The fiscal year in Tryton has no number series for this kind of invoice.",
        "Set the invoice sequences of the fiscal year in Tryton; then offer the document again.",
    ),
    nl=Text(
        "Het boekjaar in Tryton heeft geen nummerreeks voor dit soort facturen.",
        "Stel in Tryton de factuurreeksen van het boekjaar in; bied het document daarna opnieuw aan.",
    ),
    fr=Text(
        "L’exercice dans Tryton n’a pas de séquence pour ce type de facture.",
        "Définissez les séquences de factures de l’exercice dans Tryton, puis présentez à nouveau le document.",
    ),
)
OUT_OF_ORDER = ProblemKind(
    "tryton.out_of_order",
    en=Text(
        "Tryton's number series has given a number to a sale of a later date already.",
        "Give the invoice a number of its own, or a date not before that one; then offer it again.",
    ),
    nl=Text(
        "De nummerreeks van Tryton heeft al een nummer gegeven aan een verkoop met een latere datum.",
        "Geef de factuur een eigen nummer, of een datum die er niet vóór ligt; bied haar daarna opnieuw aan.",
    ),
    fr=Text(
        "La séquence de Tryton a déjà numéroté une vente à une date ultérieure.",
        "Donnez à la facture son propre numéro, ou une date qui ne la précède pas, puis présentez-la à nouveau.",
    ),
)
SIMILAR = ProblemKind(
    "tryton.similar",
    en=Text(
        "Tryton holds an invoice of this supplier with the same reference.",
        "Compare the two. Leave this one out when it is the same invoice; else give it another reference.",
    ),
    nl=Text(
        "Tryton heeft al een factuur van deze leverancier met dezelfde referentie.",
        "Vergelijk de twee. Laat deze weg als het dezelfde factuur is; geef haar anders een andere referentie.",
    ),
    fr=Text(
        "Tryton contient déjà une facture de ce fournisseur avec la même référence.",
        "Comparez les deux. Laissez celle-ci s’il s’agit de la même facture ; sinon, donnez-lui une autre référence.",
    ),
)
IN_THE_FUTURE = ProblemKind(
    "tryton.in_the_future",
    en=Text(
        "Tryton takes a sales invoice of a future date only from a person who confirms it.",
        "Offer it again on its day, or correct the date.",
    ),
    nl=Text(
        "Een verkoopfactuur met een datum in de toekomst neemt Tryton alleen aan van iemand die dat bevestigt.",
        "Bied haar op die dag opnieuw aan, of verbeter de datum.",
    ),
    fr=Text(
        "Tryton n’accepte une facture de vente datée du futur que d’une personne qui la confirme.",
        "Présentez-la à nouveau ce jour-là, ou corrigez la date.",
    ),
)
DUE_IN_THE_PAST = ProblemKind(
    "tryton.due_in_the_past",
    en=Text(
        "Tryton does not take a due date in the past.",
        "Correct the due date, or confirm the invoice in Tryton.",
    ),
    nl=Text(
        "Tryton neemt geen vervaldatum in het verleden aan.",
        "Verbeter de vervaldatum, of bevestig de factuur in Tryton.",
    ),
    fr=Text(
        "Tryton n’accepte pas d’échéance passée.",
        "Corrigez l’échéance, ou confirmez la facture dans Tryton.",
    ),
)
NUMBER_IN_USE = ProblemKind(
    "tryton.number_in_use",
    en=Text(
        "Tryton holds another entry with this number, and it says something else.",
        "Compare the two entries. Give this one another number, or leave it out when it is the same one.",
    ),
    nl=Text(
        "Tryton heeft een andere boeking met dit nummer, met een andere inhoud.",
        "Vergelijk de twee boekingen. Geef deze een ander nummer, of laat hem weg als het dezelfde is.",
    ),
    fr=Text(
        "Tryton contient une autre écriture avec ce numéro, au contenu différent.",
        "Comparez les deux écritures. Donnez un autre numéro à celle-ci, ou laissez-la s’il s’agit de la même.",
    ),
)
CODE_IN_USE = ProblemKind(
    "tryton.code_in_use",
    en=Text(
        "Another party of Tryton, perhaps an archived one, has this code.",
        "Look the code up in Tryton, archived parties too; free it there or use another.",
    ),
    nl=Text(
        "Een andere relatie van Tryton, misschien een gearchiveerde, heeft deze code.",
        "Zoek de code op in Tryton, ook bij de gearchiveerde relaties; maak hem daar vrij of gebruik een andere.",
    ),
    fr=Text(
        "Un autre tiers de Tryton, peut-être archivé, porte ce code.",
        "Cherchez le code dans Tryton, y compris parmi les tiers archivés ; libérez-le ou prenez-en un autre.",
    ),
)
DETAIL_INVALID = ProblemKind(
    "tryton.detail_invalid",
    en=Text(
        "Tryton does not take a detail of this party: {words}",
        "Correct the detail; then offer the relation again.",
    ),
    nl=Text(
        "Tryton neemt een gegeven van deze relatie niet aan: {words}",
        "Verbeter het gegeven; bied de relatie daarna opnieuw aan.",
    ),
    fr=Text(
        "Tryton refuse une donnée de ce tiers : {words}",
        "Corrigez la donnée, puis présentez à nouveau le tiers.",
    ),
)
NOT_ACCEPTED = ProblemKind(
    "tryton.not_accepted",
    en=Text(
        "Tryton does not take a value: {words}",
        "Correct the value here, or the settings in Tryton; then offer the document again.",
    ),
    nl=Text(
        "Tryton neemt een waarde niet aan: {words}",
        "Verbeter de waarde hier, of de instellingen in Tryton; bied het document daarna opnieuw aan.",
    ),
    fr=Text(
        "Tryton refuse une valeur : {words}",
        "Corrigez la valeur ici, ou les réglages dans Tryton, puis présentez à nouveau le document.",
    ),
)
EXCHANGE_ACCOUNT_MISSING = ProblemKind(
    "tryton.exchange_account_missing",
    en=Text(
        "Tryton has no account for exchange differences.",
        "Set the currency exchange accounts in Tryton (Financial, Configuration); then offer the document again.",
    ),
    nl=Text(
        "Tryton heeft geen rekening voor koersverschillen.",
        "Stel in Tryton de rekeningen voor koersverschillen in (Financieel, Instellingen); bied het document daarna opnieuw aan.",
    ),
    fr=Text(
        "Tryton n’a pas de compte pour les écarts de change.",
        "Définissez les comptes d’écarts de change dans Tryton (Comptabilité, Configuration), puis présentez à nouveau le document.",
    ),
)
PARTY_WANTED = ProblemKind(
    "tryton.party_wanted",
    en=Text(
        "The account wants a party on the line, or none, in Tryton.",
        "Choose an account that takes no party; relations are booked by invoices.",
    ),
    nl=Text(
        "De rekening wil in Tryton een relatie op de regel, of juist geen.",
        "Kies een rekening zonder relatie; relaties worden door facturen geboekt.",
    ),
    fr=Text(
        "Dans Tryton, le compte exige un tiers sur la ligne, ou n’en veut pas.",
        "Choisissez un compte sans tiers ; les tiers sont imputés par les factures.",
    ),
)
CHANGED_MEANWHILE = ProblemKind(
    "tryton.changed_meanwhile",
    en=Text(
        "Somebody has changed or posted the draft in Tryton meanwhile: {words}",
        "Look the entry up in Tryton; then have it found, or offer it again.",
    ),
    nl=Text(
        "Iemand heeft het concept intussen in Tryton gewijzigd of geboekt: {words}",
        "Zoek de boeking op in Tryton; laat haar dan vinden, of bied haar opnieuw aan.",
    ),
    fr=Text(
        "Quelqu’un a entre-temps modifié ou comptabilisé le brouillon dans Tryton : {words}",
        "Cherchez l’écriture dans Tryton, puis faites-la retrouver ou présentez-la à nouveau.",
    ),
)
FORBIDDEN = ProblemKind(
    "tryton.forbidden",
    en=Text(
        "The user of the application key may not do this in Tryton.",
        "Give the user the groups Accounting and Party Administration in Tryton; then offer the document again.",
    ),
    nl=Text(
        "De gebruiker van de toepassingssleutel mag dit in Tryton niet.",
        "Geef de gebruiker in Tryton de groepen Boekhouding en Relatiebeheer; bied het document daarna opnieuw aan.",
    ),
    fr=Text(
        "L’utilisateur de la clé d’application n’en a pas le droit dans Tryton.",
        "Donnez-lui dans Tryton les groupes Comptabilité et Administration des tiers, puis présentez à nouveau le document.",
    ),
)
REFUSED = ProblemKind(
    "tryton.refused",
    en=Text(
        "Tryton refused it: {words}",
        "Repair what Tryton names; then offer the document again.",
    ),
    nl=Text(
        "Tryton heeft het geweigerd: {words}",
        "Herstel wat Tryton noemt; bied het document daarna opnieuw aan.",
    ),
    fr=Text(
        "Tryton l’a refusé : {words}",
        "Corrigez ce que Tryton indique, puis présentez à nouveau le document.",
    ),
)
