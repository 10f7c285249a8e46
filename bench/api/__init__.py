"""Bad input at scale: generated, nasty, huge, slow; and a canary looked for everywhere. `make prove-api`."""
