"""A month stated once for all: its figures, terms, readings and facts, sealed, answered by the buyer."""
