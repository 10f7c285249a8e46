"""`make prove-durability`: what was acknowledged survives kills, failover, a full disk and cut connections."""
