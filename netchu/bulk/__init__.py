"""Bulk reading: many images, cut into shards that several processes or machines read, into Parquet files."""
