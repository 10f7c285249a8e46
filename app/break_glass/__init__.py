"""Break-glass: a couple's record opened for reading in an emergency, told at once and reviewed afterwards."""
