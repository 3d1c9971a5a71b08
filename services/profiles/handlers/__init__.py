"""What profiles does with each message: load, decide, save, emit."""
