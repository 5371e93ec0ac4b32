"""Why a run waits, in English, Dutch and French. It goes on by itself unless the remedy says otherwise."""

from bookbridge.documents import ProblemKind, Text

ACCOUNT = ProblemKind(
    "waiting.account",
    severity="warning",
    en=Text(
        "The account {value} must be authorised again.",
        "An owner opens the integration and presses Sign in again; the run then goes on by itself.",
    ),
    nl=Text(
        "Het account {value} moet opnieuw worden geautoriseerd.",
        "Een eigenaar opent de integratie en kiest Opnieuw aanmelden; daarna gaat de uitwisseling vanzelf verder.",
    ),
    fr=Text(
        "Le compte {value} doit être autorisé à nouveau.",
        "Un propriétaire ouvre l’intégration et choisit Se reconnecter ; l’échange reprend ensuite de lui-même.",
    ),
)
PAUSED = ProblemKind(
    "waiting.paused",
    severity="notice",
    en=Text(
        "{value} is paused: nothing is sent to it and nothing is read.",
        "A bookkeeper or an owner resumes it under Settings; the run then goes on by itself.",
    ),
    nl=Text(
        "{value} is gepauzeerd: er wordt niets verstuurd en niets gelezen.",
        "Een boekhouder of eigenaar hervat dit bij Instellingen; daarna gaat de uitwisseling vanzelf verder.",
    ),
    fr=Text(
        "{value} est en pause : rien n’est envoyé et rien n’est lu.",
        "Un comptable ou un propriétaire la reprend dans les Paramètres ; l’échange continue ensuite de lui-même.",
    ),
)
CALLS = ProblemKind(
    "waiting.calls",
    severity="notice",
    en=Text("The package can't take more just now.", "Nothing to do: the run goes on by itself."),
    nl=Text(
        "Het pakket kan nu even niets meer aannemen.", "U hoeft niets te doen: de uitwisseling gaat vanzelf verder."
    ),
    fr=Text(
        "Le logiciel ne peut rien prendre de plus pour l’instant.", "Rien à faire : l’échange reprend de lui-même."
    ),
)
UNREACHABLE = ProblemKind(
    "waiting.unreachable",
    severity="warning",
    en=Text(
        "The package can't be reached.",
        "Nothing to do for now: Bookbridge tries again. If it lasts, see whether the package has a fault.",
    ),
    nl=Text(
        "Het pakket is niet bereikbaar.",
        "Voorlopig hoeft u niets te doen: Bookbridge probeert het opnieuw. Duurt het lang, kijk dan of het pakket een storing heeft.",
    ),
    fr=Text(
        "Le logiciel est injoignable.",
        "Rien à faire pour l’instant : Bookbridge réessaie. Si cela dure, vérifiez si le logiciel est en panne.",
    ),
)
ADDRESS_REFUSED = ProblemKind(
    "waiting.address_refused",
    severity="warning",
    en=Text(
        "This installation of Bookbridge may not call {value}.",
        "Nothing has been sent. Whoever runs Bookbridge corrects the app's address, or allows it if it is meant; the run then goes on by itself.",
    ),
    nl=Text(
        "Deze installatie van Bookbridge mag {value} niet aanroepen.",
        "Er is niets verstuurd. De beheerder van Bookbridge verbetert het adres van de app, of staat het toe als het zo bedoeld is; daarna gaat de uitwisseling vanzelf verder.",
    ),
    fr=Text(
        "Cette installation de Bookbridge n’a pas le droit d’appeler {value}.",
        "Rien n’a été envoyé. L’exploitant de Bookbridge corrige l’adresse de l’application, ou l’autorise si elle est voulue ; l’échange reprend ensuite de lui-même.",
    ),
)
NOT_ALLOWED = ProblemKind(
    "waiting.not_allowed",
    severity="warning",
    en=Text(
        "The account may not do this in the package.",
        "Give the account the right there, or authorise another one; the run then goes on by itself.",
    ),
    nl=Text(
        "Het account mag dit niet in het pakket.",
        "Geef het account daar het recht of autoriseer een ander; daarna gaat de uitwisseling vanzelf verder.",
    ),
    fr=Text(
        "Le compte n’a pas ce droit dans le logiciel.",
        "Accordez-lui ce droit ou autorisez un autre compte ; l’échange reprend ensuite de lui-même.",
    ),
)
LOOKING_UP = ProblemKind(
    "waiting.looking_up",
    severity="notice",
    en=Text(
        "An unclear answer is being looked up before anything else is sent for that document.",
        "Nothing to do: this ends by itself.",
    ),
    nl=Text(
        "Een onduidelijk antwoord wordt opgezocht voordat er voor dat document iets anders wordt verstuurd.",
        "U hoeft niets te doen: dit lost zichzelf op.",
    ),
    fr=Text(
        "Une réponse incertaine est vérifiée avant tout autre envoi de ce document.",
        "Rien à faire : cela se résout tout seul.",
    ),
)
OTHER_WORKER = ProblemKind(
    "waiting.other_run",
    severity="notice",
    en=Text("One of these documents is just being sent by another run.", "Nothing to do: the run goes on by itself."),
    nl=Text(
        "Een van deze documenten wordt net door een andere uitwisseling verstuurd.",
        "U hoeft niets te doen: de uitwisseling gaat vanzelf verder.",
    ),
    fr=Text(
        "Un de ces documents est en cours d’envoi par un autre échange.",
        "Rien à faire : l’échange reprend de lui-même.",
    ),
)
RELATION = ProblemKind(
    "waiting.relation",
    severity="notice",
    en=Text("Relation {value} is still being posted.", "Nothing to do: the run goes on by itself."),
    nl=Text("Relatie {value} wordt nog geboekt.", "U hoeft niets te doen: de uitwisseling gaat vanzelf verder."),
    fr=Text("La relation {value} est encore en cours d’envoi.", "Rien à faire : l’échange reprend de lui-même."),
)
AGAIN = ProblemKind(
    "waiting.again",
    severity="notice",
    en=Text("A document is offered to the package again.", "Nothing to do: the run goes on by itself."),
    nl=Text(
        "Een document wordt opnieuw aan het pakket aangeboden.",
        "U hoeft niets te doen: de uitwisseling gaat vanzelf verder.",
    ),
    fr=Text("Un document est présenté à nouveau au logiciel.", "Rien à faire : l’échange reprend de lui-même."),
)
BROKE_OFF = ProblemKind(
    "waiting.broke_off",
    severity="warning",
    en=Text(
        "Work on this run broke off ({value}) and is tried again.",
        "If it lasts, tell whoever runs Bookbridge: the log has the details.",
    ),
    nl=Text(
        "Het werk aan deze uitwisseling brak af ({value}) en wordt opnieuw geprobeerd.",
        "Duurt het lang, meld het dan aan de beheerder van Bookbridge: het logboek bevat de details.",
    ),
    fr=Text(
        "Le travail sur cet échange s’est interrompu ({value}) et reprend.",
        "Si cela dure, prévenez l’exploitant de Bookbridge : le journal contient les détails.",
    ),
)
WORKER_DIED = ProblemKind(
    "waiting.worker_died",
    severity="notice",
    en=Text(
        "The worker of this run ended unexpectedly; another one takes over.",
        "Nothing to do: the run goes on by itself.",
    ),
    nl=Text(
        "De verwerker van deze uitwisseling stopte onverwacht; een andere neemt het over.",
        "U hoeft niets te doen: de uitwisseling gaat vanzelf verder.",
    ),
    fr=Text(
        "Le processus de cet échange s’est arrêté ; un autre prend le relais.",
        "Rien à faire : l’échange reprend de lui-même.",
    ),
)
