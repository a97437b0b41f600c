"""Networks that find objects in an image: building blocks of methods."""
