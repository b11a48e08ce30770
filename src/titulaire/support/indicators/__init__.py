"""The indicators of section 3.3.2: what is counted, how each is computed, and what it gives.

`frame` what the terms say of days · `tables` facts made ready · `counting` what is counted ·
`formulas` one function per reading · `catalogue` the rows of the contract · `evaluation` the figures.
"""
