"""Recipes: what is known before anything runs, as data with sources, adapted to the run at hand by the laws."""
