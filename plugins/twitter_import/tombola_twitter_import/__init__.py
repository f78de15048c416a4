"""Imports posts of X (formerly Twitter) by hashtag, and lets their authors log in with X."""
