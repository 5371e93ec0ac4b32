"""Logging in: our words, mails, limits and rules around django-allauth."""
