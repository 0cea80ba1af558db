"""Schoolshed: where children need better schools, and where there is room for them."""
