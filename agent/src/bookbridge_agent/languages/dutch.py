"""Dutch."""

MESSAGES = {
    "wrong_key": (
        "De toegangssleutel is onbekend of ingetrokken. Vergelijk hem met de pagina van de integratie in de portal."
    ),
    "wrong_secret": (
        "Het geheim hoort niet bij deze toegangssleutel. Voer het opnieuw in, of maak een nieuwe sleutel in de portal."
    ),
    "wrong_company": (
        "Het kenmerk van het bedrijf is niet dat van deze toegangssleutel. Neem het over van de pagina van de "
        "integratie."
    ),
    "wrong_integration": (
        "Het kenmerk van de integratie is niet dat van deze toegangssleutel. Neem het over van de pagina van de "
        "integratie."
    ),
    "access_denied": (
        "De toegangssleutel mag dit niet. Het kenmerk van het bedrijf of van de integratie is niet dat van deze "
        "sleutel."
    ),
    "wrong_bucket": (
        "De opslag kent geen bucket {bucket}. Vergelijk het adres van de opslag en de bucket met de portal."
    ),
    "wrong_region": "De opslag staat in een andere regio dan {region}. Vergelijk die met de pagina van de integratie.",
    "wrong_clock": (
        "De klok van deze computer loopt meer dan een kwartier verkeerd. Zet hem gelijk, bij voorkeur via het netwerk."
    ),
    "no_secret": "Op deze computer staat geen geheim voor deze toegangssleutel. Voer het opnieuw in.",
    "secret_unreadable": "De geheimen op deze computer zijn niet leesbaar: {reason}. Voer het geheim opnieuw in.",
    "code_none": (
        "Dit is geen verbindingscode. Die begint met BB1- en staat in de portal bij een nieuwe toegangssleutel."
    ),
    "code_newer": (
        "De verbindingscode is van een nieuwere Bookbridge dan deze agent kent. Installeer de nieuwste agent."
    ),
    "code_damaged": (
        "De verbindingscode is niet heel of is veranderd. Kopieer hem opnieuw in zijn geheel uit de portal."
    ),
    "code_unreadable": "Het bestand {path} is niet leesbaar: {reason}.",
    "unreachable": "De opslag is niet bereikbaar op {endpoint}. Wat wacht, wordt verstuurd zodra het kan.",
    "unreachable_by_proxy": (
        "De opslag is op {endpoint} niet bereikbaar via de proxy {proxy}. Wat wacht, wordt verstuurd zodra het kan."
    ),
    "proxy_refused": (
        "De proxy {proxy} laat niets door. Vraagt hij een naam en een wachtwoord, dan staan die in zijn adres bij de "
        "instellingen: http://NAAM:WACHTWOORD@HOST:POORT."
    ),
    "storage_failed": "De opslag meldde een eigen fout ({reason}). Het wordt opnieuw geprobeerd.",
    "arrived_damaged": "{name} kwam niet aan zoals het verstuurd is. Het wordt opnieuw verstuurd.",
    "name_refused": "{name} kan niet worden verstuurd: de opslag weigert het ({reason}).",
    "changed_while_sent": "{name} veranderde tijdens het versturen. Wat er nu in staat, gaat als een eigen bestand.",
    "source_missing": "De bronmap {folder} is er niet, of de netwerklocatie is niet bereikbaar.",
    "source_unreadable": "De bronmap {folder} kan niet worden gelezen of beschreven: {reason}.",
    "disk_full": "Op de schijf van {folder} is geen ruimte meer.",
    "file_unreadable": "{name} kan niet worden gelezen of verplaatst: {reason}. Het wordt opnieuw geprobeerd.",
    "bad_name": "{name} kan niet worden verstuurd: {reason}. Geef het een andere naam.",
    "archive_failed": "{name} is aangekomen, en kan niet uit de wachtmap worden verplaatst: {reason}.",
    "journal_failed": (
        "Wat de agent doet, kan niet worden bijgehouden: {reason}. Bestanden worden toch verstuurd. Maak ruimte op de "
        "schijf, of zorg dat de agent in zijn eigen map mag schrijven."
    ),
    "mistake": "De agent maakte zelf een fout ({reason}). Hij gaat door; meld dit alstublieft.",
    "waits_for_another": (
        "Bestanden die op een andere integratie wachten: {count}. Ze worden niet naar deze verstuurd. Kies op de "
        "pagina "
        "van {name} wat ermee gebeurt, of met: bookbridge-agent waiting"
    ),
    "left_behind": (
        "Bestanden van {folder} die nog niet zijn aangekomen: {count}. Ze zouden achterblijven. Laat ze eerst "
        "aankomen, of voeg voor de nieuwe map een andere synchronisatie toe."
    ),
    "still_at_work": "{name} zou ze opnieuw nemen. Zet hem eerst uit en probeer het na een ogenblik nog eens.",
    "name_too_long": "de naam heeft meer dan 200 bytes",
    "name_invisible": "in de naam staat een teken dat niet te zien of te lezen is",
    "name_edges": "de naam begint of eindigt met een spatie, of eindigt met een punt",
    "name_reserved": "de naam eindigt op # en een getal",
    "name_backslash": "in de naam staat een backslash",
    "output_missing": "De map {folder} voor de openstaande posten bestaat niet.",
    "output_unwritable": "De openstaande posten kunnen niet naar {path} worden geschreven: {reason}.",
    "output_is_folder": "{path} is een map. Geef het volledige pad met de naam van het bestand.",
    "output_taken": "{name} zou zelf uit de bronmap worden genomen. Geef het een andere naam of map.",
    "outputs_alike": "Verkoop- en inkoopposten hebben elk een eigen bestand nodig.",
    "path_not_full": "{path} is geen volledig pad. Het begint met een station, met \\\\ of met /.",
    "folder_unreadable": "De map {folder} kan niet worden gelezen: {reason}.",
    "mask_wrong": "Het bestandsmasker {mask} is geen reguliere expressie: {reason}.",
    "mask_too_long": "Het bestandsmasker is langer dan {most} tekens.",
    "mask_too_free": (
        "Het bestandsmasker {mask} herhaalt wat al herhaald wordt, of kijkt om zich heen; een lange naam kan het laten "
        "vastlopen."
    ),
    "mask_empty": "Elk van de bestandsmaskers {kinds} is nodig.",
    "configuration_damaged": "De configuratie {path} is niet leesbaar: {reason}.",
    "no_such_type": "Er is geen synchronisatie van het type {type}. Er zijn: {types}.",
    "no_identifier": "{value} is geen kenmerk. Het ziet eruit als 01234567-89ab-cdef-0123-456789abcdef.",
    "no_address": (
        "{value} is geen adres van een opslag. Het begint met https:// (of http:// binnen een eigen netwerk)."
    ),
    "no_word": (
        "{value} kan niet kloppen: er staat meer in dan gewone letters, cijfers en enkele tekens. Kopieer het opnieuw."
    ),
    "name_taken": "Er is al een synchronisatie met de naam {name}.",
    "not_kept": "Het kan niet worden bewaard in {folder}: {reason}.",
    "no_such_name": "Er is geen synchronisatie met de naam {name}.",
    "outputs_of_another": (
        "{name} schrijft zijn openstaande posten al naar {path}. Elke synchronisatie heeft een eigen bestand nodig."
    ),
    "folder_taken": "{name} neemt de bestanden van {folder} al. Elke synchronisatie heeft een eigen map nodig.",
    "setting_wrong": "De instelling {name} moet een getal boven nul zijn.",
    "no_proxy": "{value} is geen adres van een proxy. Het ziet eruit als http://proxy.example.org:3128.",
    "number_wrong": "Dit is een geheel getal van {least} tot {most}.",
    "needed_here": "Dit is nodig.",
    "needed": "{field} is nodig.",
    "not_running": "De agent is niet aan het werk. Start hem met: bookbridge-agent run",
    "service_failed": "De dienst kan niet worden geïnstalleerd of verwijderd: {reason}.",
    "service_needs_user": "Zeg als welke gebruiker van deze computer de dienst draait: --user NAAM.",
    "service_needs_root": "Alleen een beheerder van deze computer mag dit (Linux: sudo).",
    "service_of_system": "De dienst is al voor de hele computer geïnstalleerd.",
    "keyring_closed": (
        "De sleutelbos van deze gebruiker is gesloten ({reason}). Het wordt opnieuw geprobeerd; of voer het geheim "
        "opnieuw in."
    ),
    "old_version": "Er is een nieuwere bookbridge-agent: {newest}. Dit is {version}; die werkt gewoon door.",
    "runs_already": "bookbridge-agent draait al met de configuratie in {folder}.",
}

