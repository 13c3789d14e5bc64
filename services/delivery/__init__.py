"""Events posted to assistants' webhooks."""
