"""An order and an import as JSON documents, the same for the command and for other systems. Nobody is named."""

from __future__ import annotations

from titulaire.vouchers.orders.models import Order
from titulaire.vouchers.orders.queries import OrderPlan
from titulaire.vouchers.orders.reading import Refusal


def order_document(order: Order) -> dict[str, object]:
    """The figures of an order."""
    return {
        "order": order.number,
        "contract": order.contract.code,
        "kind": order.kind,
        "state": order.state,
        "month": order.month.strftime("%Y-%m"),
        "vintage": order.vintage,
        "valid_until": order.valid_until_on,
        "vouchers": order.vouchers,
        "booklets": order.booklets,
        "face_value": order.face_value,
        "amount": order.amount,
        "fingerprint": order.fingerprint,
        "file_sha256": order.source.sha256 if order.source else None,
        "rows_refused": order.rows_refused,
        "confirmed_at": order.confirmed_at,
        "acknowledged_on": order.acknowledged_on,
        "due_on": order.due_on,
        "promised_on": order.promised_on,
        "planned_on": order.planned_on,
        "shift": order.shift,
    }


def import_document(
    plan: OrderPlan,
    *,
    obstacles: tuple[Refusal, ...],
    order: Order | None,
    already_known: bool,
    dry_run: bool,
) -> dict[str, object]:
    """What importing a file did, or would do. A refusal of row 0 refuses the file whole."""
    placed = order is not None and not already_known
    return {
        "order": order.number if order else None,
        "already_known": already_known,
        "dry_run": dry_run,
        "accepted": len(plan.rows),
        "refused": [
            {
                "sheet": refusal.sheet,
                "row": refusal.row,
                "column": refusal.column,
                "rule": refusal.rule,
                "message": refusal.message,
                "mend": refusal.mend,
                "value": refusal.value,
            }
            for refusal in (*obstacles, *plan.refusals)
        ],
        "notices": [
            {
                "row": notice.row,
                "rule": notice.rule,
                "message": notice.message,
                "other_rows": notice.other_rows,
            }
            for notice in plan.file.notices
        ],
        "repeats": [
            {"row": repeat.row, "reference": repeat.reference, "order": repeat.number}
            for repeat in plan.repeats
        ],
        "booklets": plan.booklets,
        "vouchers": plan.vouchers,
        "amount": plan.amount,
        "face_value": plan.face_value,
        "month": plan.month.strftime("%Y-%m") if plan.month else None,
        "vintage": plan.vintage,
        "valid_until": plan.last_day_of_use,
        "ceiling_left": plan.room.left_after if placed else plan.room.left_before,
        "promised_on": plan.promise.promised_on if plan.promise else None,
    }
