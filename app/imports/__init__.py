"""Imports: records of an earlier system, brought in couple by couple; routes, the command line and the demo come in."""
