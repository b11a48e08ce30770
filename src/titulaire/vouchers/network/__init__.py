"""The affiliates, what they send in for payment, and what anyone may check of a voucher.

`rules` verdicts, admissible activities, presentation cut-off · `register`-backed acts in `services` (remittances,
payment, destruction) and `affiliation` · `scans` codes read from a scanned batch · `files` lists of numbers ·
`checking` what the public page says · `payment_order` the SEPA file.
"""
