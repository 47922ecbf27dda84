"""Ranks of a whole web graph that lies on the disk: the definitions of `analysis.authority.ranks`, for arrays
that do not fit into memory.

Edges are pushed along in the order of the file, so no transpose is needed; what is held in memory are a few
numbers a node.
"""
