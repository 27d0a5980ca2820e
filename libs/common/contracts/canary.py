"""The partner whose learners are the freshness canary's: nobody's, so no report counts them."""

CANARY_PARTNER = "stackwise-canary"
