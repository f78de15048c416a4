"""Measurements, as ratios between contenders in one run. `make bench` runs them."""
