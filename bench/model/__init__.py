"""The proof of the timeline model: couples with known truth, looked at every week; run by `python -m bench.model`."""
