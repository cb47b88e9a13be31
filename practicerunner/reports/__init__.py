"""What people see: a DuckDB copy of the records, kept fresh, and the views on it. Nothing here writes a record."""

from practicerunner.reports.printing import print_all
from practicerunner.reports.reader import read, totals
from practicerunner.reports.replica import prune

__all__ = ["print_all", "prune", "read", "totals"]
