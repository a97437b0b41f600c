"""Heat maps: accumulated, painted over the scene, and made small for the page."""
