# ruff: noqa: E501 (a sentence stays on one line, so that it can be searched for)
"""What can be wrong with a financial entry of an FMUTA6 file, in words for the person who must act."""

from bookbridge.formats.texts import CORRECT_AND_EXPORT, NOTHING_TO_DO, kind
from bookbridge.formats.words import Three

DETAILS_WITHOUT_HEADER = kind(
    "fmuta6.details_without_header",
    (
        "These rows are details of an entry, but no header row (line number 0) stands before them.",
        "Dit zijn detailregels van een boeking, maar er staat geen kopregel (regelnummer 0) voor.",
        "Ces lignes sont les détails d'une écriture, mais aucune ligne d'en-tête (numéro 0) ne les précède.",
    ),
    (
        "Export again. If the file never has header rows, set the profile's `entry_start` to 1.",
        "Exporteer opnieuw. Heeft het bestand nooit kopregels, zet dan `entry_start` van het profiel op 1.",
        "Exportez à nouveau. Si le fichier n'a jamais de lignes d'en-tête, mettez `entry_start` du profil à 1.",
    ),
)
NO_DETAILS = kind(
    "fmuta6.no_details",
    (
        "The entry has a header but no details: there is nothing to book.",
        "De boeking heeft een kopregel maar geen detailregels: er valt niets te boeken.",
        "L'écriture a un en-tête mais pas de détails : il n'y a rien à comptabiliser.",
    ),
    (
        "If lines were expected, look at the entry in the source system; otherwise nothing needs to be done.",
        "Verwachtte u regels, bekijk dan de boeking in het bronsysteem; anders hoeft u niets te doen.",
        "Si vous attendiez des lignes, voyez l'écriture dans le système source ; sinon, rien n'est nécessaire.",
    ),
    "notice",
)
LINE_NUMBER_UNREADABLE = kind(
    "fmuta6.line_number_unreadable",
    (
        "'{value}' is no line number, so it can't be told to which entry this row belongs.",
        "'{value}' is geen regelnummer; daardoor is niet te zeggen bij welke boeking deze rij hoort.",
        "« {value} » n'est pas un numéro de ligne : on ne sait à quelle écriture cette ligne appartient.",
    ),
)
UNREADABLE_ROW_NEAR = kind(
    "fmuta6.unreadable_row_near",
    (
        "Row {row} can't be read and may belong to this entry, which doesn't add up without it.",
        "Rij {row} is onleesbaar en hoort misschien bij deze boeking, die zonder die rij niet sluit.",
        "La ligne {row} est illisible et appartient peut-être à cette écriture, qui n'est pas équilibrée sans elle.",
    ),
)
NUMBERING = kind(
    "fmuta6.numbering",
    (
        "The detail rows are not numbered 1, 2, 3 …: line {value} stands where {expected} was expected.",
        "De detailregels zijn niet genummerd 1, 2, 3 …: regel {value} staat waar {expected} hoort.",
        "Les détails ne sont pas numérotés 1, 2, 3 … : la ligne {value} se trouve là où {expected} était attendu.",
    ),
    (
        "A row may be lost or stand twice. Export the entry again.",
        "Er kan een rij ontbreken of dubbel zijn. Exporteer de boeking opnieuw.",
        "Une ligne manque peut-être ou figure deux fois. Exportez à nouveau l'écriture.",
    ),
)
TOO_MANY_LINES = kind(
    "fmuta6.too_many_lines",
    (
        "The entry has more than {most} detail rows.",
        "De boeking heeft meer dan {most} detailregels.",
        "L'écriture a plus de {most} lignes de détail.",
    ),
    (
        "Split it in the source system, or raise the profile's `max_lines` (up to 99999) if the package takes more.",
        "Splits haar in het bronsysteem, of verhoog `max_lines` van het profiel (tot 99999) als het pakket meer aankan.",
        "Scindez-la dans le système source, ou augmentez `max_lines` du profil (jusqu'à 99999) si le logiciel l'accepte.",
    ),
)
JOURNAL_TYPE_UNKNOWN = kind(
    "fmuta6.journal_type_unknown",
    (
        "'{value}' is no type of journal; known are V, I, K, B, G and M.",
        "'{value}' is geen dagboektype; bekend zijn V, I, K, B, G en M.",
        "« {value} » n'est pas un type de journal ; sont connus V, I, K, B, G et M.",
    ),
)
_JOURNALS: Three = (
    "Bookbridge carries sales, purchase and memorial entries, and {label} entries (type {value}) are none of these.",
    "Bookbridge brengt verkoop-, inkoop- en memoriaalboekingen over; {label} (type {value}) hoort daar niet bij.",
    "Bookbridge transmet les ventes, achats et opérations diverses ; {label} (type {value}) n'en fait pas partie.",
)
JOURNAL_TYPE_NOT_CARRIED = kind(
    "fmuta6.journal_type_not_carried",
    _JOURNALS,
    (
        "Book this in the package from its bank or cash statements, and leave such journals out of the export.",
        "Boek dit in het pakket uit de bank- of kasafschriften, en laat zulke dagboeken uit de export.",
        "Comptabilisez ceci dans le logiciel depuis les relevés, et excluez ces journaux de l'export.",
    ),
)
JOURNAL_DIFFERS = kind(
    "fmuta6.journal_differs",
    (
        "The detail's journal ({value}) is another than the header's ({header}).",
        "Het dagboek op de detailregel ({value}) is een ander dan op de kopregel ({header}).",
        "Le journal du détail ({value}) n'est pas celui de l'en-tête ({header}).",
    ),
)
DISAGREES = kind(
    "fmuta6.disagrees",
    (
        "The detail's {label} ({value}) is another than the header's ({header}).",
        "De waarde van {label} op de detailregel ({value}) is een andere dan op de kopregel ({header}).",
        "La valeur de {label} du détail ({value}) n'est pas celle de l'en-tête ({header}).",
    ),
)
DIFFERS = kind(
    "fmuta6.differs",
    (
        "The detail's {label} ({value}) is another than the header's ({header}); the header's was taken.",
        "De waarde van {label} op de detailregel ({value}) wijkt af van de kopregel ({header}); de kopregel is gebruikt.",
        "La valeur de {label} du détail ({value}) diffère de l'en-tête ({header}) ; celle de l'en-tête a été retenue.",
    ),
    NOTHING_TO_DO,
    "notice",
)
INVOICE_NUMBER_DIFFERS = kind(
    "fmuta6.invoice_number_differs",
    (
        "The details name more than one invoice number; {first} was taken, {value} was not.",
        "De detailregels noemen meer dan één factuurnummer; {first} is gebruikt, {value} niet.",
        "Les détails citent plus d'un numéro de facture ; {first} a été retenu, {value} non.",
    ),
    NOTHING_TO_DO,
    "notice",
)
RELATION_MISSING = kind(
    "fmuta6.relation_missing",
    (
        "The header names no {label}.",
        "Op de kopregel staat geen {label}.",
        "L'en-tête ne désigne pas de {label}.",
    ),
)
BOTH_RELATIONS = kind(
    "fmuta6.both_relations",
    (
        "Both a debtor and a creditor are filled; only a memorial entry may have both.",
        "Er zijn een debiteur én een crediteur ingevuld; dat mag alleen in een memoriaalboeking.",
        "Un client et un fournisseur sont tous deux indiqués ; seule une opération diverse le permet.",
    ),
)
SEARCH_CODE = kind(
    "fmuta6.looks_like_search_code",
    (
        "'{value}' has no digit and looks like a search code instead of a number.",
        "'{value}' heeft geen cijfer en lijkt een zoekcode in plaats van een nummer.",
        "« {value} » n'a pas de chiffre et ressemble à un code de recherche plutôt qu'à un numéro.",
    ),
    (
        "If your files hold search codes, set `relation_key = \"search_code\"` in the entries' and relations' profiles.",
        'Bevatten uw bestanden zoekcodes, zet dan `relation_key = "search_code"` in alle profielen.',
        'Si vos fichiers contiennent des codes de recherche, mettez `relation_key = "search_code"` dans les profils.',
    ),
    "notice",
)
UNBALANCED = kind(
    "fmuta6.unbalanced",
    (
        "The lines of this memorial entry add up to {value} instead of 0.00.",
        "De regels van deze memoriaalboeking tellen op tot {value} in plaats van 0,00.",
        "Les lignes de cette opération diverse totalisent {value} au lieu de 0,00.",
    ),
)
_HEADER_DIFFERS: Three = (
    "The header's amount {value} is not what the details add up to ({details}, VAT {vat}); the details lead.",
    "Het bedrag op de kopregel ({value}) is niet de som van de detailregels ({details}, btw {vat}); de detailregels gaan voor.",
    "Le montant de l'en-tête ({value}) n'est pas la somme des détails ({details}, TVA {vat}) ; les détails prévalent.",
)
HEADER_DIFFERS = kind(
    "fmuta6.header_differs",
    _HEADER_DIFFERS,
    (
        'Compare the invoice with the source system. `header_difference = "refuse"` in the profile stops such entries.',
        'Vergelijk met het bronsysteem. `header_difference = "refuse"` in het profiel houdt zulke boekingen tegen.',
        'Comparez avec le système source. `header_difference = "refuse"` dans le profil bloque ces écritures.',
    ),
    "warning",
)
HEADER_DIFFERS_REFUSED = kind("fmuta6.header_differs", _HEADER_DIFFERS, CORRECT_AND_EXPORT)
VAT_SETTING_WRONG = kind(
    "fmuta6.vat_setting_wrong",
    (
        "The VAT in/out setting seems wrong: the header's {value} fits line amounts {label} VAT, and "
        '`amount_includes_vat` says "{setting}".',
        "De instelling voor btw in/ex lijkt fout: {value} op de kopregel past bij regelbedragen {label} btw, en "
        '`amount_includes_vat` is "{setting}".',
        "Le réglage TVA comprise ou non semble faux : {value} de l'en-tête correspond à des montants {label} TVA, et "
        "`amount_includes_vat` vaut « {setting} ».",
    ),
    (
        'Set the profile\'s `amount_includes_vat` to "{other}" when all entries of this source are like this.',
        'Zet `amount_includes_vat` van het profiel op "{other}" als alle boekingen uit deze bron zo zijn.',
        "Mettez `amount_includes_vat` du profil à « {other} » si toutes les écritures de cette source sont ainsi.",
    ),
)
TOTAL_ASSUMED = kind(
    "fmuta6.total_assumed",
    (
        "The header gives no amount, so the file doesn't say whether line amounts carry VAT; {value} assumes they don't.",
        "De kopregel noemt geen bedrag; of de regelbedragen btw bevatten is onbekend. {value} gaat uit van exclusief.",
        "L'en-tête n'indique pas de montant : on ignore si les lignes comprennent la TVA ; {value} suppose que non.",
    ),
    (
        'Set the profile\'s `amount_includes_vat` to "always" or "never".',
        'Zet `amount_includes_vat` van het profiel op "always" of "never".',
        "Réglez `amount_includes_vat` du profil sur « always » ou « never ».",
    ),
    "warning",
)
DUPLICATE = kind(
    "fmuta6.duplicate",
    (
        "Voucher number {value} was used before in this file, for the same journal and year.",
        "Boekstuknummer {value} komt al eerder voor in dit bestand, in hetzelfde dagboek en jaar.",
        "Le numéro de pièce {value} figure déjà dans ce fichier, pour le même journal et la même année.",
    ),
    (
        "The first entry with this number stands. Give this one its own number in the source system and export again.",
        "De eerste boeking met dit nummer blijft staan. Geef deze in het bronsysteem een eigen nummer en exporteer opnieuw.",
        "La première écriture portant ce numéro reste. Donnez à celle-ci son propre numéro et exportez à nouveau.",
    ),
)
DUPLICATE_CONTENT = kind(
    "fmuta6.duplicate_content",
    (
        "An entry without a number and with exactly this content stood before in this file.",
        "Een boeking zonder nummer met precies deze inhoud stond al eerder in dit bestand.",
        "Une écriture sans numéro avec exactement ce contenu figure déjà dans ce fichier.",
    ),
    (
        "If both are meant, give each a voucher number or its own description in the source system.",
        "Zijn beide bedoeld, geef ze dan in het bronsysteem een boekstuknummer of een eigen omschrijving.",
        "Si les deux sont voulues, donnez à chacune un numéro de pièce ou sa propre description.",
    ),
)
CREDIT_TERM = kind(
    "fmuta6.credit_term_amount",
    (
        "The payment discount or surcharge of {value} is not carried to the package.",
        "De betalingskorting of kredietbeperking van {value} gaat niet mee naar het pakket.",
        "L'escompte ou la majoration de {value} n'est pas transmis au logiciel.",
    ),
    (
        "Add it in the package by hand where it is used.",
        "Voeg haar in het pakket met de hand toe waar u haar gebruikt.",
        "Ajoutez-le à la main dans le logiciel là où vous l'utilisez.",
    ),
    "notice",
)
RESERVED_VALUE = kind(
    "fmuta6.reserved_value",
    (
        "Column {label} has no meaning in this layout but holds '{value}'; it is kept with the row and not booked.",
        "Kolom {label} heeft in deze indeling geen betekenis maar bevat '{value}'; bewaard bij de rij, niet geboekt.",
        "La colonne {label} n'a pas de sens dans ce format mais contient « {value} » ; conservé, non comptabilisé.",
    ),
    NOTHING_TO_DO,
    "notice",
)
ZERO_LINE_DROPPED = kind(
    "fmuta6.zero_line_dropped",
    (
        "Line {value} has an amount of zero and was left out, as the profile's `zero_amount_lines` says.",
        "Regel {value} heeft bedrag nul en is weggelaten, zoals `zero_amount_lines` van het profiel zegt.",
        "La ligne {value} a un montant nul et a été omise, selon `zero_amount_lines` du profil.",
    ),
    NOTHING_TO_DO,
    "notice",
)
SIGN_HINT = kind(
    "fmuta6.sign_hint",
    (
        "{negative} of {all} sales entries in this file are negative: its amounts may have the ledger's sign.",
        "{negative} van de {all} verkoopboekingen zijn negatief: de bedragen hebben misschien het teken van het grootboek.",
        "{negative} des {all} écritures de vente sont négatives : les montants portent peut-être le signe du grand livre.",
    ),
    (
        'If these are ordinary invoices and no credit notes, set `sign.V = "debit_positive"` in the profile.',
        'Zijn dit gewone facturen en geen creditnota\'s, zet dan `sign.V = "debit_positive"` in het profiel.',
        "S'il s'agit de factures ordinaires et non d'avoirs, mettez `sign.V = \"debit_positive\"` dans le profil.",
    ),
    "notice",
)
