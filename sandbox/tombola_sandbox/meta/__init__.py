"""Facebook and Instagram: their Graph API, dialogs, webhooks and pictures."""
