"""The ledger of a month: what was ordered, what was produced, at which price, and the invoice drawn from it."""
