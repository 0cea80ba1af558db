"""x"""
SOURCES = ()
