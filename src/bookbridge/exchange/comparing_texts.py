"""Why a comparison with the package's books came to nothing, in English, Dutch and French."""

from bookbridge.documents import ProblemKind, Text

NOT_TOLD = ProblemKind(
    "comparison.not_told",
    severity="error",
    en=Text(
        "The package does not tell what it holds of this period.",
        "Ask again. If it stays like this, give the package's own words to whoever runs Bookbridge.",
    ),
    nl=Text(
        "Het pakket geeft niet wat het van deze periode heeft.",
        "Vraag het opnieuw. Blijft het zo, geef dan de eigen woorden van het pakket door aan de beheerder van Bookbridge.",
    ),
    fr=Text(
        "Le logiciel ne dit pas ce qu’il contient pour cette période.",
        "Redemandez. Si cela persiste, transmettez les propres mots du logiciel à l’exploitant de Bookbridge.",
    ),
)
TOO_MANY = ProblemKind(
    "comparison.too_many",
    severity="error",
    en=Text(
        "The package holds more than {value} entries of this period, too many to compare at once.",
        "Choose a shorter period and compare again.",
    ),
    nl=Text(
        "Het pakket heeft meer dan {value} boekingen in deze periode, te veel om in één keer te vergelijken.",
        "Kies een kortere periode en vergelijk opnieuw.",
    ),
    fr=Text(
        "Le logiciel contient plus de {value} écritures pour cette période, trop pour une seule comparaison.",
        "Choisissez une période plus courte et comparez à nouveau.",
    ),
)
TOO_MANY_AROUND_A_RUN = ProblemKind(
    "comparison.too_many_around_a_run",
    severity="error",
    en=Text(
        "The package holds more than {value} entries from the first to the last date of this run, too many to read at "
        "once.",
        "Compare these days in shorter periods, on the page Reconciliation.",
    ),
    nl=Text(
        "Het pakket heeft meer dan {value} boekingen van de eerste tot de laatste datum van deze uitwisseling, te veel om "
        "in één keer te lezen.",
        "Vergelijk deze dagen in kortere perioden, op de pagina Aansluiting.",
    ),
    fr=Text(
        "Le logiciel contient plus de {value} écritures entre la première et la dernière date de cet échange, trop "
        "pour une seule lecture.",
        "Comparez ces jours par périodes plus courtes, sur la page Rapprochement.",
    ),
)
LINES_GONE = ProblemKind(
    "comparison.lines_gone",
    severity="error",
    en=Text(
        "The lines of this run are no longer kept, so it is no longer known which entries are its own.",
        "Compare the period instead, on the page Reconciliation.",
    ),
    nl=Text(
        "De regels van deze uitwisseling worden niet meer bewaard, dus is niet meer bekend welke boekingen ervan zijn.",
        "Vergelijk in plaats daarvan de periode, op de pagina Aansluiting.",
    ),
    fr=Text(
        "Les lignes de cet échange ne sont plus conservées : on ne sait donc plus quelles écritures en proviennent.",
        "Comparez plutôt la période, sur la page Rapprochement.",
    ),
)
