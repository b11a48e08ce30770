"""The penalties of section 9: what a month costs, and how the parties settle it."""
