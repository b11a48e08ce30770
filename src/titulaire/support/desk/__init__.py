"""The advisers' desk: each contact with its qualification, what was done on the file, what went to another level."""
