"""Audit: who saw what of one partner, and what was done in the practice, told from the trail."""
