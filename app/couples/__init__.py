"""Couples: the case, its two partners and its betrayals; opened by clinicians, known to the slices above."""
