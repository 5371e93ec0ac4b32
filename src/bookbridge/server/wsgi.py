"""The web application that `bookbridge serve` runs."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bookbridge.server.settings")
application = get_wsgi_application()
