"""The laws of the timeline model, checked on random evidence: a few in the suite, many by `make prove-laws`."""
