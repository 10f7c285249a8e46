"""`make prove-separation`: what one partner said alone changes nothing that the other, or both, can be told."""
