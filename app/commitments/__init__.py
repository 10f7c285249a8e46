"""Commitments: concrete undertakings and whether they were kept; agreed by both, read by progress."""
