"""The calls and the vendor's reports say the same months: do they say the same figures?

Reports come from the telephony that the buyer imposes, calls from its exports: a difference is told, opened on both
sides, and settled by the parties. Nothing is corrected here.
"""
