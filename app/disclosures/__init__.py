"""Disclosures: what leaves the house, on whose authorisation, with the ledger of it; no other way leads out."""
