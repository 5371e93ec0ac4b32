"""What the sweep of drop boxes asks: which integrations have one."""

from django.db import migrations

from bookbridge.organisations.walls import across


class Migration(migrations.Migration):
    dependencies = [("integrations", "0006_doctor")]

    operations = [
        across(
            "across_drop_boxes",
            "",
            "TABLE (organisation uuid, integration uuid)",
            "SELECT DISTINCT organisation_id, integration_id FROM integrations_accesskey",
        ),
    ]
