"""Measurements: what the messaging kit costs and gains, side by side with other ways, on the same synced servers."""
