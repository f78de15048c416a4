"""The conformance kit: what every plugin, ours included, has to do.

``tombola plugins check SLUG`` runs it over an installed plugin.
"""
