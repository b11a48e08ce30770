"""What allauth must not do here: open accounts by itself."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):
    """Accounts are created by a person in charge and activated by a link; nobody signs up alone."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
