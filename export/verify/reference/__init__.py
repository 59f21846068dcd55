"""What a proof compares: the source network, the loaded artifact, and the images for both."""
