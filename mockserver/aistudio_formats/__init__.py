"""The data contract: task types, row schemas, validation, Parquet layout, examples."""
