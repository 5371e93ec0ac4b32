"""The web application that `bookbridge serve` runs."""

import atexit
import os

from django.core.wsgi import get_wsgi_application

from bookbridge.server import telemetry

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bookbridge.server.settings")
stop_telemetry = telemetry.start("serve")
atexit.register(stop_telemetry)
application = get_wsgi_application()
