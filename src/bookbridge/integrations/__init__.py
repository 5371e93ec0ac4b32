"""Integrations, authorisations with their tokens, configurations and call budgets."""
