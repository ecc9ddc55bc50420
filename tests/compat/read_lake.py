"""Reads a lake with Python's `deltalake` and counts with DuckDB: two engines that know nothing of Clio.

Usage: read_lake.py LAKE DIMENSION MEASURE...
Prints one JSON object: the sums of the measures by period and member, and the sketches' metadata.
"""

import json
import sys

import duckdb
from deltalake import DeltaTable

lake, dimension, *measures = sys.argv[1:]
table = DeltaTable(f"{lake}/cells")
cells = table.to_pyarrow_dataset()
connection = duckdb.connect()
connection.register("cells", cells)
sums = ", ".join(f"sum({measure})::BIGINT" for measure in measures)
rows = connection.execute(
    f"SELECT period, {dimension}, {sums}, count(*) FROM cells GROUP BY ALL ORDER BY ALL"
).fetchall()
fields = json.loads(table.schema().to_json())["fields"]
print(json.dumps({
    "version": table.version(),
    "partitions": table.metadata().partition_columns,
    "history": [entry.get("clio") for entry in table.history(1)],
    "metadata": {field["name"]: field["metadata"] for field in fields},
    "rows": rows,
}))
