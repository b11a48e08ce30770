"""The demonstration: invented people and a generated history, made through the product's own acts."""
