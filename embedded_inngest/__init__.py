"""A server that imitates Inngest, at one of two releases, so that the suite runs where no Inngest can be had."""
