"""The reference dispatcher: the exemplary service between Inngest and the webhooks of users."""
