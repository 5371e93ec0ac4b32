"""French."""

MESSAGES = {
    "wrong_key": (
        "La clé d’accès est inconnue ou a été révoquée. Comparez-la avec la page de l’intégration dans le portail."
    ),
    "wrong_secret": (
        "Le secret n’est pas celui de cette clé d’accès. Saisissez-le à nouveau, ou créez une nouvelle clé dans le "
        "portail."
    ),
    "wrong_company": (
        "L’identifiant de l’entreprise n’est pas celui de cette clé d’accès. Copiez-le de la page de l’intégration."
    ),
    "wrong_integration": (
        "L’identifiant de l’intégration n’est pas celui de cette clé d’accès. Copiez-le de la page de l’intégration."
    ),
    "access_denied": (
        "La clé d’accès n’en a pas le droit. L’identifiant de l’entreprise ou de l’intégration n’est pas celui de "
        "cette "
        "clé."
    ),
    "wrong_bucket": (
        "Le stockage ne connaît pas de compartiment {bucket}. Comparez l’adresse du stockage et le compartiment avec "
        "le "
        "portail."
    ),
    "wrong_region": ("Le stockage est dans une autre région que {region}. Comparez-la avec la page de l’intégration."),
    "wrong_clock": (
        "L’horloge de cet ordinateur est décalée de plus d’un quart d’heure. Réglez-la, de préférence par le réseau."
    ),
    "no_secret": "Cet ordinateur n’a pas de secret pour cette clé d’accès. Saisissez-le à nouveau.",
    "secret_unreadable": (
        "Les secrets conservés sur cet ordinateur sont illisibles : {reason}. Saisissez le secret à nouveau."
    ),
    "code_none": (
        "Ce n’est pas un code de connexion. Il commence par BB1- et s’affiche dans le portail avec une nouvelle clé "
        "d’accès."
    ),
    "code_newer": (
        "Le code de connexion vient d’un Bookbridge plus récent que cet agent. Installez l’agent le plus récent."
    ),
    "code_damaged": (
        "Le code de connexion n’est pas entier, ou a été modifié. Copiez-le à nouveau en entier depuis le portail."
    ),
    "code_unreadable": "Le fichier {path} est illisible : {reason}.",
    "unreachable": "Le stockage est injoignable à {endpoint}. Ce qui attend est envoyé dès que possible.",
    "unreachable_by_proxy": (
        "Le stockage est injoignable à {endpoint} par le proxy {proxy}. Ce qui attend est envoyé dès que possible."
    ),
    "proxy_refused": (
        "Le proxy {proxy} ne laisse rien passer. S’il demande un nom et un mot de passe, ils figurent dans son adresse "
        "dans les paramètres : http://NOM:MOTDEPASSE@HOTE:PORT."
    ),
    "storage_failed": "Le stockage a signalé une erreur interne ({reason}). Un nouvel essai suit.",
    "arrived_damaged": "{name} n’est pas arrivé tel qu’il a été envoyé. Il est envoyé à nouveau.",
    "name_refused": "{name} ne peut pas être envoyé : le stockage le refuse ({reason}).",
    "changed_while_sent": (
        "{name} a changé pendant l’envoi. Ce qu’il contient maintenant est envoyé comme un fichier à part."
    ),
    "source_missing": "Le dossier source {folder} n’existe pas, ou l’emplacement réseau est injoignable.",
    "source_unreadable": "Le dossier source {folder} ne peut pas être lu ou écrit : {reason}.",
    "disk_full": "Il n’y a plus de place sur le disque de {folder}.",
    "file_unreadable": "{name} ne peut pas être lu ou déplacé : {reason}. Un nouvel essai suit.",
    "bad_name": "{name} ne peut pas être envoyé : {reason}. Renommez-le.",
    "archive_failed": "{name} est arrivé, et ne peut pas être déplacé hors du dossier d’attente : {reason}.",
    "journal_failed": (
        "Ce que fait l’agent ne peut pas être noté : {reason}. Les fichiers sont envoyés malgré tout. Faites de la "
        "place "
        "sur le disque, ou veillez à ce que l’agent puisse écrire dans son propre dossier."
    ),
    "mistake": "L’agent a fait une erreur ({reason}). Il continue ; merci de le signaler.",
    "waits_for_another": (
        "Fichiers qui attendent une autre intégration : {count}. Ils ne sont pas envoyés à celle-ci. Choisissez sur la "
        "page de {name} ce qu’ils deviennent, ou avec : bookbridge-agent waiting"
    ),
    "left_behind": (
        "Fichiers de {folder} qui ne sont pas encore arrivés : {count}. Ils resteraient en arrière. Laissez-les "
        "d’abord arriver, ou ajoutez une autre synchronisation pour le nouveau dossier."
    ),
    "still_at_work": "{name} les reprendrait. Désactivez-la d’abord, et réessayez dans un instant.",
    "name_too_long": "son nom dépasse 200 octets",
    "name_invisible": "son nom contient un caractère invisible ou illisible",
    "name_edges": "son nom commence ou finit par une espace, ou finit par un point",
    "name_reserved": "son nom finit par # et un nombre",
    "name_backslash": "son nom contient une barre oblique inverse",
    "output_missing": "Le dossier {folder} pour les postes ouverts n’existe pas.",
    "output_unwritable": "Les postes ouverts ne peuvent pas être écrits dans {path} : {reason}.",
    "output_is_folder": "{path} est un dossier. Donnez le chemin complet avec le nom du fichier.",
    "output_taken": "{name} serait lui-même pris du dossier source. Donnez-lui un autre nom ou un autre dossier.",
    "outputs_alike": "Les postes de vente et d’achat ont chacun besoin d’un fichier.",
    "path_not_full": "{path} n’est pas un chemin complet. Il commence par un lecteur, par \\\\ ou par /.",
    "folder_unreadable": "Le dossier {folder} est illisible : {reason}.",
    "mask_wrong": "Le masque de fichier {mask} n’est pas une expression régulière : {reason}.",
    "mask_too_long": "Le masque de fichier dépasse {most} caractères.",
    "mask_too_free": (
        "Le masque de fichier {mask} répète ce qui se répète déjà, ou regarde autour de lui ; un nom long pourrait le "
        "bloquer."
    ),
    "mask_empty": "Chacun des masques de fichier {kinds} est nécessaire.",
    "configuration_damaged": "La configuration {path} est illisible : {reason}.",
    "no_such_type": "Il n’y a pas de synchronisation du type {type}. Il y a : {types}.",
    "no_identifier": "{value} n’est pas un identifiant. Il a la forme 01234567-89ab-cdef-0123-456789abcdef.",
    "no_address": (
        "{value} n’est pas une adresse de stockage. Elle commence par https:// (ou http:// dans un réseau à vous)."
    ),
    "no_word": (
        "{value} ne peut pas être juste : il y a plus que des lettres simples, des chiffres et quelques signes. "
        "Copiez-le à nouveau."
    ),
    "name_taken": "Il y a déjà une synchronisation du nom {name}.",
    "not_kept": "L’enregistrement dans {folder} est impossible : {reason}.",
    "no_such_name": "Il n’y a pas de synchronisation du nom {name}.",
    "outputs_of_another": (
        "{name} écrit déjà ses postes ouverts dans {path}. Chaque synchronisation a besoin de son propre fichier."
    ),
    "folder_taken": (
        "{name} prend déjà les fichiers de {folder}. Chaque synchronisation a besoin de son propre dossier."
    ),
    "setting_wrong": "Le paramètre {name} doit être un nombre supérieur à zéro.",
    "no_proxy": "{value} n’est pas une adresse de proxy. Elle a la forme http://proxy.example.org:3128.",
    "number_wrong": "C’est un nombre entier de {least} à {most}.",
    "needed_here": "C’est nécessaire.",
    "needed": "{field} est nécessaire.",
    "not_running": "L’agent ne tourne pas. Démarrez-le avec : bookbridge-agent run",
    "service_failed": "Le service ne peut pas être installé ou retiré : {reason}.",
    "service_needs_user": "Dites sous quel utilisateur de cet ordinateur tourne le service : --user NOM.",
    "service_needs_root": "Seul un administrateur de cet ordinateur le peut (Linux : sudo).",
    "service_of_system": "Le service est déjà installé pour tout l’ordinateur.",
    "keyring_closed": (
        "Le trousseau de cet utilisateur est fermé ({reason}). Un nouvel essai suit ; ou saisissez le secret à nouveau."
    ),
    "old_version": ("Il y a un bookbridge-agent plus récent : {newest}. Celui-ci est {version}, et continue tel quel."),
    "runs_already": "bookbridge-agent tourne déjà avec la configuration dans {folder}.",
}

