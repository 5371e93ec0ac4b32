"""What can be wrong with a file, a row or a value, in words for the person who must act. Entries: texts_entries."""

from bookbridge.documents import LANGUAGES, ProblemKind, Text
from bookbridge.documents.problems import Severity
from bookbridge.formats.words import WORDS, Three

CORRECT_AND_EXPORT: Three = (
    "Correct it in the source system and export again.",
    "Verbeter dit in het bronsysteem en exporteer opnieuw.",
    "Corrigez-le dans le système source et exportez à nouveau.",
)
NOTHING_TO_DO: Three = ("Nothing needs to be done.", "U hoeft niets te doen.", "Aucune action n'est nécessaire.")


def kind(code: str, reason: Three, remedy: Three = CORRECT_AND_EXPORT, severity: Severity = "error") -> ProblemKind:
    """A kind of problem; `{label}` in its texts stands for a word that each language has its own of (see `words`)."""
    english, dutch, french = (
        Text(why.replace("{label}", f"{{{language}}}"), what)
        for why, what, language in zip(reason, remedy, LANGUAGES, strict=True)
    )
    return ProblemKind(code, en=english, nl=dutch, fr=french, severity=severity)


def words(column: str) -> dict[str, str]:
    """The word for a column in each language, as the placeholders that `{label}` became."""
    three = WORDS.get(column) or ((column.replace("_", " "),) * 3)
    return dict(zip(LANGUAGES, three, strict=True))


EXPORT_AS_TEXT: Three = (
    "Export the file from the source system again, as text (CSV).",
    "Exporteer het bestand opnieuw uit het bronsysteem, als tekst (CSV).",
    "Exportez à nouveau le fichier du système source, en texte (CSV).",
)
SET_ENCODING: Three = (
    "Compare with the source system. If the letters are wrong, set the profile's `encoding` to the right one.",
    "Vergelijk met het bronsysteem. Zijn de letters fout, zet dan `encoding` van het profiel op de juiste.",
    "Comparez avec le système source. Si les lettres sont fausses, réglez `encoding` du profil sur la bonne valeur.",
)

