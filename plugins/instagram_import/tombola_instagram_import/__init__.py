"""Posts, comments and mentions on Instagram enter people into a campaign."""
