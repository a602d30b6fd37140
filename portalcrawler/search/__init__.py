"""Full-text search: an index beside the archive, made of it, kept up with it, and made anew when it is gone."""
