from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_save


class SettlementConfig(AppConfig):
    name = "titulaire.vouchers.settlement"
    label = "settlement"

    def ready(self) -> None:
        from titulaire.vouchers.issuing.models import PrintJob

        post_save.connect(plan_the_end_of_its_vintage, sender=PrintJob)


def plan_the_end_of_its_vintage(instance: Any, created: bool, **kwargs: Any) -> None:
    """An order is issued: its vintage will end, with nobody's act. In the transaction of the issue."""
    from titulaire.vouchers.settlement.services import plan_end

    if created:
        plan_end(contract=instance.contract, vintage=instance.order.vintage, at=instance.asked_at)
