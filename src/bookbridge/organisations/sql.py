"""The SQL of this room that Django's query language can't say."""

ACT = "SELECT set_config('bookbridge.organisation', %s, false), set_config('bookbridge.user', %s, false)"

# In a sub-select, so that PostgreSQL reads the setting once a query and can look the value up in an index.
OWN_ORGANISATION = "(SELECT nullif(current_setting('bookbridge.organisation', true), '')::uuid)"
OWN_USER = "(SELECT nullif(current_setting('bookbridge.user', true), '')::bigint)"


def raise_wall(table: str, column: str = "organisation_id") -> str:
    """Rows are there for their organisation alone, and none can be given to another one."""
    return f"""
        ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
        CREATE POLICY own_organisation ON {table}
            USING ({column} = {OWN_ORGANISATION}) WITH CHECK ({column} = {OWN_ORGANISATION});
    """


def tear_wall_down(table: str) -> str:
    return f"""
        DROP POLICY own_organisation ON {table};
        ALTER TABLE {table} DISABLE ROW LEVEL SECURITY;
    """
