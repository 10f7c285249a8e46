"""Whether the record is what was signed, and the trail what was written."""
