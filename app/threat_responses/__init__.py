"""Threat responses: how often and how long alarm returns; told by the affected partner, read by progress."""
