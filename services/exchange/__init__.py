"""Exchange: asks, offers, matching, invitations, agreements, gatherings, and the limits of small help."""
