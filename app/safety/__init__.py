"""Safety: concerns and separate screens; for the treating clinician alone, obeyed by every output."""
