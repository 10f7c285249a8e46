"""`make prove-seals`: whatever somebody changes in a signed record or its trail, `mendline verify` finds it."""
