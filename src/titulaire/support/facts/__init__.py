"""What telephony and forms systems said: calls, agents' states, work items, vendor aggregates.

Facts are never edited. A file enters as a batch; a correction is another batch that says why. Each month of a
contract has a manifest: the exact immutable files, by hash, that a figure was made from.
"""
