"""From a breach to a capped amount: measure, neutralise, compare, base × rate, sum, cap, propose."""
