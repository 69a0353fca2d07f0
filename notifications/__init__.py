"""Telling people what happened: where messages go, when, and handing them over until they are taken."""