EMPTY = kind(
    "file.empty",
    ("The file is empty.", "Het bestand is leeg.", "Le fichier est vide."),
    (
        "If entries were expected, export again; otherwise nothing needs to be done.",
        "Verwachtte u boekingen, exporteer dan opnieuw; anders hoeft u niets te doen.",
        "Si vous attendiez des écritures, exportez à nouveau ; sinon, aucune action n'est nécessaire.",
    ),
    "notice",
)
BINARY = kind(
    "file.binary",
    (
        "The file holds binary data, no text: it is no {format} file.",
        "Het bestand bevat binaire gegevens en geen tekst: het is geen {format}-bestand.",
        "Le fichier contient des données binaires et non du texte : ce n'est pas un fichier {format}.",
    ),
    EXPORT_AS_TEXT,
)
ARCHIVE = kind(
    "file.archive",
    (
        "The file is an archive ({what}), no text: it is no {format} file. Nothing in it was read.",
        "Het bestand is een archief ({what}) en geen tekst: het is geen {format}-bestand. Er is niets uit gelezen.",
        "Le fichier est une archive ({what}) et non du texte : ce n'est pas un fichier {format}. Rien n'en a été lu.",
    ),
    (
        "Unpack it first, and put the files that were in it here.",
        "Pak het eerst uit en zet de bestanden die erin zaten hier neer.",
        "Décompressez-la d'abord et déposez ici les fichiers qu'elle contient.",
    ),
)
WORKBOOK = kind(
    "file.workbook",
    (
        "The file is a workbook of a spreadsheet program ({what}), no text: it is no {format} file.",
        "Het bestand is een werkmap van een rekenprogramma ({what}) en geen tekst: het is geen {format}-bestand.",
        "Le fichier est un classeur de tableur ({what}) et non du texte : ce n'est pas un fichier {format}.",
    ),
    EXPORT_AS_TEXT,
)
WIDE = kind(
    "file.utf16",
    (
        "The file was saved as Unicode of two bytes a letter (UTF-16), which {format} files never are.",
        "Het bestand is bewaard als Unicode met twee bytes per letter (UTF-16); zo is een {format}-bestand nooit.",
        "Le fichier a été enregistré en Unicode à deux octets par lettre (UTF-16), ce qu'un fichier {format} n'est jamais.",
    ),
    EXPORT_AS_TEXT,
)
MARKUP = kind(
    "file.markup",
    (
        "The file is {what}, not a {format} file.",
        "Het bestand is {what} en geen {format}-bestand.",
        "Le fichier est {what} et non un fichier {format}.",
    ),
    (
        "Choose the file that the source system exported, or check what puts files in this folder.",
        "Kies het bestand dat het bronsysteem exporteerde, of ga na wat bestanden in deze map zet.",
        "Choisissez le fichier exporté par le système source, ou vérifiez ce qui dépose des fichiers dans ce dossier.",
    ),
)
FENTRY = kind(
    "file.fentry",
    (
        "The file looks like Exact Financials' own fentry.csv: its journal letters are S, P and C, not V, I and M.",
        "Het bestand lijkt op fentry.csv van Exact Financials: de dagboekletters zijn S, P en C, niet V, I en M.",
        "Le fichier ressemble au fentry.csv d'Exact Financials : les lettres de journal sont S, P et C, pas V, I et M.",
    ),
    (
        "Export again in the layout FMUTA, 'Version 6'.",
        "Exporteer opnieuw in de indeling FMUTA, 'Versie 6'.",
        "Exportez à nouveau dans le format FMUTA, « Version 6 ».",
    ),
)
OTHER_LAYOUT = kind(
    "file.other_layout",
    (
        "No row fits the profile {profile} ({width} columns found); the rows fit {fitting}.",
        "Geen enkele rij past bij profiel {profile} ({width} kolommen gevonden); de rijen passen bij {fitting}.",
        "Aucune ligne ne correspond au profil {profile} ({width} colonnes trouvées) ; elles correspondent à {fitting}.",
    ),
    (
        "Choose {fitting}, or export in the layout of {profile}.",
        "Kies {fitting}, of exporteer in de indeling van {profile}.",
        "Choisissez {fitting}, ou exportez dans le format de {profile}.",
    ),
)
NOT_THIS_FORMAT = kind(
    "file.not_this_format",
    (
        "No row looks like a row of a {format} file; the first one has {width} column(s).",
        "Geen enkele rij lijkt op een rij van een {format}-bestand; de eerste heeft {width} kolom(men).",
        "Aucune ligne ne ressemble à une ligne d'un fichier {format} ; la première a {width} colonne(s).",
    ),
    (
        "Check that this is the right file. If it is, choose the profile with its separator and number of columns.",
        "Ga na of dit het goede bestand is. Zo ja, kies dan het profiel met dit scheidingsteken en kolomaantal.",
        "Vérifiez que c'est le bon fichier. Si oui, choisissez le profil ayant ce séparateur et ce nombre de colonnes.",
    ),
)
NAME_ROW_INCOMPLETE = kind(
    "file.name_row_incomplete",
    (
        "The first row should name the columns, but no column is named for: {missing}.",
        "De eerste rij hoort de kolommen te noemen, maar er is geen kolom voor: {missing}.",
        "La première ligne devrait nommer les colonnes, mais aucune colonne n'est nommée pour : {missing}.",
    ),
    (
        "Add the file's own names to the profile's table `column_names`, or choose a profile without a row of names.",
        "Zet de namen uit het bestand in de tabel `column_names` van het profiel, of kies een profiel zonder namenrij.",
        "Ajoutez les noms du fichier à la table `column_names` du profil, ou choisissez un profil sans ligne de noms.",
    ),
)
ROW_TOO_LONG = kind(
    "file.row_too_long",
    (
        "The row is longer than 1 MB; only its beginning is kept here.",
        "De rij is langer dan 1 MB; alleen het begin is hier bewaard.",
        "La ligne dépasse 1 Mo ; seul son début est conservé ici.",
    ),
    EXPORT_AS_TEXT,
)
QUOTE_BROKEN = kind(
    "file.quote_broken",
    (
        "A quotation mark in this row is not closed or stands in the midst of a text, so the columns can't be told.",
        "Een aanhalingsteken in deze rij is niet gesloten of staat midden in een tekst; de kolommen zijn niet te bepalen.",
        "Un guillemet de cette ligne n'est pas fermé ou se trouve au milieu d'un texte ; les colonnes sont indéterminables.",
    ),
    (
        "Remove the quotation mark from the description in the source system and export again.",
        "Haal het aanhalingsteken in het bronsysteem uit de omschrijving en exporteer opnieuw.",
        "Retirez le guillemet de la description dans le système source et exportez à nouveau.",
    ),
)
QUOTE_LENIENT = kind(
    "file.quote_lenient",
    (
        "A quotation mark stands in the midst of a text in this row; it was read as part of the text.",
        "In deze rij staat een aanhalingsteken midden in een tekst; het is als deel van de tekst gelezen.",
        "Un guillemet se trouve au milieu d'un texte de cette ligne ; il a été lu comme faisant partie du texte.",
    ),
    (
        "Check this entry's texts and amounts. `lenient_quotes = false` in the profile refuses such rows.",
        "Controleer teksten en bedragen van deze boeking. `lenient_quotes = false` in het profiel weigert zulke rijen.",
        "Vérifiez les textes et montants de cette écriture. `lenient_quotes = false` dans le profil refuse ces lignes.",
    ),
    "warning",
)
COMMA_REPAIRED = kind(
    "file.comma_repaired",
    (
        'A separator was missing between a number and an empty text ({value}); it was read as {number},"".',
        'Tussen een getal en een lege tekst ({value}) ontbrak het scheidingsteken; gelezen als {number},"".',
        'Un séparateur manquait entre un nombre et un texte vide ({value}) ; lu comme {number},"".',
    ),
    (
        "Check this entry. The profile's `repair_missing_comma_0_quote` is what allowed the repair.",
        "Controleer deze boeking. `repair_missing_comma_0_quote` in het profiel stond de reparatie toe.",
        "Vérifiez cette écriture. C'est `repair_missing_comma_0_quote` du profil qui a permis la réparation.",
    ),
    "notice",
)
COMMA_MISSING = kind(
    "file.comma_missing",
    (
        "A separator is missing between a number and an empty text ({value}), so the columns after it are shifted.",
        "Tussen een getal en een lege tekst ({value}) ontbreekt het scheidingsteken; de kolommen erna zijn verschoven.",
        "Un séparateur manque entre un nombre et un texte vide ({value}) ; les colonnes suivantes sont décalées.",
    ),
    (
        "Set `repair_missing_comma_0_quote = true` in the profile when the source system always writes this.",
        "Zet `repair_missing_comma_0_quote = true` in het profiel als het bronsysteem dit altijd zo schrijft.",
        "Mettez `repair_missing_comma_0_quote = true` dans le profil si le système source écrit toujours ainsi.",
    ),
)
UNDECODABLE = kind(
    "file.undecodable",
    (
        "The byte {byte} in this row is no letter in the encoding {encoding}.",
        "De byte {byte} in deze rij is geen letter in de codering {encoding}.",
        "L'octet {byte} de cette ligne n'est pas une lettre dans l'encodage {encoding}.",
    ),
    (
        "Set the profile's `encoding` to what the source system writes: cp1252, cp850 (DOS), utf-8 or latin-1.",
        "Zet `encoding` van het profiel op wat het bronsysteem schrijft: cp1252, cp850 (DOS), utf-8 of latin-1.",
        "Réglez `encoding` du profil sur ce qu'écrit le système source : cp1252, cp850 (DOS), utf-8 ou latin-1.",
    ),
)
ENCODING_DOUBTFUL = kind(
    "file.encoding_doubtful",
    (
        "'{value}' looks as if the file is in {other} and was read as {encoding}.",
        "'{value}' ziet eruit alsof het bestand in {other} is en als {encoding} is gelezen.",
        "« {value} » donne à penser que le fichier est en {other} et a été lu en {encoding}.",
    ),
    SET_ENCODING,
    "notice",
)
CONTROL_CHARACTER = kind(
    "file.control_character",
    (
        "The row holds a NUL character, which no text has: the file is damaged here.",
        "De rij bevat een NUL-teken, dat in geen tekst voorkomt: het bestand is hier beschadigd.",
        "La ligne contient un caractère NUL, absent de tout texte : le fichier est endommagé ici.",
    ),
    EXPORT_AS_TEXT,
)
ROW_TOO_SHORT = kind(
    "file.row_too_short",
    (
        "The row has {width} column(s); the profile {profile} needs at least {least}.",
        "De rij heeft {width} kolom(men); profiel {profile} heeft er minstens {least} nodig.",
        "La ligne a {width} colonne(s) ; le profil {profile} en exige au moins {least}.",
    ),
    (
        "If the file was cut off, export again. If all rows are like this, choose the profile with this width.",
        "Is het bestand afgebroken, exporteer dan opnieuw. Zijn alle rijen zo, kies dan het profiel met deze breedte.",
        "Si le fichier est tronqué, exportez à nouveau. Si toutes les lignes sont ainsi, choisissez le profil adapté.",
    ),
)
ROW_TOO_WIDE = kind(
    "file.row_too_wide",
    (
        "The row has {width} columns with content after column {most}, the last of the profile {profile}.",
        "De rij heeft {width} kolommen, met inhoud na kolom {most}, de laatste van profiel {profile}.",
        "La ligne a {width} colonnes, avec du contenu après la colonne {most}, la dernière du profil {profile}.",
    ),
    (
        "Look for a separator inside a text without quotation marks. If all rows are like this, choose another profile.",
        "Zoek een scheidingsteken in een tekst zonder aanhalingstekens. Zijn alle rijen zo, kies dan een ander profiel.",
        "Cherchez un séparateur dans un texte sans guillemets. Si toutes les lignes sont ainsi, changez de profil.",
    ),
)
DECIMAL_COMMA_SPLIT = kind(
    "file.decimal_comma_split",
    (
        "The amount {value} was cut in two by its decimal comma: comma is also the separator of columns.",
        "Het bedrag {value} is door de decimale komma in tweeën geknipt: de komma is ook het scheidingsteken.",
        "Le montant {value} a été coupé en deux par sa virgule décimale : la virgule sépare aussi les colonnes.",
    ),
    (
        "Export amounts with a dot, between quotation marks, or with semicolons between the columns.",
        "Exporteer bedragen met een punt, tussen aanhalingstekens, of met puntkomma's tussen de kolommen.",
        "Exportez les montants avec un point, entre guillemets, ou avec des points-virgules entre les colonnes.",
    ),
)
ROW_CUT_OFF = kind(
    "file.row_cut_off",
    (
        "The last row has {width} of {usual} columns and no line end: the file was taken while being written.",
        "De laatste rij heeft {width} van {usual} kolommen en geen regeleinde: het bestand was nog niet klaar.",
        "La dernière ligne a {width} colonnes sur {usual} et pas de fin de ligne : le fichier n'était pas terminé.",
    ),
    (
        "Offer the complete file again; entries that were booked already are not booked twice.",
        "Bied het volledige bestand opnieuw aan; wat al geboekt is, wordt niet dubbel geboekt.",
        "Présentez à nouveau le fichier complet ; les écritures déjà passées ne le seront pas deux fois.",
    ),
)

