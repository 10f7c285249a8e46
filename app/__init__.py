"""Mendline: case notes and honest repair indicators for couples after a betrayal; everything we ship lives below."""

__version__ = "0.1.0"
