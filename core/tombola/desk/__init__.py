"""The team's desk: pages over campaigns that need more than one room."""
