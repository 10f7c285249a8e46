"""Stages: where the work stands by the clinician's own record; never moved by the software."""
