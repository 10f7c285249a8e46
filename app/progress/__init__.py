"""Progress: the two questions — is repair moving, has trying longer become harm — and the caseload; reports come in."""
