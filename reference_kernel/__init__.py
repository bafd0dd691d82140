"""The reference kernel: the small publisher that stands in for beema-kernel."""
