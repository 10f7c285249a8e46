"""The chart: the only way to rows; slices come in through `Chart`, and nobody else touches a connection."""
