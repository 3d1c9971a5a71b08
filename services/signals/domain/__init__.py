"""What signals decides: values in, values out, time as an argument."""
