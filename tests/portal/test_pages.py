import pytest

from tests import factories

pytestmark = pytest.mark.django_db


def test_smoke(client):
    org = factories.organisation()
    u = factories.member(org, email="a@example.org")
    c = factories.whole_integration(org)
    r = factories.run_with_errors(c)
    h = factories.held_run(c)
    client.force_login(u)
    from bookbridge.exchange.models import Line

    for path in [
        f"/companies/{org.pk}/",
        f"/companies/{org.pk}/integrations/",
        f"/companies/{org.pk}/integrations/{c.integration_id}/",
        f"/companies/{org.pk}/integrations/{c.integration_id}/history/",
        f"/companies/{org.pk}/integrations/{c.integration_id}/files/",
        f"/companies/{org.pk}/runs/{r.pk}/",
        f"/companies/{org.pk}/runs/{h.pk}/",
        "/companies/",
        "/preferences/",
        "/accounts/2fa/",
        "/accounts/password/change/",
        *[f"/companies/{org.pk}/runs/{r.pk}/lines/{l.pk}/" for l in Line.objects.all()],
    ]:
        resp = client.get(path)
        assert resp.status_code == 200, (path, resp.status_code)