WORDS = {
    "agent": "Bookbridge-agent",
    "skip": "Naar de inhoud",
    "menu": "Menu",
    "you_are_here": "U bent hier",
    "optional": "(niet verplicht)",
    "ok": "OK",
    "cancel": "Annuleren",
    "save": "Opslaan",
    "reset": "Herstellen",
    "delete": "Verwijderen",
    "check": "Controleren",
    "try": "Proberen",
    "browse": "Bladeren",
    "none_yet": "nog geen",
    "synchronisations": "Synchronisaties",
    "activity": "Activiteit",
    "settings": "Instellingen",
    "add": "Synchronisatie toevoegen",
    "name": "Naam",
    "state": "Status",
    "waiting": "Wacht",
    "last_file": "Laatste bestand",
    "last_fetch": "Openstaande posten opgehaald",
    "files_one": "{count} bestand",
    "files_many": "{count} bestanden",
    "nothing_yet": "Er is nog geen synchronisatie",
    "nothing_yet_help": (
        "Een synchronisatie brengt de bestanden van één map naar Bookbridge, en brengt de openstaande posten terug."
    ),
    "state_good": "In orde",
    "state_busy": "Er wachten bestanden",
    "state_attention": "Vraagt aandacht",
    "state_off": "Uitgezet",
    "state_starting": "Start",
    "see_activity": "Wat hij deed",
    "choose_type": "Welk type?",
    "type_accountancy": "Boekingen, klanten en leveranciers uit een ERP, en openstaande posten terug.",
    "paste_title": "Plak de code van de portal",
    "paste_help": (
        "De portal toont een code als u een toegangssleutel maakt. Die vult de verbinding in één keer in. U kunt ook "
        "elk "
        "veld zelf invullen."
    ),
    "field_code": "Verbindingscode",
    "code_file": "Of het bestand met de code",
    "paste": "Invullen",
    "pasted": "De verbinding is ingevuld. Kies nu de mappen en sla op.",
    "not_right_yet": "Er klopt nog iets niet",
    "folders_title": "Mappen op deze computer",
    "field_name": "Naam",
    "help_name": "Hoe u hem noemt, bijvoorbeeld de naam van de administratie.",
    "field_source": "Bronmap",
    "help_source": (
        "De map waarin het ERP zijn bestanden schrijft. Een netwerklocatie (\\\\server\\share) kunt u typen."
    ),
    "field_sales_output": "Pad voor openstaande verkoopposten",
    "field_purchase_output": "Pad voor openstaande inkoopposten",
    "help_output": "Volledig pad met de naam van het bestand, waar het ERP de openstaande posten leest.",
    "field_after": "Een bestand dat is aangekomen",
    "after_archive": "wordt verplaatst naar de map archive in de bronmap",
    "after_delete": "wordt verwijderd",
    "field_is_active": "Actief?",
    "help_is_active": "Staat dit aan, dan begint hij meteen na het opslaan.",
    "connection_title": "Verbinding met Bookbridge",
    "field_access_key": "Toegangssleutel (AWS-sleutel)",
    "field_secret": "Geheim (AWS-geheim)",
    "secret_help": "De portal toont het één keer, als de sleutel wordt gemaakt.",
    "secret_kept": "Er is een geheim bewaard; het wordt nooit meer getoond. Laat dit leeg om het te houden.",
    "secret_typed": (
        "Wat u typte, blijft bewaard tot u opslaat en wordt niet meer getoond. Typ opnieuw om het te wijzigen."
    ),
    "field_company": "Kenmerk van het bedrijf",
    "field_integration": "Kenmerk van de integratie",
    "field_endpoint": "Adres van de opslag",
    "help_endpoint": "Het adres van de portal, tenzij u een ander kreeg.",
    "field_region": "Regio",
    "field_bucket": "Bucket",
    "checked_right": "Gecontroleerd: dit klopt",
    "checked_unsure": "Kon nu niet worden gecontroleerd",
    "checked_incomplete": "Het wordt gecontroleerd zodra dit allemaal is ingevuld.",
    "choose_folder": "Kies een map",
    "choose_this": "Deze map kiezen",
    "up": "Een map omhoog",
    "no_folders": "Hier staan geen mappen in.",
    "more_folders": "Nog {count} mappen worden niet getoond. Typ het pad.",
    "browse_help": (
        "Met kiezen is nog niets opgeslagen. Een netwerklocatie (\\\\server\\share) kunt u in het veld typen."
    ),
    "masks_title": "Bestandsmaskers",
    "masks_help": (
        "Een bestand wordt genomen als een van deze in de naam voorkomt. Hoofdletters maken niet uit. Waarin er geen "
        "voorkomt, blijft staan waar het staat."
    ),
    "help_mask_fmuta6": "Boekingen",
    "help_mask_creditor": "Leveranciers",
    "help_mask_debtor": "Klanten",
    "regular_title": "Hoe een masker wordt geschreven",
    "sign_1": "het begin van de naam",
    "sign_2": "het einde van de naam",
    "sign_3": "één willekeurig teken",
    "sign_4": "willekeurig veel tekens, of geen",
    "sign_5": "een punt zelf",
    "sign_6": "één cijfer",
    "sign_7": "vier cijfers",
    "sign_8": "csv of txt",
    "regular_example": "Begint met fmuta6 en eindigt op .csv:",
    "tester_title": "Welke bestanden worden genomen?",
    "try_name": "Naam van een bestand",
    "look": "In de bronmap kijken",
    "try_taken": "Genomen door {kind}",
    "try_also": "past ook bij {kinds}; de eerste telt",
    "try_not_taken": "Niet genomen",
    "try_no_mask": "geen masker komt in de naam voor",
    "try_unfinished": "verborgen, of een naam die programma’s gebruiken voor wat niet af is",
    "looked_one": "{count} van {all} bestanden zou worden genomen.",
    "looked_many": "{count} van {all} bestanden zouden worden genomen.",
    "looked_folders": "In mappen wordt nooit gekeken.",
    "looked_more": "Nog {count} worden niet getoond.",
    "search": "Zoeken",
    "synchronisation": "Synchronisatie",
    "all": "Alle",
    "what": "Wat",
    "when": "Wanneer",
    "file": "Bestand",
    "pages": "Pagina’s",
    "newer": "Nieuwer",
    "older": "Ouder",
    "no_activity": "Er is nog niets gedaan",
    "no_activity_found": "Zoiets is niet gevonden",
    "what_taken": "Genomen",
    "what_sent": "Aangekomen",
    "what_fetched": "Opgehaald",
    "what_trouble": "Probleem",
    "what_sent_on": "Naar de nieuwe integratie",
    "what_put_back": "Teruggelegd",
    "what_removed": "Synchronisatie verwijderd",
    "field_language": "Taal",
    "language_of_browser": "Die van de browser",
    "field_proxy": "Proxy",
    "help_proxy": "Alleen als deze computer het internet daarmee bereikt. Leeg: de instellingen van het systeem.",
    "field_keep_activity_days": "Activiteit bewaren",
    "help_keep_activity_days": "Dagen.",
    "field_screens_port": "Poort van deze schermen",
    "help_screens_port": (
        "Geldt zodra de agent opnieuw start. Heeft een ander programma hem, dan wordt een vrije genomen."
    ),
    "new_ones": "Waarmee een nieuwe synchronisatie begint",
    "starts_title": "Met de computer starten",
    "starts_with_computer": "De agent start met de computer.",
    "starts_at_login": "De agent start als u zich aanmeldt.",
    "starts_not": "De agent start nog niet vanzelf.",
    "starts_remove": "Niet meer vanzelf starten",
    "starts_remove_by": "Om hem niet meer vanzelf te laten starten:",
    "starts_by": "Om hem vanzelf te laten starten: beëindig deze, en typ als beheerder op een opdrachtregel:",
    "starts_linger": "Om hem te laten starten voordat iemand zich aanmeldt, typ op een opdrachtregel:",
    "starts_user": "NAAM",
    "kept_title": "Waar de agent dingen bewaart",
    "kept_help": "De synchronisaties, de instellingen, de activiteit, en de geheimen als het systeem die niet bewaart.",
    "done_settings": "De instellingen zijn opgeslagen.",
    "done_starts": "De volgende keer start hij vanzelf. Die nu werkt, werkt door tot u hem beëindigt of u afmeldt.",
    "done_starts_not": "Hij start niet meer vanzelf. Die nu werkt, werkt door tot u hem beëindigt of u afmeldt.",
    "done_added": "Hij is toegevoegd. Is hij actief, dan is hij begonnen.",
    "done_added_unchecked": (
        "Hij is toegevoegd. De verbinding kon niet worden gecontroleerd: de opslag is nu niet bereikbaar."
    ),
    "done_saved": "Het is opgeslagen.",
    "done_saved_unchecked": (
        "Het is opgeslagen. De verbinding kon niet worden gecontroleerd: de opslag is nu niet bereikbaar."
    ),
    "done_deleted": "Hij is verwijderd.",
    "delete_title": "{name} verwijderen?",
    "delete_help": "Uit de map wordt niets meer genomen, en er komen geen openstaande posten meer.",
    "delete_waiting_one": (
        "{count} bestand is nog niet aangekomen. Het blijft in de map .bookbridge in {folder} en wordt niet verstuurd. "
        "Een synchronisatie die u later voor die map toevoegt, vindt het."
    ),
    "delete_waiting_many": (
        "{count} bestanden zijn nog niet aangekomen. Ze blijven in de map .bookbridge in {folder} en worden niet "
        "verstuurd. Een synchronisatie die u later voor die map toevoegt, vindt ze."
    ),
    "delete_none_waiting": "Er wacht geen bestand.",
    "delete_unknown": (
        "In {folder} kan nu niet worden gekeken. Wat in de map .bookbridge ervan wacht, blijft daar en wordt niet "
        "verstuurd."
    ),
    "others_one": "{count} bestand wacht op een andere integratie en wordt niet naar deze verstuurd.",
    "others_many": "{count} bestanden wachten op een andere integratie en worden niet naar deze verstuurd.",
    "others_decide": "Kies wat ermee gebeurt",
    "others_title": "Bestanden die op een andere integratie wachten",
    "others_help": (
        "Deze zijn genomen toen de map bij een andere integratie hoorde. Misschien zijn ze daar al aangekomen zonder "
        "dat "
        "het antwoord terugkwam: kijk bij de bestanden ervan in de portal voor u kiest."
    ),
    "others_none": "Er wacht geen bestand op een andere integratie.",
    "taken_for": "Genomen voor de integratie",
    "others_send": "Naar de integratie van nu versturen",
    "others_send_help": "Ze gaan naar {integration}, elk als een nieuw bestand.",
    "others_put_back": "In de bronmap terugleggen",
    "others_put_back_help": (
        "Ze liggen weer in {folder}, en u beslist. Is een naam bezet, dan staat in de naam wanneer het bestand "
        "genomen is."
    ),
    "others_put_back_active": "Zet eerst Actief? uit en sla op: anders worden ze meteen opnieuw genomen.",
    "back": "Terug",
    "done_sent_on": "Ze worden naar deze integratie verstuurd.",
    "done_put_back": "Ze liggen weer in de bronmap.",
    "closed_title": "Open de schermen vanuit de agent",
    "closed_help": "Open op deze computer een opdrachtregel als de gebruiker voor wie de agent werkt, en typ:",
    "closed_why": "Een link opent één keer. Daarna is deze browser een jaar lang bekend.",
    "trouble_mistake_title": "Dat ging mis",
    "trouble_mistake": "De agent maakte zelf een fout. Bestanden worden toch verstuurd. Meld dit alstublieft.",
    "trouble_fault_title": "Dat kan nu niet",
    "trouble_foreign_title": "Er is niets gedaan",
    "trouble_foreign": (
        "Wat verstuurd werd, kwam niet van een pagina van de agent. Open de pagina opnieuw en probeer het nog eens."
    ),
    "trouble_absent_title": "Hier is niets",
    "trouble_absent": "Misschien is het intussen verwijderd.",
    "trouble_large_title": "Dat is te groot",
    "trouble_large": "Wat verstuurd werd, is groter dan welke code of welk formulier van de agent ook.",
    "cli_nothing_yet": "nog niets",
    "cli_waiting": "{count} wachten",
    "cli_last_sent": "laatst verstuurd: {name} om {moment}",
    "cli_fetched": "openstaande posten opgehaald om {moment}",
    "cli_not_active": "niet actief",
    "cli_all_right": "in orde",
    "cli_added": "{name} is toegevoegd.",
    "cli_not_checked": "Niet gecontroleerd: {why}",
    "cli_screens": "De schermen staan op {address} Open ze met: bookbridge-agent screens",
    "cli_sent_on": "{count} worden verstuurd.",
    "cli_put_back": "{count} teruggelegd.",
    "cli_waits_for": "{name}: voor {company}/{integration}",
    "cli_no_service": "dienst: niet geïnstalleerd",
    "cli_service": "dienst: geïnstalleerd, {runs}, {starts}",
    "cli_runs": "draait",
    "cli_runs_not": "draait niet",
    "cli_starts_computer": "start met de computer",
    "cli_starts_login": "start als u zich aanmeldt",
    "cli_installed": "De dienst is geïnstalleerd.",
    "cli_installed_not_running": "De dienst is geïnstalleerd, en draait nog niet.",
    "cli_linger": (
        "Hij start als u zich aanmeldt. Om hem met de computer te laten starten: loginctl enable-linger {name}"
    ),
    "cli_uninstalled": "Er is geen dienst van bookbridge-agent meer.",
}
