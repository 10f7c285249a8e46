"""Sessions: what was done and noted in an hour, drafted, signed, and added to afterwards; imports and progress come in."""
