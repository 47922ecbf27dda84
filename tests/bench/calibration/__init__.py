"""Simulation study of lift: size, coverage and power over worlds with the truth written in."""
