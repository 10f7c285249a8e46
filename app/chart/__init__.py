"""The chart: the only way to rows. Slices come in through `Chart`; nobody else touches a connection."""
