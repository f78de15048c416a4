"""The mailbox of everybody: takes every mail that Tombola sends, delivers none."""
