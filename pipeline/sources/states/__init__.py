"""One state's education department per module: its files in the layouts it publishes."""
