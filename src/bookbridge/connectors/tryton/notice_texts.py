"""What a person should know of something that went well."""

from bookbridge.documents import ProblemKind, Text

TOTAL_DIFFERS = ProblemKind(
    "tryton.total_differs",
    en=Text(
        "Tryton booked a total of {booked}; the document says {value}.",
        "Compare the entry with the document, and correct whichever is wrong.",
    ),
    nl=Text(
        "Tryton heeft een totaal van {booked} geboekt; het document zegt {value}.",
        "Vergelijk de boeking met het document, en verbeter wat niet klopt.",
    ),
    fr=Text(
        "Tryton a comptabilisé un total de {booked} ; le document indique {value}.",
        "Comparez l’écriture avec le document et corrigez ce qui est faux.",
    ),
    severity="notice",
)
RATE_NOT_TAKEN = ProblemKind(
    "tryton.rate_not_taken",
    en=Text(
        "Tryton counts with its own exchange rate of the day; the document's ({value}) is not carried over.",
        "See that Tryton's rates are kept up to date.",
    ),
    nl=Text(
        "Tryton rekent met zijn eigen koers van die dag; die van het document ({value}) gaat niet mee.",
        "Zorg dat de koersen in Tryton worden bijgehouden.",
    ),
    fr=Text(
        "Tryton applique son propre cours du jour ; celui du document ({value}) n’est pas repris.",
        "Veillez à tenir à jour les cours dans Tryton.",
    ),
    severity="notice",
)
FIELDS_NOT_KEPT = ProblemKind(
    "tryton.fields_not_kept",
    en=Text(
        "Tryton has no place for: {names}.",
        "Nothing needs to be done; enter it in Tryton by hand if it matters there.",
    ),
    nl=Text(
        "Tryton heeft geen plaats voor: {names}.",
        "Er hoeft niets te gebeuren; vul het zo nodig met de hand in Tryton in.",
    ),
    fr=Text(
        "Tryton n’a pas de place pour : {names}.",
        "Rien à faire ; saisissez-le à la main dans Tryton si nécessaire.",
    ),
    severity="notice",
)
ROLE_ADDED = ProblemKind(
    "tryton.role_added",
    en=Text(
        "Party {value} was there in the other role; it now has both, and its name and details stay.",
        "Check that both are the same company; if not, give one of them another number.",
    ),
    nl=Text(
        "Relatie {value} was er al in de andere rol; ze heeft nu beide, en naam en gegevens blijven.",
        "Controleer of beide hetzelfde bedrijf zijn; geef anders een van beide een ander nummer.",
    ),
    fr=Text(
        "Le tiers {value} existait dans l’autre rôle ; il a désormais les deux, et son nom et ses données restent.",
        "Vérifiez qu’il s’agit de la même société ; sinon, donnez un autre numéro à l’un des deux.",
    ),
    severity="notice",
)
SHARED_DETAILS_KEPT = ProblemKind(
    "tryton.shared_details_kept",
    en=Text(
        "Party {value} is customer and supplier; of its shared details these stay as they are: {names}.",
        "Change them in Tryton if the new ones are right.",
    ),
    nl=Text(
        "Relatie {value} is klant en leverancier; van de gedeelde gegevens blijven deze zoals ze zijn: {names}.",
        "Wijzig ze in Tryton als de nieuwe kloppen.",
    ),
    fr=Text(
        "Le tiers {value} est client et fournisseur ; parmi ses données communes, celles-ci restent inchangées : {names}.",
        "Modifiez-les dans Tryton si les nouvelles sont exactes.",
    ),
    severity="notice",
)
VAT_NUMBER_DOUBTED = ProblemKind(
    "tryton.vat_number_doubted",
    en=Text(
        "Tryton does not take the VAT number for a valid one; it was kept as another identifier.",
        "Check the number with the relation, and correct it.",
    ),
    nl=Text(
        "Tryton houdt het btw-nummer niet voor geldig; het is als ander kenmerk bewaard.",
        "Controleer het nummer bij de relatie, en verbeter het.",
    ),
    fr=Text(
        "Tryton ne considère pas le numéro de TVA comme valide ; il a été conservé comme autre identifiant.",
        "Vérifiez le numéro auprès du tiers et corrigez-le.",
    ),
    severity="notice",
)
