"""What is learned from learners' interactions: factors, trend, and the artefact that carries them."""
