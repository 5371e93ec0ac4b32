"""What sending tells a bookkeeper, in English, Dutch and French."""

from bookbridge.documents import ProblemKind, Text

CHANGED = ProblemKind(
    "sending.changed_since_posted",
    severity="warning",
    en=Text(
        "This document was posted before with another content, so nothing was sent.",
        "Its line shows what differs; there you book the difference or leave the books as they are.",
    ),
    nl=Text(
        "Dit document is al eerder met een andere inhoud geboekt; er is niets verstuurd.",
        "Bij de regel staat wat er verschilt; daar boekt u het verschil of laat u de boeken zoals ze zijn.",
    ),
    fr=Text(
        "Ce document a déjà été comptabilisé avec un autre contenu ; rien n’a été envoyé.",
        "Sa ligne montre ce qui diffère ; vous y comptabilisez la différence ou laissez la comptabilité telle quelle.",
    ),
)
BEING_LOOKED_UP = ProblemKind(
    "sending.being_looked_up",
    severity="warning",
    en=Text(
        "The package gave no clear answer. Bookbridge is looking the document up before anything else is sent.",
        "Wait a moment; this ends by itself.",
    ),
    nl=Text(
        "Het pakket gaf geen duidelijk antwoord. Bookbridge zoekt het document op voordat er iets anders wordt verstuurd.",
        "Wacht even; dit lost zichzelf op.",
    ),
    fr=Text(
        "Le logiciel n’a pas répondu clairement. Bookbridge recherche le document avant tout autre envoi.",
        "Patientez ; cela se résout tout seul.",
    ),
)
FOUND_OTHER = ProblemKind(
    "sending.found_with_other_content",
    en=Text(
        "The package holds a document under this number that differs in: {value}.",
        "Compare both. Correct the entry in the package, or give this document another number.",
    ),
    nl=Text(
        "Het pakket heeft onder dit nummer een document dat verschilt in: {value}.",
        "Vergelijk beide. Verbeter de boeking in het pakket of geef dit document een ander nummer.",
    ),
    fr=Text(
        "Le logiciel contient sous ce numéro un document différent ({value}).",
        "Comparez les deux. Corrigez l’écriture du logiciel ou donnez un autre numéro à ce document.",
    ),
)
CANNOT_BE_SEARCHED = ProblemKind(
    "sending.cannot_be_searched",
    en=Text(
        "The package gave no clear answer and can't be searched for this document.",
        "Look in the package whether the entry is there before you offer it again.",
    ),
    nl=Text(
        "Het pakket gaf geen duidelijk antwoord en dit document is er niet in op te zoeken.",
        "Kijk in het pakket of de boeking er staat voordat u haar opnieuw aanbiedt.",
    ),
    fr=Text(
        "Le logiciel n’a pas répondu clairement et ce document ne peut y être recherché.",
        "Vérifiez dans le logiciel si l’écriture existe avant de la présenter à nouveau.",
    ),
)
BUG = ProblemKind(
    "sending.unexpected_error",
    en=Text(
        "Bookbridge failed on this document; nothing was sent.",
        "Report it to whoever runs Bookbridge: the log has the details. Then offer the document again.",
    ),
    nl=Text(
        "Bookbridge faalde op dit document; er is niets verstuurd.",
        "Meld dit aan de beheerder van Bookbridge: het logboek bevat de details. Bied het document daarna opnieuw aan.",
    ),
    fr=Text(
        "Bookbridge a échoué sur ce document ; rien n’a été envoyé.",
        "Signalez-le à l’exploitant de Bookbridge : le journal contient les détails. Présentez ensuite le document à nouveau.",
    ),
)
