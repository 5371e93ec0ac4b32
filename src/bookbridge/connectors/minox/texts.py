"""The texts of Minox' problems: why, and what a person can do, in every language of the portal."""

from bookbridge.documents import ProblemKind, Text

PERIOD_UNFIT = ProblemKind(
    "minox.period_unfit",
    en=Text(
        "The period is closed in Minox, or isn't there.",
        "Open the period in Minox, or give the document another period; then offer it again.",
    ),
    nl=Text(
        "De periode is in Minox afgesloten of bestaat er niet.",
        "Open de periode in Minox, of geef het document een andere periode; bied het daarna opnieuw aan.",
    ),
    fr=Text(
        "La période est clôturée dans Minox, ou n’y existe pas.",
        "Ouvrez la période dans Minox, ou donnez une autre période au document, puis présentez-le à nouveau.",
    ),
)
ACCOUNT_UNFIT = ProblemKind(
    "minox.account_unfit",
    en=Text(
        "The ledger account can't be booked on in Minox: it isn't there, it is blocked, or Minox books on it by itself.",
        "Choose another account, or change it in Minox; then refresh the package settings.",
    ),
    nl=Text(
        "Op de grootboekrekening kan in Minox niet worden geboekt: zij bestaat niet, is geblokkeerd, of Minox boekt er zelf op.",
        "Kies een andere rekening, of pas haar in Minox aan; ververs daarna de pakketinstellingen.",
    ),
    fr=Text(
        "Le compte général ne peut pas être mouvementé dans Minox : il n’existe pas, est bloqué, ou Minox le mouvemente lui-même.",
        "Choisissez un autre compte, ou modifiez-le dans Minox ; actualisez ensuite les paramètres.",
    ),
)
RELATION_UNKNOWN = ProblemKind(
    "minox.relation_unknown",
    en=Text(
        "Minox has no relation {value} in the role that this document needs.",
        "Send the relation with the customer or supplier file, or make it in Minox under this number; then offer the document again.",
    ),
    nl=Text(
        "Minox kent geen relatie {value} in de rol die dit document nodig heeft.",
        "Stuur de relatie mee in het debiteuren- of crediteurenbestand, of maak haar in Minox onder dit nummer; bied het document daarna opnieuw aan.",
    ),
    fr=Text(
        "Minox n’a pas de tiers {value} dans le rôle requis par ce document.",
        "Envoyez le tiers avec le fichier des clients ou des fournisseurs, ou créez-le dans Minox sous ce numéro, puis présentez le document à nouveau.",
    ),
)
RELATION_UNFIT = ProblemKind(
    "minox.relation_unfit",
    en=Text(
        "Minox doesn't take the relation here: it isn't there, is blocked, or doesn't go with the journal.",
        "Look the relation up in Minox by its number; correct the number or the journal.",
    ),
    nl=Text(
        "Minox accepteert de relatie hier niet: zij bestaat niet, is geblokkeerd, of past niet bij het dagboek.",
        "Zoek de relatie in Minox op nummer op; verbeter het nummer of het dagboek.",
    ),
    fr=Text(
        "Minox n’accepte pas ce tiers ici : il n’existe pas, est bloqué, ou ne va pas avec le journal.",
        "Cherchez le tiers par son numéro dans Minox ; corrigez le numéro ou le journal.",
    ),
)
RELATION_NUMBER_UNFIT = ProblemKind(
    "minox.relation_number_unfit",
    en=Text(
        "A relation's number in Minox is a whole number without a nought in front; {value} is none.",
        "Give the relation such a number in the source: by it the outstanding items are told apart.",
    ),
    nl=Text(
        "Een relatienummer in Minox is een geheel getal zonder nul vooraan; {value} is dat niet.",
        "Geef de relatie in de bron zo'n nummer: daaraan worden de openstaande posten herkend.",
    ),
    fr=Text(
        "Dans Minox, le numéro d’un tiers est un nombre entier sans zéro initial ; {value} ne l’est pas.",
        "Donnez un tel numéro au tiers dans la source : c’est par lui que les postes ouverts sont reconnus.",
    ),
)
KEY_ELSEWHERE = ProblemKind(
    "minox.key_elsewhere",
    en=Text(
        "Minox has number {value} as the external key of relation {other}.",
        "Find out in Minox which of the two it is; correct the external key there, or the number in the source.",
    ),
    nl=Text(
        "In Minox is nummer {value} de externe sleutel van relatie {other}.",
        "Zoek in Minox uit welke van de twee het is; verbeter daar de externe sleutel, of het nummer in de bron.",
    ),
    fr=Text(
        "Dans Minox, le numéro {value} est la clé externe du tiers {other}.",
        "Déterminez dans Minox duquel il s’agit ; corrigez-y la clé externe, ou le numéro dans la source.",
    ),
)
VAT_UNFIT = ProblemKind(
    "minox.vat_unfit",
    en=Text(
        "Minox doesn't take the VAT of this line.",
        "Check the VAT code of the line and that of the ledger account in Minox.",
    ),
    nl=Text(
        "Minox accepteert de btw van deze regel niet.",
        "Controleer de btw-code van de regel en die van de grootboekrekening in Minox.",
    ),
    fr=Text(
        "Minox n’accepte pas la TVA de cette ligne.",
        "Vérifiez le code TVA de la ligne et celui du compte général dans Minox.",
    ),
)
COST_CENTRE_UNFIT = ProblemKind(
    "minox.cost_centre_unfit",
    en=Text(
        "Minox doesn't know the cost centre.",
        "Choose one of the cost centres of Minox, or make it there.",
    ),
    nl=Text(
        "Minox kent de kostenplaats niet.",
        "Kies een van de kostenplaatsen van Minox, of maak haar daar.",
    ),
    fr=Text(
        "Minox ne connaît pas le centre de coûts.",
        "Choisissez un centre de coûts de Minox, ou créez-le là-bas.",
    ),
)
PAYMENT_CONDITION_UNKNOWN = ProblemKind(
    "minox.payment_condition_unknown",
    en=Text(
        "Minox doesn't know the payment term.",
        "Choose one of the payment terms of Minox, or make it there.",
    ),
    nl=Text(
        "Minox kent de betalingsconditie niet.",
        "Kies een van de betalingscondities van Minox, of maak haar daar.",
    ),
    fr=Text(
        "Minox ne connaît pas la condition de paiement.",
        "Choisissez une condition de paiement de Minox, ou créez-la là-bas.",
    ),
)
JOURNAL_UNFIT = ProblemKind(
    "minox.journal_unfit",
    en=Text(
        "The journal isn't in Minox, or isn't one for this kind of document.",
        "Choose a journal of the right kind in the configuration.",
    ),
    nl=Text(
        "Het dagboek bestaat niet in Minox, of is niet voor dit soort document.",
        "Kies in de configuratie een dagboek van de juiste soort.",
    ),
    fr=Text(
        "Le journal n’existe pas dans Minox, ou ne convient pas à ce type de document.",
        "Choisissez un journal du bon type dans la configuration.",
    ),
)
NOT_BALANCED = ProblemKind(
    "minox.not_balanced",
    en=Text(
        "Debit and credit of the entry are not equal.",
        "Correct the amounts. With VAT: compare the VAT of each line with the VAT setting of its ledger account in Minox.",
    ),
    nl=Text(
        "Debet en credit van de boeking zijn niet gelijk.",
        "Verbeter de bedragen. Met btw: vergelijk de btw van elke regel met de btw-instelling van haar grootboekrekening in Minox.",
    ),
    fr=Text(
        "Le débit et le crédit de l’écriture ne sont pas égaux.",
        "Corrigez les montants. Avec TVA : comparez la TVA de chaque ligne avec le réglage de TVA de son compte dans Minox.",
    ),
)
NUMBER_IN_USE = ProblemKind(
    "minox.number_in_use",
    en=Text(
        "Minox already has an entry with this number.",
        "Compare the two entries. Give this one another number, or leave it out when it is the same.",
    ),
    nl=Text(
        "Minox heeft al een boeking met dit nummer.",
        "Vergelijk de twee boekingen. Geef deze een ander nummer, of laat haar weg als het dezelfde is.",
    ),
    fr=Text(
        "Minox a déjà une écriture portant ce numéro.",
        "Comparez les deux écritures. Donnez un autre numéro à celle-ci, ou laissez-la si c’est la même.",
    ),
)
NUMBER_NOT_FREE = ProblemKind(
    "minox.number_not_free",
    en=Text(
        "The journal in Minox doesn't let entries bring their own number.",
        "Allow free entry numbers in the journal's settings in Minox, or refresh the package settings so that the number isn't sent.",
    ),
    nl=Text(
        "Het dagboek in Minox laat geen eigen boekstuknummers toe.",
        "Sta vrije boekstuknummers toe in de instellingen van het dagboek in Minox, of ververs de pakketinstellingen zodat het nummer niet wordt verzonden.",
    ),
    fr=Text(
        "Le journal dans Minox n’accepte pas de numéro de pièce propre.",
        "Autorisez les numéros libres dans les paramètres du journal dans Minox, ou actualisez les paramètres afin que le numéro ne soit pas envoyé.",
    ),
)
INVOICE_NUMBER_UNFIT = ProblemKind(
    "minox.invoice_number_unfit",
    en=Text(
        "Minox wants an invoice number that is a whole number of at most eight digits.",
        "Give the document such a number.",
    ),
    nl=Text(
        "Minox wil een factuurnummer dat een geheel getal van hoogstens acht cijfers is.",
        "Geef het document zo'n nummer.",
    ),
    fr=Text(
        "Minox exige un numéro de facture entier de huit chiffres au plus.",
        "Donnez un tel numéro au document.",
    ),
)
NAME_MISSING = ProblemKind(
    "minox.name_missing",
    en=Text(
        "Minox wants the name of a relation.",
        "Fill the name in and offer the relation again.",
    ),
    nl=Text(
        "Minox wil de naam van een relatie.",
        "Vul de naam in en bied de relatie opnieuw aan.",
    ),
    fr=Text(
        "Minox exige le nom d’un tiers.",
        "Complétez le nom, puis présentez le tiers à nouveau.",
    ),
)
NOT_UNDERSTOOD = ProblemKind(
    "minox.not_understood",
    en=Text(
        "Minox didn't understand our request: {words}",
        "This is not in your document. Report it to the supplier of Bookbridge with this message.",
    ),
    nl=Text(
        "Minox begreep ons verzoek niet: {words}",
        "Dit ligt niet aan het document. Meld het met deze tekst bij de leverancier van Bookbridge.",
    ),
    fr=Text(
        "Minox n’a pas compris notre demande : {words}",
        "Le document n’est pas en cause. Signalez-le avec ce message au fournisseur de Bookbridge.",
    ),
)
FORBIDDEN = ProblemKind(
    "minox.forbidden",
    en=Text(
        "The account that connected Minox may not do this.",
        "Have the main user of the Minox subscription authorise again, with all rights that are asked for.",
    ),
    nl=Text(
        "Het account dat Minox heeft gekoppeld, mag dit niet.",
        "Laat de hoofdgebruiker van het Minox-abonnement opnieuw autoriseren, met alle gevraagde rechten.",
    ),
    fr=Text(
        "Le compte qui a connecté Minox n’a pas ce droit.",
        "Faites autoriser à nouveau par l’utilisateur principal de l’abonnement Minox, avec tous les droits demandés.",
    ),
)
REFUSED = ProblemKind(
    "minox.refused",
    en=Text(
        "Minox refused the document: {words}",
        "Correct what the message says, or enter the document in Minox by hand and mark it as done.",
    ),
    nl=Text(
        "Minox weigerde het document: {words}",
        "Verbeter wat de melding zegt, of voer het document met de hand in Minox in en markeer het als gedaan.",
    ),
    fr=Text(
        "Minox a refusé le document : {words}",
        "Corrigez ce qu’indique le message, ou saisissez le document à la main dans Minox et marquez-le comme fait.",
    ),
)
CODE_UNKNOWN = ProblemKind(
    "minox.code_unknown",
    en=Text(
        "The code {value} is not among the settings of Minox.",
        "Correct the code or its mapping in the configuration; refresh the package settings when it was made just now.",
    ),
    nl=Text(
        "De code {value} staat niet bij de instellingen van Minox.",
        "Verbeter de code of de koppeling in de configuratie; ververs de pakketinstellingen als de code net is gemaakt.",
    ),
    fr=Text(
        "Le code {value} ne figure pas parmi les paramètres de Minox.",
        "Corrigez le code ou son association dans la configuration ; actualisez les paramètres s’il vient d’être créé.",
    ),
)
HELD_DIFFERENTLY = ProblemKind(
    "minox.held_differently",
    en=Text(
        "Minox holds a booking of this document, which differs in: {names}. Nothing was overwritten.",
        "Compare it with the booking in Minox: somebody may have edited it there. Correct one of them, or have the difference booked.",
    ),
    nl=Text(
        "Minox heeft een boeking van dit document, die verschilt in: {names}. Er is niets overschreven.",
        "Vergelijk het met de boeking in Minox: misschien heeft iemand haar daar gewijzigd. Verbeter een van beide, of laat het verschil boeken.",
    ),
    fr=Text(
        "Minox contient une écriture de ce document, différente pour : {names}. Rien n’a été écrasé.",
        "Comparez avec l’écriture dans Minox : quelqu’un l’y a peut-être modifiée. Corrigez l’une des deux, ou faites comptabiliser la différence.",
    ),
)
VAT_IN_MEMORIAL = ProblemKind(
    "minox.vat_in_memorial",
    en=Text(
        "A memorial line can't bring a VAT code to Minox: nothing public says how its amount would count.",
        "Book the VAT on lines of its own, or enter this memorial in Minox by hand.",
    ),
    nl=Text(
        "Een memoriaalregel kan geen btw-code naar Minox meenemen: nergens staat hoe haar bedrag dan telt.",
        "Boek de btw op eigen regels, of voer dit memoriaal met de hand in Minox in.",
    ),
    fr=Text(
        "Une ligne d’OD ne peut pas porter de code TVA vers Minox : rien de public ne dit comment son montant compterait.",
        "Comptabilisez la TVA sur des lignes à part, ou saisissez cette écriture à la main dans Minox.",
    ),
)
TOTAL_APART = ProblemKind(
    "minox.total_apart",
    en=Text(
        "The total is {value}, but the lines with their VAT add up to {sum}; Minox would not be in balance.",
        "Correct the total, the amounts or the VAT; check the VAT setting of the ledger accounts in Minox.",
    ),
    nl=Text(
        "Het totaal is {value}, maar de regels met hun btw tellen op tot {sum}; Minox zou niet in evenwicht zijn.",
        "Verbeter het totaal, de bedragen of de btw; controleer de btw-instelling van de grootboekrekeningen in Minox.",
    ),
    fr=Text(
        "Le total est {value}, mais les lignes avec leur TVA font {sum} ; Minox ne serait pas équilibré.",
        "Corrigez le total, les montants ou la TVA ; vérifiez le réglage de TVA des comptes dans Minox.",
    ),
)
COST_UNIT_WITHOUT_PLACE = ProblemKind(
    "minox.cost_unit_without_place",
    en=Text(
        "A line in Minox has a place for a cost centre, but none for a cost unit.",
        "Leave the cost unit out, or map it to a cost centre.",
    ),
    nl=Text(
        "Een regel in Minox heeft plaats voor een kostenplaats, maar niet voor een kostendrager.",
        "Laat de kostendrager weg, of koppel hem aan een kostenplaats.",
    ),
    fr=Text(
        "Une ligne dans Minox a une place pour un centre de coûts, mais pas pour une unité de coûts.",
        "Laissez l’unité de coûts de côté, ou associez-la à un centre de coûts.",
    ),
)
SETTING_UNKNOWN = ProblemKind(
    "minox.setting_unknown",
    en=Text(
        "The configuration's setting {name} is {value}, which is none of: {known}.",
        "Correct the setting.",
    ),
    nl=Text(
        "De instelling {name} van de configuratie is {value}, en dat is geen van: {known}.",
        "Verbeter de instelling.",
    ),
    fr=Text(
        "Le réglage {name} de la configuration est {value}, qui n’est pas parmi : {known}.",
        "Corrigez le réglage.",
    ),
)

