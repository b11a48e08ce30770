"""How days, hours and time limits count. Pure: values in, values out; no clock is read here.

`holidays` public holidays of each territory · `calendars` which days and hours count for one contract ·
`days` delays in days and months · `hours` delays in hours, with both readings of « heures ouvrées » ·
`clocks` one running delay: its start, its suspensions, its end, what silence means ·
`dues` a date as a room gives it to the board of deadlines.
"""
