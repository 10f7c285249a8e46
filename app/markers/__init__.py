"""Markers: behaviour seen on a date, and whether betrayal ended; written by clinicians, read by progress."""
