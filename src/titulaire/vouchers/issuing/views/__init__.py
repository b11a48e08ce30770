"""The pages of production: queue, print jobs, vouchers, paper, letter, keys."""
