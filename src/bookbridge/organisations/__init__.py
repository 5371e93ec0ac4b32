"""Users, roles and organisations (the tenants)."""
