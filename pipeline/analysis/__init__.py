"""Pure functions of the analysis: tables in, tables out, each citing its method."""
