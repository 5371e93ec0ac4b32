"""What intake tells a bookkeeper of a whole file, in English, Dutch and French."""

from bookbridge.documents import ProblemKind, Text

NO_SUCH_FORMAT = ProblemKind(
    "intake.no_such_format",
    en=Text(
        "The name {value} fits none of the files this integration takes ({patterns}).",
        "Rename the file and drop it again, or adjust the name pattern in the layout.",
    ),
    nl=Text(
        "De naam {value} past bij geen van de bestanden die deze integratie verwerkt ({patterns}).",
        "Hernoem het bestand en lever het opnieuw aan, of pas het naampatroon in de indeling aan.",
    ),
    fr=Text(
        "Le nom {value} ne correspond à aucun fichier de cette intégration ({patterns}).",
        "Renommez le fichier et déposez-le à nouveau, ou adaptez le modèle de nom.",
    ),
)
WRONG_LAYOUT = ProblemKind(
    "intake.wrong_layout",
    en=Text(
        "A layout of this configuration is wrong: {value}",
        "Correct the layout's adjustments, then drop the file again.",
    ),
    nl=Text(
        "Een indeling van deze configuratie is fout: {value}",
        "Verbeter de aanpassingen van de indeling en lever het bestand opnieuw aan.",
    ),
    fr=Text(
        "Une mise en page de cette configuration est fausse : {value}",
        "Corrigez les adaptations, puis déposez le fichier à nouveau.",
    ),
)
READING_FAILED = ProblemKind(
    "intake.unexpected_error",
    en=Text(
        "Bookbridge failed while reading this file; what it had read before is in the run.",
        "Report it to whoever runs Bookbridge: the log has the details, the original is kept.",
    ),
    nl=Text(
        "Bookbridge faalde bij het lezen van dit bestand; wat al gelezen was staat in de uitwisseling.",
        "Meld dit aan de beheerder van Bookbridge: het logboek bevat de details, het origineel is bewaard.",
    ),
    fr=Text(
        "Bookbridge a échoué à la lecture de ce fichier ; ce qui était déjà lu figure dans l’échange.",
        "Signalez-le à l’exploitant de Bookbridge : le journal contient les détails, l’original est conservé.",
    ),
)
