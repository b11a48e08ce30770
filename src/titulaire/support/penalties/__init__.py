"""The penalties of the support contract, from the month's facts to a decision and its credit note."""
