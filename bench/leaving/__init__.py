"""The proof of what leaves: no copy and no account of one partner tells of what the other said alone."""
