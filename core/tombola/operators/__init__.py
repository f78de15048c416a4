"""Pages about the installation itself: is everything well, and what is not."""
