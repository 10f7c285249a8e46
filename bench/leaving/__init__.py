"""The proof of what leaves: no copy, account or access report of one partner tells of what the other said alone."""
