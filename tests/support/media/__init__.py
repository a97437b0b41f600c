"""Small videos and image folders whose frames can be read back, also after lossy coding."""
