"""The texts of Exact Online's problems: why, and what a person can do, in every language of the portal."""

from bookbridge.documents import ProblemKind, Text

NUMBER_IN_USE = ProblemKind(
    "exact_online.number_in_use",
    en=Text(
        "Another entry in this journal of Exact Online already has this number.",
        "Compare the two entries. Give this one another number, or leave it out when it is the same invoice.",
    ),
    nl=Text(
        "Een andere boeking in dit dagboek van Exact Online heeft dit nummer al.",
        "Vergelijk de twee boekingen. Geef deze een ander nummer, of laat hem weg als het dezelfde factuur is.",
    ),
    fr=Text(
        "Une autre écriture de ce journal d’Exact Online porte déjà ce numéro.",
        "Comparez les deux écritures. Donnez un autre numéro à celle-ci, ou laissez-la s’il s’agit de la même facture.",
    ),
)
ALREADY_EXISTS = ProblemKind(
    "exact_online.already_exists",
    en=Text(
        "Exact Online already holds a record with this code.",
        "Look the code up in Exact Online; use another code when it belongs to somebody else.",
    ),
    nl=Text(
        "Exact Online kent deze code al.",
        "Zoek de code op in Exact Online; gebruik een andere code als hij van een ander is.",
    ),
    fr=Text(
        "Exact Online contient déjà une fiche avec ce code.",
        "Cherchez ce code dans Exact Online ; utilisez un autre code s’il appartient à quelqu’un d’autre.",
    ),
)
YEAR_UNKNOWN = ProblemKind(
    "exact_online.year_unknown",
    en=Text(
        "The financial year is not in Exact Online's table of periods.",
        "Add the year in Exact Online (Periods), or correct the year of this document; then offer it again.",
    ),
    nl=Text(
        "Het boekjaar staat niet in de periode-datumtabel van Exact Online.",
        "Voeg het jaar toe in Exact Online (Perioden), of verbeter het jaar van dit document; bied het daarna opnieuw aan.",
    ),
    fr=Text(
        "L’exercice n’est pas dans la table des périodes d’Exact Online.",
        "Ajoutez l’exercice dans Exact Online (Périodes) ou corrigez l’année de ce document, puis présentez-le à nouveau.",
    ),
)
PERIOD_CLOSED = ProblemKind(
    "exact_online.period_closed",
    en=Text(
        "The period is closed in Exact Online.",
        "Open the period in Exact Online, or move the document to an open period; then offer it again.",
    ),
    nl=Text(
        "De periode is afgesloten in Exact Online.",
        "Open de periode in Exact Online, of zet het document in een open periode; bied het daarna opnieuw aan.",
    ),
    fr=Text(
        "La période est clôturée dans Exact Online.",
        "Rouvrez la période dans Exact Online ou placez le document dans une période ouverte, puis présentez-le à nouveau.",
    ),
)
NOT_BALANCED = ProblemKind(
    "exact_online.not_balanced",
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
JOURNAL_UNFIT = ProblemKind(
    "exact_online.journal_unfit",
    en=Text(
        "Exact Online doesn't know the journal, or it is of another type than this document needs.",
        "Map the journal to one of the right type in the configuration, or correct it here.",
    ),
    nl=Text(
        "Exact Online kent het dagboek niet, of het is van een ander type dan dit document nodig heeft.",
        "Koppel in de configuratie een dagboek van het juiste type, of verbeter het hier.",
    ),
    fr=Text(
        "Exact Online ne connaît pas le journal, ou il est d’un autre type que celui requis par ce document.",
        "Associez un journal du bon type dans la configuration, ou corrigez-le ici.",
    ),
)
RELATION_UNFIT = ProblemKind(
    "exact_online.relation_unfit",
    en=Text(
        "The relation is in Exact Online, but not in the role that this document needs.",
        "Make the relation a customer (or supplier) in Exact Online, or send it with the customer or supplier file.",
    ),
    nl=Text(
        "De relatie staat in Exact Online, maar niet in de rol die dit document nodig heeft.",
        "Maak de relatie klant (of leverancier) in Exact Online, of stuur haar mee in het debiteuren- of crediteurenbestand.",
    ),
    fr=Text(
        "Le tiers existe dans Exact Online, mais pas dans le rôle requis par ce document.",
        "Définissez le tiers comme client (ou fournisseur) dans Exact Online, ou envoyez-le avec le fichier des clients ou des fournisseurs.",
    ),
)
ACCOUNT_UNFIT = ProblemKind(
    "exact_online.account_unfit",
    en=Text(
        "A line is on a ledger account whose type can't be used here; Exact Online makes the debtor and VAT lines itself.",
        "Map the line to a revenue or cost account.",
    ),
    nl=Text(
        "Een regel staat op een grootboekrekening van een type dat hier niet kan; Exact Online maakt de debiteuren- en btw-regels zelf.",
        "Koppel de regel aan een opbrengst- of kostenrekening.",
    ),
    fr=Text(
        "Une ligne porte sur un compte dont le type ne convient pas ici ; Exact Online crée lui-même les lignes client et TVA.",
        "Associez la ligne à un compte de produit ou de charge.",
    ),
)
VAT_PERCENTAGE = ProblemKind(
    "exact_online.vat_percentage",
    en=Text(
        "Exact Online doesn't accept the VAT percentage.",
        "Check the VAT code of the lines and its percentage on the date of the document.",
    ),
    nl=Text(
        "Exact Online accepteert het btw-percentage niet.",
        "Controleer de btw-code van de regels en het percentage op de datum van het document.",
    ),
    fr=Text(
        "Exact Online n’accepte pas le taux de TVA.",
        "Vérifiez le code TVA des lignes et son taux à la date du document.",
    ),
)
VAT_NOT_ALLOWED = ProblemKind(
    "exact_online.vat_not_allowed",
    en=Text(
        "The VAT code can't be used in this journal or for this kind of document.",
        "Choose a VAT code for sales or for purchase as the document needs, or allow VAT in the journal.",
    ),
    nl=Text(
        "De btw-code kan niet worden gebruikt in dit dagboek of voor dit soort document.",
        "Kies een btw-code voor verkoop of inkoop, zoals het document vraagt, of sta btw toe in het dagboek.",
    ),
    fr=Text(
        "Le code TVA ne peut pas être utilisé dans ce journal ou pour ce type de document.",
        "Choisissez un code TVA de vente ou d’achat selon le document, ou autorisez la TVA dans le journal.",
    ),
)
COST_CENTRE_UNFIT = ProblemKind(
    "exact_online.cost_centre_unfit",
    en=Text(
        "The cost centre doesn't go with the ledger account.",
        "Check in Exact Online whether the account asks for a cost centre, may have one, or may have none.",
    ),
    nl=Text(
        "De kostenplaats past niet bij de grootboekrekening.",
        "Kijk in Exact Online of de rekening een kostenplaats vraagt, toestaat of niet toestaat.",
    ),
    fr=Text(
        "Le centre de coûts ne va pas avec le compte général.",
        "Vérifiez dans Exact Online si le compte exige, permet ou interdit un centre de coûts.",
    ),
)
COST_UNIT_UNFIT = ProblemKind(
    "exact_online.cost_unit_unfit",
    en=Text(
        "The cost unit doesn't go with the ledger account.",
        "Check in Exact Online whether the account asks for a cost unit, may have one, or may have none.",
    ),
    nl=Text(
        "De kostendrager past niet bij de grootboekrekening.",
        "Kijk in Exact Online of de rekening een kostendrager vraagt, toestaat of niet toestaat.",
    ),
    fr=Text(
        "L’unité de coûts ne va pas avec le compte général.",
        "Vérifiez dans Exact Online si le compte exige, permet ou interdit une unité de coûts.",
    ),
)
BLOCKED = ProblemKind(
    "exact_online.blocked",
    en=Text(
        "Something the document uses is blocked in Exact Online: {words}",
        "Unblock it in Exact Online, or use another one; then offer the document again.",
    ),
    nl=Text(
        "Iets dat het document gebruikt is geblokkeerd in Exact Online: {words}",
        "Hef de blokkade op in Exact Online, of gebruik iets anders; bied het document daarna opnieuw aan.",
    ),
    fr=Text(
        "Un élément utilisé par le document est bloqué dans Exact Online : {words}",
        "Débloquez-le dans Exact Online ou utilisez-en un autre, puis présentez le document à nouveau.",
    ),
)
REFERENCE_UNKNOWN = ProblemKind(
    "exact_online.reference_unknown",
    en=Text(
        "Exact Online doesn't know something the document refers to: {words}",
        "Check whether it was removed in Exact Online, refresh the package settings, and offer the document again.",
    ),
    nl=Text(
        "Exact Online kent iets niet waarnaar het document verwijst: {words}",
        "Kijk of het in Exact Online is verwijderd, ververs de pakketinstellingen en bied het document opnieuw aan.",
    ),
    fr=Text(
        "Exact Online ne connaît pas un élément auquel le document renvoie : {words}",
        "Vérifiez s’il a été supprimé dans Exact Online, actualisez les paramètres du logiciel, puis présentez le document à nouveau.",
    ),
)
MISSING = ProblemKind(
    "exact_online.missing",
    en=Text(
        "Exact Online needs something that the document doesn't have: {words}",
        "Fill it in and offer the document again.",
    ),
    nl=Text(
        "Exact Online heeft iets nodig dat niet in het document staat: {words}",
        "Vul het in en bied het document opnieuw aan.",
    ),
    fr=Text(
        "Exact Online exige une donnée absente du document : {words}",
        "Complétez-la, puis présentez le document à nouveau.",
    ),
)
NOT_UNDERSTOOD = ProblemKind(
    "exact_online.not_understood",
    en=Text(
        "Exact Online didn't understand our request: {words}",
        "This is not in your document. Report it to the supplier of Bookbridge with this message.",
    ),
    nl=Text(
        "Exact Online begreep ons verzoek niet: {words}",
        "Dit ligt niet aan het document. Meld het met deze tekst bij de leverancier van Bookbridge.",
    ),
    fr=Text(
        "Exact Online n’a pas compris notre demande : {words}",
        "Le document n’est pas en cause. Signalez-le avec ce message au fournisseur de Bookbridge.",
    ),
)
FORBIDDEN = ProblemKind(
    "exact_online.forbidden",
    en=Text(
        "The user who connected Exact Online, or its licence, may not do this.",
        "Give the user the right in Exact Online, extend the licence, or authorise with another user.",
    ),
    nl=Text(
        "De gebruiker die Exact Online heeft gekoppeld, of de licentie, mag dit niet.",
        "Geef de gebruiker dit recht in Exact Online, breid de licentie uit, of autoriseer met een andere gebruiker.",
    ),
    fr=Text(
        "L’utilisateur qui a connecté Exact Online, ou sa licence, n’a pas ce droit.",
        "Donnez ce droit à l’utilisateur dans Exact Online, étendez la licence, ou autorisez avec un autre utilisateur.",
    ),
)
NOT_ACCEPTED = ProblemKind(
    "exact_online.not_accepted",
    en=Text(
        "Exact Online doesn't accept a value: {words}",
        "Correct the value that the message names, and offer the document again.",
    ),
    nl=Text(
        "Exact Online accepteert een waarde niet: {words}",
        "Verbeter de waarde die de melding noemt en bied het document opnieuw aan.",
    ),
    fr=Text(
        "Exact Online n’accepte pas une valeur : {words}",
        "Corrigez la valeur citée par le message, puis présentez le document à nouveau.",
    ),
)
REFUSED = ProblemKind(
    "exact_online.refused",
    en=Text(
        "Exact Online refused the document: {words}",
        "Correct what the message says, or enter the document in Exact Online by hand and mark it as done.",
    ),
    nl=Text(
        "Exact Online weigerde het document: {words}",
        "Verbeter wat de melding zegt, of voer het document met de hand in Exact Online in en markeer het als gedaan.",
    ),
    fr=Text(
        "Exact Online a refusé le document : {words}",
        "Corrigez ce qu’indique le message, ou saisissez le document à la main dans Exact Online et marquez-le comme fait.",
    ),
)
CODE_UNKNOWN = ProblemKind(
    "exact_online.code_unknown",
    en=Text(
        "The code {value} is not among the settings of Exact Online.",
        "Correct the code or its mapping in the configuration; refresh the package settings when it was made just now.",
    ),
    nl=Text(
        "De code {value} staat niet bij de instellingen van Exact Online.",
        "Verbeter de code of de koppeling in de configuratie; ververs de pakketinstellingen als de code net is gemaakt.",
    ),
    fr=Text(
        "Le code {value} ne figure pas parmi les paramètres d’Exact Online.",
        "Corrigez le code ou son association dans la configuration ; actualisez les paramètres s’il vient d’être créé.",
    ),
)
RELATION_UNKNOWN = ProblemKind(
    "exact_online.relation_unknown",
    en=Text(
        "Exact Online has no relation {value} in the role that this document needs.",
        "Send the relation with the customer or supplier file, or make it in Exact Online; then offer the document again.",
    ),
    nl=Text(
        "Exact Online kent geen relatie {value} in de rol die dit document nodig heeft.",
        "Stuur de relatie mee in het debiteuren- of crediteurenbestand, of maak haar in Exact Online; bied het document daarna opnieuw aan.",
    ),
    fr=Text(
        "Exact Online n’a pas de tiers {value} dans le rôle requis par ce document.",
        "Envoyez le tiers avec le fichier des clients ou des fournisseurs, ou créez-le dans Exact Online, puis présentez le document à nouveau.",
    ),
)
VAT_KIND_UNFIT = ProblemKind(
    "exact_online.vat_kind_unfit",
    en=Text(
        "The amount is {given} VAT, but VAT code {value} of Exact Online counts the other way, and the document gives no VAT amount to convert with.",
        "Map to a VAT code that counts the same way, or give the VAT amount of the line.",
    ),
    nl=Text(
        "Het bedrag is {given} btw, maar btw-code {value} van Exact Online rekent andersom en het document geeft geen btw-bedrag om mee om te rekenen.",
        "Koppel een btw-code die op dezelfde manier rekent, of geef het btw-bedrag van de regel.",
    ),
    fr=Text(
        "Le montant est {given} TVA, mais le code TVA {value} d’Exact Online compte à l’inverse et le document ne donne aucun montant de TVA pour convertir.",
        "Associez un code TVA qui compte de la même façon, ou indiquez le montant de TVA de la ligne.",
    ),
)

# What a person should know although the document is in the books.
ROLE_ADDED = ProblemKind(
    "exact_online.role_added",
    en=Text(
        "Relation {value} was already in Exact Online in another role. It now has both roles; name, address and other shared details were left as they are.",
        "Check that both roles are really the same party. If not, give one of them another number.",
    ),
    nl=Text(
        "Relatie {value} stond al in Exact Online in een andere rol. Zij heeft nu beide rollen; naam, adres en andere gedeelde gegevens zijn gelaten zoals ze waren.",
        "Kijk of beide rollen echt dezelfde partij zijn. Zo niet, geef een van beide een ander nummer.",
    ),
    fr=Text(
        "Le tiers {value} était déjà dans Exact Online dans un autre rôle. Il a maintenant les deux ; nom, adresse et autres données communes sont restés inchangés.",
        "Vérifiez que les deux rôles désignent bien la même partie. Sinon, donnez un autre numéro à l’une d’elles.",
    ),
    severity="notice",
)
SHARED_DETAILS_KEPT = ProblemKind(
    "exact_online.shared_details_kept",
    en=Text(
        "Relation {value} is both customer and supplier in Exact Online, so its shared details were left as they are: {names}.",
        "Change them in Exact Online when they have to change for both roles.",
    ),
    nl=Text(
        "Relatie {value} is in Exact Online zowel klant als leverancier; daarom zijn gedeelde gegevens gelaten zoals ze waren: {names}.",
        "Wijzig ze in Exact Online als ze voor beide rollen moeten veranderen.",
    ),
    fr=Text(
        "Le tiers {value} est à la fois client et fournisseur dans Exact Online ; ses données communes sont restées inchangées : {names}.",
        "Modifiez-les dans Exact Online si elles doivent changer pour les deux rôles.",
    ),
    severity="notice",
)
FIELDS_NOT_KEPT = ProblemKind(
    "exact_online.fields_not_kept",
    en=Text(
        "Exact Online has no place for these details of the relation, so they were not sent: {names}.",
        "Enter them in Exact Online by hand when you need them there.",
    ),
    nl=Text(
        "Exact Online heeft geen plaats voor deze gegevens van de relatie; ze zijn niet verzonden: {names}.",
        "Voer ze met de hand in Exact Online in als u ze daar nodig hebt.",
    ),
    fr=Text(
        "Exact Online n’a pas de place pour ces données du tiers ; elles n’ont pas été envoyées : {names}.",
        "Saisissez-les à la main dans Exact Online si vous en avez besoin.",
    ),
    severity="notice",
)
TOTAL_DIFFERS = ProblemKind(
    "exact_online.total_differs",
    en=Text(
        "Exact Online booked a total of {booked}, the document says {value}.",
        "Compare the VAT of the entry in Exact Online with the document.",
    ),
    nl=Text(
        "Exact Online boekte een totaal van {booked}, het document zegt {value}.",
        "Vergelijk de btw van de boeking in Exact Online met het document.",
    ),
    fr=Text(
        "Exact Online a comptabilisé un total de {booked}, le document indique {value}.",
        "Comparez la TVA de l’écriture dans Exact Online avec le document.",
    ),
    severity="warning",
)
BANK_ACCOUNT_REFUSED = ProblemKind(
    "exact_online.bank_account_refused",
    en=Text(
        "The relation is in Exact Online, but its bank account was refused: {words}",
        "Check the IBAN and enter it in Exact Online, or correct it in the file.",
    ),
    nl=Text(
        "De relatie staat in Exact Online, maar de bankrekening is geweigerd: {words}",
        "Controleer het IBAN en voer het in Exact Online in, of verbeter het in het bestand.",
    ),
    fr=Text(
        "Le tiers est dans Exact Online, mais son compte bancaire a été refusé : {words}",
        "Vérifiez l’IBAN et saisissez-le dans Exact Online, ou corrigez-le dans le fichier.",
    ),
    severity="warning",
)
