"""A stream from Kafka through SQL into Delta with Spark; says when it reads and when it is done.

spark_stream.py JARS WORK TASK, a file of JSON: bootstrap, topic, columns, time, delay, views,
select, table.
"""

import glob
import json
import os
import sys

from pyspark.sql import SparkSession
from pyspark.sql.functions import expr

jars_folder, work_folder, task_file = sys.argv[1:]
os.chdir(work_folder)
with open(task_file, encoding="utf-8") as text:
    task = json.load(text)

# Libraries print to standard output too; what is told gets a pipe of its own.
told = os.fdopen(os.dup(1), "w", buffering=1)
os.dup2(2, 1)

spark = (
    SparkSession.builder.master("local[2]")
    .config("spark.databricks.delta.snapshotPartitions", "2")
    .config("spark.driver.extraClassPath", ":".join(glob.glob(f"{jars_folder}/*.jar")))
    .config("spark.driver.memory", "4g")
    .config("spark.driver.host", "127.0.0.1")
    .config("spark.driver.bindAddress", "127.0.0.1")
    .config("spark.local.dir", work_folder)
    .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
    .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
    .config("spark.sql.parquet.compression.codec", "zstd")
    .config("spark.sql.session.timeZone", "UTC")
    .config("spark.sql.shuffle.partitions", "2")
    .config("spark.ui.enabled", "false")
    .getOrCreate()
)
spark.sparkContext.setLogLevel("ERROR")

records = (
    spark.readStream.format("kafka")
    .option("kafka.bootstrap.servers", task["bootstrap"])
    .option("subscribe", task["topic"])
    .option("startingOffsets", "earliest")
    .load()
)
rows = records.selectExpr(f"from_json(CAST(value AS STRING), '{task['columns']}') AS row")
events = rows.select("row.*")
time = task["time"]
if time not in events.columns:
    events = events.withColumn("event_time", expr(time))
    time = "event_time"
events.withWatermark(time, task["delay"]).createOrReplaceTempView("input")
for name, select in task["views"].items():
    spark.sql(select).createOrReplaceTempView(name)
print("reading", file=told)
(
    spark.sql(task["select"])
    .writeStream.format("delta")
    .outputMode("append")
    .option("checkpointLocation", f"{work_folder}/checkpoint")
    .trigger(availableNow=True)
    .start(task["table"])
    .awaitTermination()
)
print("done", file=told)
spark.stop()