# What a person should know although the document is in the books.
FIELDS_NOT_KEPT = ProblemKind(
    "minox.fields_not_kept",
    en=Text(
        "Minox has no place for these details, so they were not sent: {names}.",
        "Enter them in Minox by hand when you need them there.",
    ),
    nl=Text(
        "Minox heeft geen plaats voor deze gegevens; ze zijn niet verzonden: {names}.",
        "Voer ze met de hand in Minox in als u ze daar nodig hebt.",
    ),
    fr=Text(
        "Minox n’a pas de place pour ces données ; elles n’ont pas été envoyées : {names}.",
        "Saisissez-les à la main dans Minox si vous en avez besoin.",
    ),
    severity="notice",
)
NUMBER_GIVEN = ProblemKind(
    "minox.number_given",
    en=Text(
        "Minox's invoice number is a whole number of at most eight digits, so the entry was given number {given}. The outstanding items name that number.",
        "Match payments of {value} by number {given}.",
    ),
    nl=Text(
        "Het factuurnummer van Minox is een geheel getal van hoogstens acht cijfers; de boeking kreeg daarom nummer {given}. De openstaande posten noemen dat nummer.",
        "Koppel betalingen van {value} aan nummer {given}.",
    ),
    fr=Text(
        "Le numéro de facture de Minox est un entier de huit chiffres au plus ; l’écriture a donc reçu le numéro {given}. Les postes ouverts portent ce numéro.",
        "Rapprochez les paiements de {value} par le numéro {given}.",
    ),
    severity="warning",
)
TOTAL_DIFFERS = ProblemKind(
    "minox.total_differs",
    en=Text(
        "Minox booked a total of {booked}, the document says {value}.",
        "Compare the entry in Minox with the document.",
    ),
    nl=Text(
        "Minox boekte een totaal van {booked}, het document zegt {value}.",
        "Vergelijk de boeking in Minox met het document.",
    ),
    fr=Text(
        "Minox a comptabilisé un total de {booked}, le document indique {value}.",
        "Comparez l’écriture dans Minox avec le document.",
    ),
    severity="warning",
)
VAT_DIFFERS = ProblemKind(
    "minox.vat_differs",
    en=Text(
        "Minox booked {booked} VAT, the document says {value}.",
        "Check the VAT setting of the ledger accounts in Minox, and correct the entry there.",
    ),
    nl=Text(
        "Minox boekte {booked} btw, het document zegt {value}.",
        "Controleer de btw-instelling van de grootboekrekeningen in Minox, en verbeter de boeking daar.",
    ),
    fr=Text(
        "Minox a comptabilisé {booked} de TVA, le document indique {value}.",
        "Vérifiez le réglage de TVA des comptes dans Minox, et corrigez-y l’écriture.",
    ),
    severity="warning",
)
LINES_DIFFER = ProblemKind(
    "minox.lines_differ",
    en=Text(
        "Minox booked other lines than were sent: {lines}.",
        "Compare the entry in Minox with the document; check the VAT setting of the ledger accounts there.",
    ),
    nl=Text(
        "Minox boekte andere regels dan er zijn verzonden: {lines}.",
        "Vergelijk de boeking in Minox met het document; controleer daar de btw-instelling van de grootboekrekeningen.",
    ),
    fr=Text(
        "Minox a comptabilisé d’autres lignes que celles envoyées : {lines}.",
        "Comparez l’écriture dans Minox avec le document ; vérifiez-y le réglage de TVA des comptes.",
    ),
    severity="warning",
)
NOT_COMPARED = ProblemKind(
    "minox.not_compared",
    en=Text(
        "Minox took the entry, but what it booked could not be read back, so its VAT was not compared.",
        "Have the period compared with the package, or look at the entry in Minox.",
    ),
    nl=Text(
        "Minox nam de boeking aan, maar wat het boekte kon niet worden teruggelezen; de btw is dus niet vergeleken.",
        "Laat de periode met het pakket vergelijken, of bekijk de boeking in Minox.",
    ),
    fr=Text(
        "Minox a pris l’écriture, mais ce qu’il a comptabilisé n’a pas pu être relu ; la TVA n’a donc pas été comparée.",
        "Faites comparer la période avec le logiciel, ou regardez l’écriture dans Minox.",
    ),
    severity="notice",
)
