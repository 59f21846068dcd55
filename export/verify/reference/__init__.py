"""What a proof compares: the source network, the loaded artifact, and images for both."""
