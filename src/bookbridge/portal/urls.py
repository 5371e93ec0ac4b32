"""The portal's addresses. Each must stand in the table of tests/portal/test_access.py with the role it needs."""

from django.urls import include, path

from bookbridge.portal.views import (
    authorising,
    companies,
    drop_box,
    dry_run,
    history,
    integrations,
    layouts,
    mappings,
    repair,
    runs,
    settings,
    snapshots,
)

_settings = [
    path("schedule", settings.save_schedule, name="save_schedule"),
    path("pause", settings.pause, name="pause"),
    path("resume", settings.resume, name="resume"),
    path("mappings/<slug:kind>/", mappings.mappings, name="mappings"),
    path("mappings/<slug:kind>/save", mappings.save_mapping, name="save_mapping"),
    path("mappings/<slug:kind>/remove", mappings.remove_mapping, name="remove_mapping"),
    path("layouts/<slug:format_name>/", layouts.layout, name="layout"),
    path("layouts/<slug:format_name>/preview", layouts.layout_preview_of, name="layout_preview"),
    path("layouts/<slug:format_name>/save", layouts.save_layout, name="save_layout"),
]
_integration = [
    path("", integrations.integration, name="integration"),
    path("history/", history.history, name="history"),
    path("files/", history.files, name="files"),
    path("drop-box/", drop_box.drop_box, name="drop_box"),
    path("drop-box/keys", drop_box.make_access_key, name="make_access_key"),
    path("drop-box/keys/<int:access_key_id>/revoke", drop_box.revoke_access_key, name="revoke_access_key"),
    path("settings/", settings.settings, name="settings"),
    path("settings/<int:configuration_id>/", include(_settings)),
    path("inbox", integrations.upload, name="upload"),
    path("outbox/<str:name>", integrations.outbox_file, name="outbox_file"),
    path("authorisations/<int:authorisation_id>/authorise", authorising.authorise, name="authorise"),
    path("authorisations/<int:authorisation_id>/administration", authorising.administration, name="administration"),
]
_company = [
    path("", companies.company, name="company"),
    path("integrations/", integrations.integrations, name="integrations"),
    path("integrations/<uuid:integration_id>/", include(_integration)),
    path("runs/<int:run_id>/", runs.run, name="run"),
    path("runs/<int:run_id>/dry-run/", dry_run.dry_run, name="dry_run"),
    path("runs/<int:run_id>/progress", runs.progress, name="run_progress"),
    path("runs/<int:run_id>/lines/<int:line_id>/", runs.line, name="line"),
    path("runs/<int:run_id>/lines/<int:line_id>/correction", repair.save, name="save_correction"),
    path("runs/<int:run_id>/retry", repair.retry, name="retry"),
    path("files/<int:delivery_id>/original", history.original, name="original"),
    path("outstanding/<int:snapshot_id>/agree", snapshots.agree, name="agree"),
    path("outstanding/<int:snapshot_id>/refuse", snapshots.refuse, name="refuse"),
]
urlpatterns = [
    path("", companies.front, name="front"),
    path("companies/", companies.choose, name="companies"),
    path("companies/<uuid:organisation_id>/", include(_company)),
    path("authorise/callback", authorising.callback, name="authorise_callback"),
    path("preferences/", companies.preferences, name="preferences"),
    path("installation/", companies.installation, name="installation"),
]
