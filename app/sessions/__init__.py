"""Sessions: what was done and noted in an hour, signed and added to; imports and progress come in."""
