"""The pages of the ledger: a month's production, its closing and its invoice; its orders; its prices."""

from titulaire.support.ledger.views.months import (
    ledger_close,
    ledger_enter,
    ledger_import,
    ledger_invoice,
    ledger_list,
    ledger_month,
    ledger_reopen,
)
from titulaire.support.ledger.views.orders import (
    work_order,
    work_order_answer,
    work_order_cancel,
    work_order_new,
    work_orders,
)
from titulaire.support.ledger.views.page import KEEPERS, READERS, month_url
from titulaire.support.ledger.views.prices import ledger_paper, unit_price_new, unit_prices

__all__ = [
    "KEEPERS",
    "READERS",
    "ledger_close",
    "ledger_enter",
    "ledger_import",
    "ledger_invoice",
    "ledger_list",
    "ledger_month",
    "ledger_paper",
    "ledger_reopen",
    "month_url",
    "unit_price_new",
    "unit_prices",
    "work_order",
    "work_order_answer",
    "work_order_cancel",
    "work_order_new",
    "work_orders",
]
