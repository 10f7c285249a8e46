"""Tests: mirrors app/, plus walks (clinical stories over HTTP) and house (the laws of the code)."""
