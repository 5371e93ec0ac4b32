"""How many rows PostgreSQL has in hand to answer a query: what stays small however long the tables grow."""

from typing import Any

from django.db import connection


def rows_read(query: str) -> int:
    """Of a query as it was captured with its values; 0 for what changes something."""
    if not query.lstrip().startswith(("SELECT", "WITH")):
        return 0
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) " + query.replace("%", "%%"), [])
        (((plan,),),) = cursor.fetchall()
    return _rows_of(plan["Plan"])


def know_the_tables(*tables: str) -> None:
    """What PostgreSQL's own autovacuum does within the minute."""
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {', '.join(tables)}")


def _rows_of(node: dict[str, Any]) -> int:
    each_time = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
    children = node.get("Plans", [])
    return sum(map(_rows_of, children)) if children else int(each_time * node["Actual Loops"])
