"""Measurements of speed and accuracy, as ratios taken in one run; never shipped, never imported by app."""
