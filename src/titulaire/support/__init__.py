"""Second half: the user support contract (`S` clauses)."""
