from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "bookbridge.portal"
    label = "portal"
