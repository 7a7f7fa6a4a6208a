"""The models: one failover loop over several providers, each of which is imported only when it is first used."""
