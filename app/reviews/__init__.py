"""Reviews: what a clinician decided on an indicator, and why; written by clinicians, read by progress."""
