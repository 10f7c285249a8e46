"""Archives and backups: the whole record as one encrypted file that leaves, is verified and comes back."""
