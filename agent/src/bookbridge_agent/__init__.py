"""The part of Bookbridge on the customer's PC. It imports nothing of the platform: an import contract holds that."""
