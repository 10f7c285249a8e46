"""`make prove-soak`: the service as shipped under mixed load for a long while, watched from outside for what grows."""
