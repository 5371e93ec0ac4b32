# ruff: noqa: E501 (a sentence stays on one line, so that it can be searched for)
"""What can be wrong with a relation's row or an outstanding item, in words for the person who must act."""

from bookbridge.formats.texts import NOTHING_TO_DO, kind

NUMBER_TWICE = kind(
    "relation.number_twice",
    (
        "Number {value} stood before in this file with other content; the first row stands.",
        "Nummer {value} stond al eerder in dit bestand met andere inhoud; de eerste rij blijft staan.",
        "Le numéro {value} figure déjà dans ce fichier avec un autre contenu ; la première ligne reste.",
    ),
    (
        "Decide in the source system which one is right, remove or renumber the other, and export again.",
        "Bepaal in het bronsysteem welke juist is, verwijder of hernummer de andere en exporteer opnieuw.",
        "Décidez dans le système source laquelle est juste, supprimez ou renumérotez l'autre et exportez à nouveau.",
    ),
)
ROW_REPEATED = kind(
    "relation.repeated",
    (
        "Number {value} stood before in this file with exactly this content.",
        "Nummer {value} stond al eerder in dit bestand met precies deze inhoud.",
        "Le numéro {value} figure déjà dans ce fichier avec exactement ce contenu.",
    ),
    NOTHING_TO_DO,
    "notice",
)
OTHER_KIND = kind(
    "relation.other_kind",
    (
        "A row of {width} columns is a {found} row, but the file is read as {expected}.",
        "Een rij van {width} kolommen is een rij van {found}, maar het bestand wordt gelezen als {expected}.",
        "Une ligne de {width} colonnes est une ligne de {found}, mais le fichier est lu comme {expected}.",
    ),
    (
        "Check the file's name and its profile: debtors and creditors must not be mixed up.",
        "Controleer de bestandsnaam en het profiel: debiteuren en crediteuren mogen niet verwisseld worden.",
        "Vérifiez le nom du fichier et son profil : clients et fournisseurs ne doivent pas être confondus.",
    ),
)
VAT_NUMBER_DOUBTFUL = kind(
    "relation.vat_number_doubtful",
    (
        "'{value}' fails the check of Dutch VAT numbers (NL, nine digits, B, two digits).",
        "'{value}' voldoet niet aan de controle voor Nederlandse btw-nummers (NL, negen cijfers, B, twee cijfers).",
        "« {value} » échoue au contrôle des numéros de TVA néerlandais (NL, neuf chiffres, B, deux chiffres).",
    ),
    (
        "Correct the VAT number in the source system; the package may refuse it. The relation itself is kept.",
        "Verbeter het btw-nummer in het bronsysteem; het pakket kan het weigeren. De relatie zelf blijft staan.",
        "Corrigez le numéro de TVA dans le système source ; le logiciel peut le refuser. La relation est conservée.",
    ),
    "notice",
)
BANK_ACCOUNT_DOUBTFUL = kind(
    "relation.bank_account_doubtful",
    (
        "'{value}' looks like an IBAN but its check digits are wrong.",
        "'{value}' lijkt een IBAN, maar de controlecijfers kloppen niet.",
        "« {value} » ressemble à un IBAN mais ses chiffres de contrôle sont faux.",
    ),
    (
        "Correct the bank account in the source system; the package may refuse it. The relation itself is kept.",
        "Verbeter de bankrekening in het bronsysteem; het pakket kan haar weigeren. De relatie zelf blijft staan.",
        "Corrigez le compte bancaire dans le système source ; le logiciel peut le refuser. La relation est conservée.",
    ),
    "notice",
)
COUNTRY_UNKNOWN = kind(
    "relation.country_unknown",
    (
        "'{value}' is no two-letter country code and not in the profile's `country_map`.",
        "'{value}' is geen landcode van twee letters en staat niet in `country_map` van het profiel.",
        "« {value} » n'est pas un code pays à deux lettres et ne figure pas dans `country_map` du profil.",
    ),
    (
        "Add it to `country_map` with the two-letter code it stands for, or correct it in the source system.",
        "Zet haar in `country_map` met de landcode van twee letters, of verbeter haar in het bronsysteem.",
        "Ajoutez-le à `country_map` avec le code à deux lettres voulu, ou corrigez-le dans le système source.",
    ),
    "notice",
)

