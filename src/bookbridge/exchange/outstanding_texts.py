"""Why outstanding items are held, in English, Dutch and French."""

from bookbridge.documents import ProblemKind, Text

HELD_EMPTY = ProblemKind(
    "outstanding.held_empty",
    severity="warning",
    en=Text(
        "The package gave no outstanding items at all; last time there were {value}. The file was not changed.",
        "If everything has really been paid, agree; if not, refuse and look in the package.",
    ),
    nl=Text(
        "Het pakket gaf geen enkele openstaande post; de vorige keer waren het er {value}. Het bestand is niet gewijzigd.",
        "Ga akkoord als echt alles betaald is; weiger anders en kijk in het pakket.",
    ),
    fr=Text(
        "Le logiciel n’a donné aucun poste ouvert ; il y en avait {value} la dernière fois. Le fichier n’a pas été modifié.",
        "Si tout est vraiment payé, acceptez ; sinon refusez et vérifiez dans le logiciel.",
    ),
)
HELD_SMALLER = ProblemKind(
    "outstanding.held_smaller",
    severity="warning",
    en=Text(
        "{value} of the {before} outstanding items would vanish at once, more than {share} %. The file was not changed.",
        "If they have really been paid, agree; if not, refuse and look in the package.",
    ),
    nl=Text(
        "{value} van de {before} openstaande posten zouden in één keer verdwijnen, meer dan {share} %. Het bestand is niet gewijzigd.",
        "Ga akkoord als ze echt betaald zijn; weiger anders en kijk in het pakket.",
    ),
    fr=Text(
        "{value} des {before} postes ouverts disparaîtraient d’un coup, plus de {share} %. Le fichier n’a pas été modifié.",
        "S’ils sont vraiment payés, acceptez ; sinon refusez et vérifiez dans le logiciel.",
    ),
)
