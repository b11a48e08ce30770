"""The people of the contract: who they are, where and how they work, what they may open."""
