"""Why outstanding items are held, in English, Dutch and French."""

from bookbridge.documents import ProblemKind, Text

HELD_EMPTY = ProblemKind(
    "outstanding.held_empty",
    severity="warning",
    en=Text(
        "The package gave no outstanding items for {file}; last time there were {value}. The file was not changed.",
        "If everything has really been paid, agree; if not, refuse and look in the package.",
    ),
    nl=Text(
        "Het pakket gaf geen openstaande posten voor {file}; vorige keer waren het er {value}. Er is niets gewijzigd.",
        "Ga akkoord als echt alles betaald is; weiger anders en kijk in het pakket.",
    ),
    fr=Text(
        "Le logiciel n’a donné aucun poste ouvert pour {file} ; il y en avait {value}. Le fichier n’a pas été modifié.",
        "Si tout est vraiment payé, acceptez ; sinon refusez et vérifiez dans le logiciel.",
    ),
)
HELD_SMALLER = ProblemKind(
    "outstanding.held_smaller",
    severity="warning",
    en=Text(
        "{value} of the {before} outstanding items of {file} would vanish at once, more than {share} %. It was not changed.",
        "If they have really been paid, agree; if not, refuse and look in the package.",
    ),
    nl=Text(
        "{value} van de {before} openstaande posten van {file} zouden in één keer verdwijnen, meer dan {share} %. Het bestand is niet gewijzigd.",
        "Ga akkoord als ze echt betaald zijn; weiger anders en kijk in het pakket.",
    ),
    fr=Text(
        "{value} des {before} postes ouverts de {file} disparaîtraient d’un coup, plus de {share} %. Il n’a pas été modifié.",
        "S’ils sont vraiment payés, acceptez ; sinon refusez et vérifiez dans le logiciel.",
    ),
)
HELD_SHARED = ProblemKind(
    "outstanding.held_shared_file",
    severity="warning",
    en=Text(
        "Two active configurations of this integration would write {value}, each closing the other's items.",
        "Make one of them inactive or let it read no outstanding items, or give it an integration of its own.",
    ),
    nl=Text(
        "Twee actieve configuraties van deze integratie zouden {value} schrijven en elkaars posten afsluiten.",
        "Zet er een uit of laat die geen openstaande posten lezen, of geef haar een eigen integratie.",
    ),
    fr=Text(
        "Deux configurations actives de cette intégration écriraient {value}, chacune soldant les postes de l’autre.",
        "Désactivez-en une, ou faites-lui ne lire aucun poste ouvert, ou donnez-lui sa propre intégration.",
    ),
)
WRONG_LAYOUT = ProblemKind(
    "outstanding.wrong_layout",
    severity="warning",
    en=Text(
        "The layout of the outstanding items is wrong, so the file was not changed: {value}",
        "Have the layout corrected, then agree to these items or read them again.",
    ),
    nl=Text(
        "De indeling van de openstaande posten is fout, dus het bestand is niet gewijzigd: {value}",
        "Laat de indeling verbeteren en ga daarna akkoord met deze posten of lees ze opnieuw.",
    ),
    fr=Text(
        "La mise en page des postes ouverts est fausse, le fichier n’a pas été modifié : {value}",
        "Faites-la corriger, puis acceptez ces postes ou relisez-les.",
    ),
)
