"""Kafka → JSON → a filter → Delta with Spark; says when it begins to read and when it is done.

spark_kafka.py JARS WORK BOOTSTRAP TOPIC COLUMNS FILTER TABLE
"""

import glob
import os
import sys

from pyspark.sql import SparkSession

jars_folder, work_folder, bootstrap, topic, columns, kept, table = sys.argv[1:]
os.chdir(work_folder)

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
    .option("kafka.bootstrap.servers", bootstrap)
    .option("subscribe", topic)
    .option("startingOffsets", "earliest")
    .load()
)
rows = records.selectExpr(f"from_json(CAST(value AS STRING), '{columns}') AS row").select("row.*")
print("reading", file=told)
(
    rows.where(kept)
    .writeStream.format("delta")
    .option("checkpointLocation", f"{work_folder}/checkpoint")
    .trigger(availableNow=True)
    .start(table)
    .awaitTermination()
)
print("done", file=told)
spark.stop()
