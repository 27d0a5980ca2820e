"""The paths; ids in them have been checked by the time a route is reached."""

PARTNER = "/partners/{partner_id:str}"
LEARNER = PARTNER + "/learners/{learner_id:str}"
