"""Comparisons that an index serves behind the wall."""

from typing import Any

from django.db.models import CharField, Lookup


@CharField.register_lookup
class Begins(Lookup):
    """The text begins with another, as `startswith` says it, by an index with pattern operators.

    PostgreSQL doesn't know of LIKE that it tells nothing of its arguments, and so does it only to rows of which the
    wall has said that they may be seen: all of the table's. Of these two comparisons it knows.
    """

    lookup_name = "begins"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        column, of_column = self.process_lhs(compiler, connection)
        # Behind every text that goes on from there: no sign comes after this one.
        return f"({column} ~>=~ %s AND {column} ~<~ %s)", [*of_column, self.rhs, *of_column, f"{self.rhs}\U0010ffff"]
