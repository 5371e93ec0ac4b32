from django.apps import AppConfig


class IntegrationsConfig(AppConfig):
    name = "bookbridge.integrations"
    label = "integrations"