MISSING = kind(
    "value.missing",
    ("The {label} is missing.", "Er is geen {label} ingevuld.", "Il manque : {label}."),
)
DATE_UNREADABLE = kind(
    "value.date_unreadable",
    (
        "'{value}' is no date in a form that the profile allows ({formats}).",
        "'{value}' is geen datum in een vorm die het profiel toestaat ({formats}).",
        "« {value} » n'est pas une date dans une forme que le profil autorise ({formats}).",
    ),
    (
        "Correct the date in the source system, or add its form to the profile's `date_formats`.",
        "Verbeter de datum in het bronsysteem, of voeg deze vorm toe aan `date_formats` van het profiel.",
        "Corrigez la date dans le système source, ou ajoutez sa forme à `date_formats` du profil.",
    ),
)
AMOUNT_UNREADABLE = kind(
    "value.amount_unreadable",
    ("'{value}' is no amount.", "'{value}' is geen bedrag.", "« {value} » n'est pas un montant."),
    (
        "Correct it in the source system, or set the profile's `decimal` to the sign the file uses (dot or comma).",
        "Verbeter het in het bronsysteem, of zet `decimal` van het profiel op het teken in het bestand (dot of comma).",
        "Corrigez-le dans le système source, ou réglez `decimal` du profil sur le signe du fichier (dot ou comma).",
    ),
)
THOUSANDS = kind(
    "value.thousands",
    (
        "'{value}' seems to hold a thousands separator, which the profile doesn't allow; reading it would be a guess.",
        "'{value}' lijkt een scheidingsteken voor duizendtallen te bevatten; dat staat het profiel niet toe.",
        "« {value} » semble contenir un séparateur de milliers, que le profil n'autorise pas ; ce serait deviner.",
    ),
    (
        "Export without it, or set the profile's `decimal` and `thousands` to the signs the file uses.",
        "Exporteer zonder dat teken, of zet `decimal` en `thousands` van het profiel op de tekens in het bestand.",
        "Exportez sans ce signe, ou réglez `decimal` et `thousands` du profil sur les signes du fichier.",
    ),
)
SPREADSHEET = kind(
    "value.spreadsheet",
    (
        "'{value}' is a number that a spreadsheet shortened; its last digits are lost.",
        "'{value}' is een getal dat een rekenblad heeft ingekort; de laatste cijfers zijn weg.",
        "« {value} » est un nombre raccourci par un tableur ; ses derniers chiffres sont perdus.",
    ),
    (
        "Export again from the source system and offer that file without opening it in a spreadsheet.",
        "Exporteer opnieuw uit het bronsysteem en bied dat bestand aan zonder het in een rekenblad te openen.",
        "Exportez à nouveau depuis le système source et présentez ce fichier sans l'ouvrir dans un tableur.",
    ),
)
NUMBER_UNREADABLE = kind(
    "value.number_unreadable",
    (
        "'{value}' is no {label}.",
        "'{value}' is geen geldige waarde voor {label}.",
        "« {value} » n'est pas une valeur valable pour : {label}.",
    ),
)
CURRENCY_UNREADABLE = kind(
    "value.currency_unreadable",
    (
        "'{value}' is no currency code of three letters, such as EUR.",
        "'{value}' is geen valutacode van drie letters, zoals EUR.",
        "« {value} » n'est pas un code devise de trois lettres, comme EUR.",
    ),
)
CHOICE_UNREADABLE = kind(
    "value.choice_unreadable",
    (
        "'{value}' is neither yes nor no (J/N, Y/N, 0/1, True/False).",
        "'{value}' is geen ja of nee (J/N, Y/N, 0/1, True/False).",
        "« {value} » n'est ni oui ni non (J/N, Y/N, 0/1, True/False).",
    ),
)
TOO_LONG = kind(
    "value.too_long",
    (
        "The {label} is longer than {limit} characters.",
        "De inhoud van {label} is langer dan {limit} tekens.",
        "Le contenu de {label} dépasse {limit} caractères.",
    ),
)
TOO_MANY_DECIMALS = kind(
    "value.too_many_decimals",
    (
        "'{value}' has more decimals than {currency} has.",
        "'{value}' heeft meer decimalen dan {currency} kent.",
        "« {value} » a plus de décimales que {currency} n'en connaît.",
    ),
)
NOT_ALLOWED = kind(
    "value.not_allowed",
    (
        "'{value}' can't be the {label}: {why}.",
        "'{value}' kan niet als {label} dienen: {why}.",
        "« {value} » ne convient pas pour {label} : {why}.",
    ),
)

# Rows that a person corrected in the portal (rereading.py)
ROWS_BLANK = kind(
    "rows.blank",
    ("Nothing is filled in.", "Er is niets ingevuld.", "Rien n'est rempli."),
    (
        "Fill in what is to be booked, or choose not to send it.",
        "Vul in wat geboekt moet worden, of kies ervoor het niet te versturen.",
        "Remplissez ce qui doit être comptabilisé, ou choisissez de ne pas l'envoyer.",
    ),
)
ROWS_OF_SEVERAL = kind(
    "rows.of_several",
    (
        "These rows would be {number} documents.",
        "Deze rijen zouden {number} documenten zijn.",
        "Ces lignes donneraient {number} documents.",
    ),
    (
        "Correct the line numbers: within one document they count on.",
        "Verbeter de regelnummers: binnen één document tellen ze door.",
        "Corrigez les numéros de ligne : au sein d'un document, ils se suivent.",
    ),
)
