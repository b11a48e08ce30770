"""Scripts, instructions and articles in versions: who vouches for each, which is in force, who has read it."""
