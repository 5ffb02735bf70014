"""Each screen of the app: what it shows, its keys, and which widgets it is made of."""
