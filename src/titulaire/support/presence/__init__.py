"""Who should come and who came: staff announced a week ahead, the count of each morning, and why they differ."""
