"""Quality: items drawn or picked, marked blind by both sides, shared with advisers, calibrated, listened to."""
