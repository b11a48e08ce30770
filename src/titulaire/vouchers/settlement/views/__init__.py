"""The pages of this room, one module per subject."""

from titulaire.identity.roles import Role

READERS = (Role.BUYER_MANAGER, Role.BUYER_READER, Role.VOUCHER_OPERATOR, Role.AUDITOR)
"""Who reads the end of vouchers' lives: no page of this room names a person."""
