"""`evaluate`: how well the deployed ranking does on recorded interactions, beside what one would use instead."""
