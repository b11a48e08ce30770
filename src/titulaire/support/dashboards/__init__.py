"""Pages over the figures of the support: a month at a glance, the facts behind a figure, what it costs.

Nothing is stored here and nothing is computed here: the rooms of indicators and penalties do it.
"""
