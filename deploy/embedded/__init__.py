"""The whole system on one bare machine: real servers from wheels, every service as its own process."""