CHARACTER_REPLACED = kind(
    "dbopen.character_replaced",
    (
        "'{value}' can't be written in {encoding}; '{written}' was written.",
        "'{value}' kan niet worden geschreven in {encoding}; er is '{written}' geschreven.",
        "« {value} » ne peut pas être écrit en {encoding} ; « {written} » a été écrit.",
    ),
    (
        "Nothing needs to be done, unless the reader can take another `encoding`.",
        "U hoeft niets te doen, tenzij de lezer een andere `encoding` aankan.",
        "Aucune action n'est nécessaire, sauf si le lecteur accepte un autre `encoding`.",
    ),
    "notice",
)
CHARACTER_REFUSED = kind(
    "dbopen.character_refused",
    (
        "'{value}' can't be written in {encoding}, and the profile refuses replacements: no file was written, since "
        "an item left out would be taken as paid.",
        "'{value}' kan niet worden geschreven in {encoding} en het profiel weigert vervanging: er is geen bestand "
        "geschreven, want een weggelaten post zou als betaald gelden.",
        "« {value} » ne peut pas être écrit en {encoding} et le profil refuse le remplacement : aucun fichier n'a été "
        "écrit, car un poste omis passerait pour payé.",
    ),
    (
        'Set `unmappable_characters = "replace"`, or an `encoding` that has this letter.',
        'Zet `unmappable_characters = "replace"`, of een `encoding` die deze letter kent.',
        'Mettez `unmappable_characters = "replace"`, ou un `encoding` qui connaît cette lettre.',
    ),
)
TEXT_CHANGED = kind(
    "dbopen.text_changed",
    (
        "'{value}' was written as '{written}': line breaks, quotation marks and overlong texts are not written.",
        "'{value}' is geschreven als '{written}': regeleinden, aanhalingstekens en te lange teksten gaan niet mee.",
        "« {value} » a été écrit « {written} » : sauts de ligne, guillemets et textes trop longs ne sont pas écrits.",
    ),
    NOTHING_TO_DO,
    "notice",
)
UNMATCHED_LEFT_OUT = kind(
    "dbopen.unmatched_left_out",
    (
        "A payment of {value} that is linked to no invoice was left out.",
        "Een betaling van {value} die aan geen factuur is gekoppeld, is weggelaten.",
        "Un paiement de {value} lié à aucune facture a été omis.",
    ),
    (
        'Link it to its invoice in the package, or set `unmatched_payments = "write"`.',
        'Koppel haar in het pakket aan de factuur, of zet `unmatched_payments = "write"`.',
        'Liez-le à sa facture dans le logiciel, ou mettez `unmatched_payments = "write"`.',
    ),
    "notice",
)
NUMBER_MISSING = kind(
    "dbopen.number_missing",
    (
        "The open item {value} has no {label}; the column was left empty.",
        "De openstaande post {value} heeft geen {label}; de kolom is leeg gelaten.",
        "Le poste ouvert {value} n'a pas de {label} ; la colonne a été laissée vide.",
    ),
    (
        "Fill it in at the item in the package, so that the source system can find its invoice.",
        "Vul dit bij de post in het pakket in, zodat het bronsysteem de factuur kan vinden.",
        "Complétez-le dans le logiciel, afin que le système source retrouve sa facture.",
    ),
    "warning",
)
AMOUNTS_DISAGREE = kind(
    "dbopen.amounts_disagree",
    (
        "The open amount {value} is not the invoice amount less what was paid ({expected}); the open amount leads.",
        "Het openstaande bedrag {value} is niet het factuurbedrag min het betaalde ({expected}); het openstaande gaat voor.",
        "Le montant ouvert {value} n'est pas le montant facturé moins le payé ({expected}) ; le montant ouvert prévaut.",
    ),
    NOTHING_TO_DO,
    "notice",
)
KIND_UNKNOWN = kind(
    "dbopen.kind_unknown",
    (
        "'{value}' is no kind of item: D (sales) or C (purchase) was expected.",
        "'{value}' is geen soort post: D (verkoop) of C (inkoop) werd verwacht.",
        "« {value} » n'est pas un genre de poste : D (vente) ou C (achat) était attendu.",
    ),
)
