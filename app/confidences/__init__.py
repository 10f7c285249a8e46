"""Confidences: what one partner said alone and must come out, may, or stays; clinicians write, progress reads."""
