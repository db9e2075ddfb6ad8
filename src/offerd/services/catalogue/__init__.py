"""The catalogue: validated writes, revisions, queries, documents."""

from offerd.services.catalogue.changes import (
    Change,
    Delete,
    Difference,
    Put,
    Revision,
    Revisions,
    Step,
    Written,
)
from offerd.services.catalogue.filters import Filter, parse_filter
from offerd.services.catalogue.lint import Finding
from offerd.services.catalogue.query import Page, Query
from offerd.services.catalogue.service import CatalogueService

__all__ = [
    "CatalogueService",
    "Change",
    "Delete",
    "Difference",
    "Filter",
    "Finding",
    "Page",
    "Put",
    "Query",
    "Revision",
    "Revisions",
    "Step",
    "Written",
    "parse_filter",
]
