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
