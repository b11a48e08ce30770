"""Volumes expected by day, channel and flow: each statement is kept with its document, the last one prevails."""
