"""What notify does with each message: load, decide, save, emit."""
