"""What the pages of the desk show, from what the services answered: values in, values out."""
