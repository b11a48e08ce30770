"""Reading an order file: from bytes to rows that can be ordered and refusals that can be mended. Pure."""

from titulaire.vouchers.orders.reading.corrections import refused_rows_csv, refused_rows_xlsx
from titulaire.vouchers.orders.reading.files import fingerprint, read_order_file
from titulaire.vouchers.orders.reading.headings import ADDRESS_FIELDS, FIELDS, UnknownField
from titulaire.vouchers.orders.reading.limits import LIMITS, Limits
from titulaire.vouchers.orders.reading.rows import Notice, OrderFile, OrderRow, Refusal
from titulaire.vouchers.orders.reading.rules import RULES, Rule
from titulaire.vouchers.orders.reading.templates import template_csv, template_xlsx

__all__ = [
    "ADDRESS_FIELDS",
    "FIELDS",
    "LIMITS",
    "RULES",
    "Limits",
    "Notice",
    "OrderFile",
    "OrderRow",
    "Refusal",
    "Rule",
    "UnknownField",
    "fingerprint",
    "read_order_file",
    "refused_rows_csv",
    "refused_rows_xlsx",
    "template_csv",
    "template_xlsx",
]
