from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    name = "bookbridge.exchange"
    label = "exchange"
