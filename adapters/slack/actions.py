"""The ids of our buttons: what is rendered and what is understood must be the same words."""

STOP = "firstline_stop"
HELPFUL = "firstline_helpful"
UNHELPFUL = "firstline_unhelpful"
PERSON = "firstline_person"
SHARE = "firstline_share"
RESUME = "firstline_resume"

# The metadata under which a post of ours is found again; its payload holds the post's key.
EVENT_TYPE = "firstline_turn"
EVENT_KEY = "key"
