"""Two beacons of two operators, so that draws have public randomness without a network."""
