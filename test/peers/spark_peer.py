"""Reads and writes Delta tables with Spark: a line of JSON in, a line out. spark_peer.py JARS WORK"""

import datetime
import glob
import json
import os
import sys

from pyspark.sql import SparkSession

from plain_values import plain

jars_folder, work_folder = sys.argv[1:]
classes = [*glob.glob(f"{jars_folder}/*.jar"), os.environ.get("SPARK_CLASSES", "")]
os.chdir(work_folder)

# Libraries print to standard output too; the answers get a pipe that only they have.
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)

builder = (
    SparkSession.builder.master("local[2]")
    .config("spark.databricks.delta.snapshotPartitions", "2")
    .config("spark.driver.extraClassPath", ":".join(filter(None, classes)))
    .config("spark.driver.memory", "2g")
    .config("spark.driver.host", "127.0.0.1")
    .config("spark.driver.bindAddress", "127.0.0.1")
    .config("spark.local.dir", work_folder)
    .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
    .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
    .config("spark.sql.session.timeZone", "UTC")
    .config("spark.sql.shuffle.partitions", "2")
    .config("spark.ui.enabled", "false")
)
if "SPARK_LOG_STORE" in os.environ:
    builder = builder.config("spark.delta.logStore.file.impl", os.environ["SPARK_LOG_STORE"])
if "AWS_ENDPOINT_URL" in os.environ:
    provider = "org.apache.hadoop.fs.s3a.SimpleAWSCredentialsProvider"
    store = {
        "endpoint": os.environ["AWS_ENDPOINT_URL"],
        "endpoint.region": os.environ["AWS_REGION"],
        "path.style.access": "true",
        "aws.credentials.provider": provider,
        "access.key": os.environ["AWS_ACCESS_KEY_ID"],
        "secret.key": os.environ["AWS_SECRET_ACCESS_KEY"],
    }
    for name, value in store.items():
        builder = builder.config(f"spark.hadoop.fs.s3a.{name}", value)
spark = builder.getOrCreate()
spark.sparkContext.setLogLevel("ERROR")


def instants(value):
    """Spark gives instants as local times without a zone; the process runs in UTC."""
    if isinstance(value, datetime.datetime):
        return value.replace(tzinfo=datetime.timezone.utc)
    if isinstance(value, dict):
        return {key: instants(each) for key, each in value.items()}
    return [instants(each) for each in value] if isinstance(value, list) else value


def table(path, format="delta"):
    return spark.read.format(format).load(path)


def query(path, sql, format="delta"):
    table(path, format).createOrReplaceTempView("t")
    rows = spark.sql(sql).collect()
    return [plain(instants(row.asDict(recursive=True))) for row in rows]


def execute(path, sql):
    """A statement that writes; the table's name in it is TABLE."""
    spark.sql(sql.replace("TABLE", f"delta.`{path}`")).collect()


def types(path):
    return {field.name: field.dataType.simpleString() for field in table(path).schema.fields}


def versions():
    java = spark.sparkContext._jvm.java.lang.System.getProperty("java.version")
    return f"Spark {spark.version}, Java {java}"


def stop():
    spark.stop()


actions = {
    "query": query,
    "execute": execute,
    "types": types,
    "versions": versions,
    "stop": stop,
}

for line in sys.stdin:
    question = json.loads(line)
    action = actions[question.pop("action")]
    try:
        answer = {"result": action(**question)}
    except BaseException as error:
        answer = {"error": f"{type(error).__name__}: {error}"}
    answers.write(json.dumps(answer) + "\n")
    answers.flush()
