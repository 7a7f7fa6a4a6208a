"""What holds for every test."""

import signal

from hypothesis import HealthCheck, settings

# Laws are about what is so, not about how fast this machine is just now.
settings.register_profile("laws", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("laws")

# A shell's background job ignores Ctrl-C, and so would every program that a test starts from there and interrupts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
