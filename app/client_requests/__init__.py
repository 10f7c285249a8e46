"""Requests of clients about their record: to see it, to have it put right; clinicians decide and answer them."""
