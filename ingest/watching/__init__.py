"""Watching folders: events are hints, a scan is the truth, and a file is told of once it has come to rest.

Knows nothing of the catalog or of reading: it tells its caller which paths to look at, and when to scan.
"""
