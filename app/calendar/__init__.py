"""Calendar: pauses of the work and days known to be hard; recorded by clinicians, read by progress."""
