from django.apps import AppConfig


class OrganisationsConfig(AppConfig):
    name = "bookbridge.organisations"
    label = "organisations"
