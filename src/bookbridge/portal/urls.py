"""The portal's addresses. Each must stand in the table of tests/portal/test_access.py with the role it needs."""

from django.urls import include, path

from bookbridge.portal.views import (
    authorising,
    companies,
    drop_box,
    history,
    integrations,
    reconciliations,
    repair,
    runs,
    snapshots,
    trail,
)

_integration = [
    path("", integrations.integration, name="integration"),
    path("history/", history.history, name="history"),
    path("files/", history.files, name="files"),
    path("reconciliation/", reconciliations.reconciliation, name="reconciliation"),
    path("reconciliation.csv", reconciliations.reconciliation_csv, name="reconciliation_csv"),
    path("reconciliation.pdf", reconciliations.reconciliation_pdf, name="reconciliation_pdf"),
    path("trail/", trail.integration_trail, name="integration_trail"),
    path("trail.csv", trail.integration_trail_csv, name="integration_trail_csv"),
    path("drop-box/", drop_box.drop_box, name="drop_box"),
    path("drop-box/keys", drop_box.make_access_key, name="make_access_key"),
    path("drop-box/keys/<int:access_key_id>/revoke", drop_box.revoke_access_key, name="revoke_access_key"),
    path("inbox", integrations.upload, name="upload"),
    path("outbox/<str:name>", integrations.outbox_file, name="outbox_file"),
    path("authorisations/<int:authorisation_id>/authorise", authorising.authorise, name="authorise"),
    path("authorisations/<int:authorisation_id>/administration", authorising.administration, name="administration"),
]
_company = [
    path("", companies.company, name="company"),
    path("trail/", trail.company_trail, name="trail"),
    path("trail.csv", trail.company_trail_csv, name="trail_csv"),
    path("trail/verify", trail.verify, name="verify_trail"),
    path("integrations/", integrations.integrations, name="integrations"),
    path("integrations/<uuid:integration_id>/", include(_integration)),
    path("runs/<int:run_id>/", runs.run, name="run"),
    path("runs/<int:run_id>/progress", runs.progress, name="run_progress"),
    path("runs/<int:run_id>/lines/<int:line_id>/", runs.line, name="line"),
    path("runs/<int:run_id>/lines/<int:line_id>/trail/", trail.line_trail, name="line_trail"),
    path("runs/<int:run_id>/lines/<int:line_id>/correction", repair.save, name="save_correction"),
    path("runs/<int:run_id>/reconciliation.csv", reconciliations.run_reconciliation_csv, name="run_reconciliation_csv"),
    path("runs/<int:run_id>/reconciliation.pdf", reconciliations.run_reconciliation_pdf, name="run_reconciliation_pdf"),
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
