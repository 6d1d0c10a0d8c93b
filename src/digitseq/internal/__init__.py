"""What all of digitseq shares, and nobody else should import."""
