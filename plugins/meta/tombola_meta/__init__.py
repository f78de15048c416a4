"""Facebook and Instagram: log-in, connected accounts, webhooks, and the Graph client for others."""
