"""Subscribe on Messenger: an action, a channel, and Messenger's rules as they are on the day."""
