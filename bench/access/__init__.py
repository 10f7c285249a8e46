"""The proof that nobody reaches what is not theirs: every served operation, tried by everybody; `make prove-access`."""