WORDS = {
    "agent": "Agent Bookbridge",
    "skip": "Aller au contenu",
    "menu": "Menu",
    "you_are_here": "Vous êtes ici",
    "optional": "(facultatif)",
    "ok": "OK",
    "cancel": "Annuler",
    "save": "Enregistrer",
    "reset": "Rétablir",
    "delete": "Supprimer",
    "check": "Vérifier",
    "try": "Essayer",
    "browse": "Parcourir",
    "none_yet": "aucun pour l’instant",
    "synchronisations": "Synchronisations",
    "activity": "Activité",
    "settings": "Paramètres",
    "add": "Ajouter une synchronisation",
    "name": "Nom",
    "state": "État",
    "waiting": "En attente",
    "last_file": "Dernier fichier",
    "last_fetch": "Postes ouverts récupérés",
    "files_one": "{count} fichier",
    "files_many": "{count} fichiers",
    "nothing_yet": "Il n’y a pas encore de synchronisation",
    "nothing_yet_help": (
        "Une synchronisation porte les fichiers d’un dossier à Bookbridge, et rapporte les postes ouverts."
    ),
    "state_good": "En ordre",
    "state_busy": "Des fichiers attendent",
    "state_attention": "Demande votre attention",
    "state_off": "Désactivée",
    "state_starting": "Démarre",
    "see_activity": "Ce qu’elle a fait",
    "choose_type": "Quel type ?",
    "type_accountancy": "Écritures, clients et fournisseurs d’un ERP, et retour des postes ouverts.",
    "paste_title": "Collez le code du portail",
    "paste_help": (
        "Le portail affiche un code quand vous créez une clé d’accès. Il remplit la connexion d’un coup. Vous pouvez "
        "aussi "
        "remplir chaque champ vous-même."
    ),
    "field_code": "Code de connexion",
    "code_file": "Ou le fichier avec le code",
    "paste": "Remplir",
    "pasted": "La connexion est remplie. Choisissez maintenant les dossiers, et enregistrez.",
    "not_right_yet": "Quelque chose n’est pas encore juste",
    "folders_title": "Dossiers sur cet ordinateur",
    "field_name": "Nom",
    "help_name": "Comment vous l’appelez, par exemple le nom du dossier comptable.",
    "field_source": "Dossier source",
    "help_source": (
        "Le dossier où l’ERP écrit ses fichiers. Un emplacement réseau (\\\\serveur\\partage) peut être saisi."
    ),
    "field_sales_output": "Chemin des postes ouverts de vente",
    "field_purchase_output": "Chemin des postes ouverts d’achat",
    "help_output": "Chemin complet avec le nom du fichier, là où l’ERP lit les postes ouverts.",
    "field_after": "Un fichier arrivé",
    "after_archive": "est déplacé dans le dossier archive du dossier source",
    "after_delete": "est supprimé",
    "field_is_active": "Active ?",
    "help_is_active": "Si c’est coché, elle démarre dès l’enregistrement.",
    "connection_title": "Connexion à Bookbridge",
    "field_access_key": "Clé d’accès (clé AWS)",
    "field_secret": "Secret (secret AWS)",
    "secret_help": "Le portail l’affiche une seule fois, à la création de la clé.",
    "secret_kept": "Un secret est conservé, et n’est plus jamais affiché. Laissez ce champ vide pour le garder.",
    "secret_typed": (
        "Ce que vous avez saisi est gardé jusqu’à l’enregistrement, et n’est plus affiché. Saisissez-le à nouveau "
        "pour le "
        "changer."
    ),
    "field_company": "Identifiant de l’entreprise",
    "field_integration": "Identifiant de l’intégration",
    "field_endpoint": "Adresse du stockage",
    "help_endpoint": "L’adresse du portail, sauf si vous en avez reçu une autre.",
    "field_region": "Région",
    "field_bucket": "Compartiment (bucket)",
    "checked_right": "Vérifié : c’est juste",
    "checked_unsure": "Impossible à vérifier pour l’instant",
    "checked_incomplete": "C’est vérifié dès que tout ceci est rempli.",
    "choose_folder": "Choisissez un dossier",
    "choose_this": "Choisir ce dossier",
    "up": "Dossier parent",
    "no_folders": "Il n’y a pas de dossier ici.",
    "more_folders": "{count} autres dossiers ne sont pas affichés. Saisissez le chemin.",
    "browse_help": (
        "Choisir n’enregistre encore rien. Un emplacement réseau (\\\\serveur\\partage) peut être saisi dans le champ."
    ),
    "masks_title": "Masques de fichier",
    "masks_help": (
        "Un fichier est pris quand l’un d’eux se trouve dans son nom. Les majuscules ne comptent pas. Celui où aucun "
        "ne se "
        "trouve reste où il est."
    ),
    "help_mask_fmuta6": "Écritures",
    "help_mask_creditor": "Fournisseurs",
    "help_mask_debtor": "Clients",
    "regular_title": "Comment s’écrit un masque",
    "sign_1": "le début du nom",
    "sign_2": "la fin du nom",
    "sign_3": "un caractère quelconque",
    "sign_4": "des caractères quelconques, ou aucun",
    "sign_5": "un point lui-même",
    "sign_6": "un chiffre",
    "sign_7": "quatre chiffres",
    "sign_8": "csv ou txt",
    "regular_example": "Commence par fmuta6 et finit par .csv :",
    "tester_title": "Quels fichiers sont pris ?",
    "try_name": "Nom d’un fichier",
    "look": "Regarder dans le dossier source",
    "try_taken": "Pris par {kind}",
    "try_also": "convient aussi à {kinds} ; le premier compte",
    "try_not_taken": "Pas pris",
    "try_no_mask": "aucun masque ne se trouve dans son nom",
    "try_unfinished": "caché, ou un nom que les programmes donnent à ce qui n’est pas fini",
    "looked_one": "{count} fichier sur {all} serait pris.",
    "looked_many": "{count} fichiers sur {all} seraient pris.",
    "looked_folders": "Les dossiers ne sont jamais regardés.",
    "looked_more": "{count} autres ne sont pas affichés.",
    "search": "Rechercher",
    "synchronisation": "Synchronisation",
    "all": "Tout",
    "what": "Quoi",
    "when": "Quand",
    "file": "Fichier",
    "pages": "Pages",
    "newer": "Plus récent",
    "older": "Plus ancien",
    "no_activity": "Rien n’a encore été fait",
    "no_activity_found": "Rien de tel n’a été trouvé",
    "what_taken": "Pris",
    "what_sent": "Arrivé",
    "what_fetched": "Récupéré",
    "what_trouble": "Problème",
    "what_sent_on": "Vers la nouvelle intégration",
    "what_put_back": "Remis",
    "what_removed": "Synchronisation supprimée",
    "field_language": "Langue",
    "language_of_browser": "Celle du navigateur",
    "field_proxy": "Proxy",
    "help_proxy": "Seulement si cet ordinateur passe par lui pour l’internet. Vide : les réglages du système.",
    "field_keep_activity_days": "Garder l’activité",
    "help_keep_activity_days": "Jours.",
    "field_screens_port": "Port de ces écrans",
    "help_screens_port": (
        "Pris au prochain démarrage de l’agent. Si un autre programme l’occupe, un port libre est pris."
    ),
    "new_ones": "Ce par quoi commence une nouvelle synchronisation",
    "starts_title": "Démarrer avec l’ordinateur",
    "starts_with_computer": "L’agent démarre avec l’ordinateur.",
    "starts_at_login": "L’agent démarre quand vous ouvrez une session.",
    "starts_not": "L’agent ne démarre pas encore de lui-même.",
    "starts_remove": "Ne plus démarrer de lui-même",
    "starts_remove_by": "Pour qu’il ne démarre plus de lui-même :",
    "starts_by": "Pour qu’il démarre, arrêtez celui-ci et saisissez en ligne de commande, comme administrateur :",
    "starts_linger": "Pour qu’il démarre avant l’ouverture d’une session, saisissez en ligne de commande :",
    "starts_user": "NOM",
    "kept_title": "Où l’agent conserve ses données",
    "kept_help": (
        "Les synchronisations, les paramètres, l’activité, et les secrets si le système ne les conserve pas."
    ),
    "done_settings": "Les paramètres sont enregistrés.",
    "done_starts": "Il démarrera seul la prochaine fois. Celui-ci travaille encore jusqu’à la fin de la session.",
    "done_starts_not": "Il ne démarre plus de lui-même. Celui-ci travaille encore jusqu’à la fin de la session.",
    "done_added": "Elle est ajoutée. Si elle est active, elle a démarré.",
    "done_added_unchecked": (
        "Elle est ajoutée. La connexion n’a pas pu être vérifiée : le stockage est injoignable pour l’instant."
    ),
    "done_saved": "C’est enregistré.",
    "done_saved_unchecked": (
        "C’est enregistré. La connexion n’a pas pu être vérifiée : le stockage est injoignable pour l’instant."
    ),
    "done_deleted": "Elle est supprimée.",
    "delete_title": "Supprimer {name} ?",
    "delete_help": "Plus rien n’est pris de son dossier, et les postes ouverts ne sont plus rapportés.",
    "delete_waiting_one": (
        "{count} fichier n’est pas encore arrivé. Il reste dans le dossier .bookbridge de {folder}, et n’est pas "
        "envoyé. "
        "Une synchronisation ajoutée plus tard pour ce dossier le trouve."
    ),
    "delete_waiting_many": (
        "{count} fichiers ne sont pas encore arrivés. Ils restent dans le dossier .bookbridge de {folder}, et ne "
        "sont pas "
        "envoyés. Une synchronisation ajoutée plus tard pour ce dossier les trouve."
    ),
    "delete_none_waiting": "Aucun fichier n’attend.",
    "delete_unknown": (
        "Personne ne peut regarder dans {folder} pour l’instant. Ce qui attend dans son dossier .bookbridge y reste, "
        "et "
        "n’est pas envoyé."
    ),
    "others_one": "{count} fichier attend une autre intégration, et n’est pas envoyé à celle-ci.",
    "others_many": "{count} fichiers attendent une autre intégration, et ne sont pas envoyés à celle-ci.",
    "others_decide": "Décider de ce qu’ils deviennent",
    "others_title": "Fichiers qui attendent une autre intégration",
    "others_help": (
        "Ils ont été pris quand ce dossier appartenait à une autre intégration. Ils y sont peut-être déjà arrivés "
        "sans que "
        "la réponse revienne : regardez parmi ses fichiers dans le portail avant de choisir."
    ),
    "others_none": "Aucun fichier n’attend une autre intégration.",
    "taken_for": "Pris pour l’intégration",
    "others_send": "Les envoyer à l’intégration actuelle",
    "others_send_help": "Ils vont à {integration}, chacun comme un nouveau fichier.",
    "others_put_back": "Les remettre dans le dossier source",
    "others_put_back_help": (
        "Ils se retrouvent dans {folder}, et vous décidez. Si un nom est pris, le moment de la prise figure dans le "
        "nom."
    ),
    "others_put_back_active": "Décochez d’abord Active ? et enregistrez : sinon ils seraient repris aussitôt.",
    "back": "Retour",
    "done_sent_on": "Ils sont envoyés à cette intégration.",
    "done_put_back": "Ils se retrouvent dans le dossier source.",
    "closed_title": "Ouvrez les écrans depuis l’agent",
    "closed_help": (
        "Sur cet ordinateur, ouvrez une ligne de commande comme l’utilisateur pour qui l’agent travaille, et "
        "saisissez :"
    ),
    "closed_why": "Un lien ouvre une seule fois. Ensuite ce navigateur est connu pendant un an.",
    "trouble_mistake_title": "Quelque chose a échoué",
    "trouble_mistake": "L’agent a fait une erreur. Les fichiers sont envoyés malgré tout. Merci de le signaler.",
    "trouble_fault_title": "C’est impossible pour l’instant",
    "trouble_foreign_title": "Rien n’a été fait",
    "trouble_foreign": (
        "Ce qui a été envoyé ne venait pas d’une page de l’agent. Ouvrez la page à nouveau, et réessayez."
    ),
    "trouble_absent_title": "Il n’y a rien ici",
    "trouble_absent": "C’est peut-être supprimé entre-temps.",
    "trouble_large_title": "C’est trop grand",
    "trouble_large": "Ce qui a été envoyé dépasse tout code et tout formulaire de l’agent.",
    "cli_nothing_yet": "rien encore",
    "cli_waiting": "{count} en attente",
    "cli_last_sent": "dernier envoi : {name} à {moment}",
    "cli_fetched": "postes ouverts récupérés à {moment}",
    "cli_not_active": "pas active",
    "cli_all_right": "en ordre",
    "cli_added": "{name} est ajoutée.",
    "cli_not_checked": "Pas vérifié : {why}",
    "cli_screens": "Ses écrans sont à {address} Ouvrez-les avec : bookbridge-agent screens",
    "cli_sent_on": "{count} à envoyer.",
    "cli_put_back": "{count} remis.",
    "cli_waits_for": "{name} : pour {company}/{integration}",
    "cli_no_service": "service : pas installé",
    "cli_service": "service : installé, {runs}, {starts}",
    "cli_runs": "tourne",
    "cli_runs_not": "ne tourne pas",
    "cli_starts_computer": "démarre avec l’ordinateur",
    "cli_starts_login": "démarre quand vous ouvrez une session",
    "cli_installed": "Le service est installé.",
    "cli_installed_not_running": "Le service est installé, et ne tourne pas encore.",
    "cli_linger": (
        "Il démarre quand vous ouvrez une session. Pour qu’il démarre avec l’ordinateur : loginctl enable-linger {name}"
    ),
    "cli_uninstalled": "Il n’y a plus de service de bookbridge-agent.",
}
