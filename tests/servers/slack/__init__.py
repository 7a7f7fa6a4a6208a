"""Slack on 127.0.0.1: a world of teams and people, the Web API, Socket Mode and HTTP delivery, with Slack's limits."""
