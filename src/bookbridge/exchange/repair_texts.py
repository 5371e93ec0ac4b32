"""What a person who corrects a document is told, in English, Dutch and French."""

from bookbridge.documents import ProblemKind, Text

ANOTHER_DOCUMENT = ProblemKind(
    "repair.another_document",
    en=Text("{value} is known as another document.", "Give it a number of its own, or leave it as the source has it."),
    nl=Text(
        "{value} is bekend als een ander document.", "Geef het een eigen nummer, of laat het zoals de bron het heeft."
    ),
    fr=Text("{value} est connu comme un autre document.", "Donnez-lui un numéro propre ou laissez celui de la source."),
)
SEND_AFTER_ALL = ProblemKind(
    "repair.send_after_all",
    en=Text("Somebody decided that it is to be sent after all.", "Look at it, correct it if need be, and re-offer it."),
    nl=Text(
        "Iemand heeft besloten dat het toch verstuurd wordt.",
        "Bekijk het, verbeter het zo nodig en bied het opnieuw aan.",
    ),
    fr=Text(
        "Quelqu’un a décidé de l’envoyer tout de même.",
        "Regardez-le, corrigez-le au besoin et présentez-le à nouveau.",
    ),
)
IN_THE_BOOKS = ProblemKind(
    "repair.in_the_books",
    en=Text(
        "{value} is in the books already, with other content.",
        "Look it up there. If this is another document, give it its own number; if it is the same, choose Do not send.",
    ),
    nl=Text(
        "{value} staat al in de boeken, met een andere inhoud.",
        "Zoek het daar op. Is dit een ander document, geef het dan een eigen nummer; is het hetzelfde, kies dan Niet "
        "versturen.",
    ),
    fr=Text(
        "{value} figure déjà dans la comptabilité, avec un autre contenu.",
        "Recherchez-le. S’il s’agit d’un autre document, donnez-lui un numéro propre ; sinon, choisissez Ne pas "
        "envoyer.",
    ),
)
