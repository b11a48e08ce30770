"""What an indicator is, and how it is computed from measures; nothing of one contract.

`rules` values, formulas, comparisons · `measures` what is counted in a table · `engine` sums over files ·
`rollups` sums kept by day · `wording` how a value is written.
"""
