"""The SQL of this room that Django's query language can't say."""

from uuid import UUID

from django.db import connection

ACT = "SELECT set_config('bookbridge.organisation', %s, false), set_config('bookbridge.user', %s, false)"
ACROSS = "across_"
"""How the names of the functions begin that look across tenants."""

# In a sub-select, so that PostgreSQL reads the setting once a query and can look the value up in an index.
_OWN_ORGANISATION = "(SELECT nullif(current_setting('bookbridge.organisation', true), '')::uuid)"
OWN_USER = "(SELECT nullif(current_setting('bookbridge.user', true), '')::bigint)"


def raise_wall(table: str, column: str = "organisation_id", nobody_sees: str = "") -> str:
    """Rows are there for their organisation alone, and none can be given to another one or point at another's.

    `nobody_sees`: which rows are there for who acts for no organisation.
    """
    own = f"{column} = {_OWN_ORGANISATION}"
    if nobody_sees:
        own += f" OR ({nobody_sees} AND {_OWN_ORGANISATION} IS NULL)"
    return f"""
        ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
        CREATE POLICY own_organisation ON {table} USING ({own}) WITH CHECK ({own});
        {links_within_an_organisation(table)}
    """


def tear_wall_down(table: str) -> str:
    return f"""
        DROP POLICY own_organisation ON {table};
        ALTER TABLE {table} DISABLE ROW LEVEL SECURITY;
    """


def links_within_an_organisation(table: str) -> str:
    """PostgreSQL checks foreign keys as the tables' owner, whom no policy stops; so the organisation is in the key."""
    return f"""
        DO $$
        DECLARE link record;
        BEGIN
          FOR link IN
            SELECT held.conname AS name, held.confrelid::regclass::text AS target, attribute.attname AS field
            FROM pg_constraint AS held
            JOIN pg_attribute AS attribute ON attribute.attrelid = held.conrelid AND attribute.attnum = held.conkey[1]
            WHERE held.contype = 'f' AND held.conrelid = '{table}'::regclass AND cardinality(held.conkey) = 1
              AND EXISTS (SELECT FROM pg_attribute AS column_ WHERE column_.attrelid = held.confrelid
                          AND column_.attname = 'organisation_id' AND NOT column_.attisdropped)
          LOOP
            IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = link.target || '_within') THEN
              EXECUTE format('ALTER TABLE %I ADD CONSTRAINT %I UNIQUE (organisation_id, id)',
                             link.target, link.target || '_within');
            END IF;
            EXECUTE format('ALTER TABLE {table} DROP CONSTRAINT %I', link.name);
            EXECUTE format('ALTER TABLE {table} ADD CONSTRAINT %I FOREIGN KEY (organisation_id, %I) '
                           'REFERENCES %I (organisation_id, id) DEFERRABLE INITIALLY DEFERRED',
                           link.name, link.field, link.target);
          END LOOP;
        END $$;
    """  # noqa: S608 - names of our own tables, in migrations.


def make_across(name: str, arguments: str, returns: str, body: str) -> str:
    """Runs with the rights of the tables' owner: its search path is fixed, and nobody may call it until told so."""
    return f"""
        CREATE FUNCTION {name}({arguments}) RETURNS {returns} LANGUAGE sql SECURITY DEFINER
            SET search_path = pg_catalog, public, pg_temp AS $${body}$$;
        REVOKE ALL ON FUNCTION {name} FROM PUBLIC;
    """


def organisations_that_forget() -> list[UUID]:
    """The ids of the organisations that don't keep everything for ever."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT across_organisations_that_forget()")
        return [row[0] for row in cursor.fetchall()]


def every_organisation() -> list[UUID]:
    """The ids of all organisations, oldest first: for what an operator does with each of them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT organisation FROM across_organisations()")
        return [row[0] for row in cursor.fetchall()]


def due_notices(most: int, mails_an_hour: int) -> list[tuple[int, UUID]]:
    """Users with something to be told now and the organisations it is of, but for who had that many mails already."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT person, organisation FROM across_due_notices(%s, %s)", [most, mails_an_hour])
        return list(cursor.fetchall())


def notice_mails_within_the_hour(user_id: int) -> int:
    """Mails with notices that a user was sent, of whatever organisation."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT across_notice_mails(%s)", [user_id])
        return int(cursor.fetchone()[0])
