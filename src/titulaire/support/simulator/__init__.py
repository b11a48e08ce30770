"""What a month would have been with other advisers, calls or handling times, down to its penalties in euros."""
