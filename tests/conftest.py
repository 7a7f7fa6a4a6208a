"""What holds for every test."""

from hypothesis import HealthCheck, settings

# Laws are about what is so, not about how fast this machine is just now.
settings.register_profile("laws", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("laws")
