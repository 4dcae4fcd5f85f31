"""Kafka → JSON → a filter → lines of JSON with Pathway, whose Delta writer wants a licence.

Says when it begins to read and when it is done. pathway_kafka.py BOOTSTRAP TOPIC FILE
"""

import sys

import pathway as pw

bootstrap, topic, target = sys.argv[1:]


class Event(pw.Schema):
    event_id: int
    seen_at: str
    type: str
    user_id: str
    session_id: str
    page: str
    product_id: str
    price: float
    quantity: int
    campaign: str | None
    app_version: str
    is_member: bool


events = pw.io.kafka.read(
    {
        "bootstrap.servers": bootstrap,
        "group.id": "pathway",
        "auto.offset.reset": "earliest",
    },
    topic=topic,
    schema=Event,
    format="json",
    mode="static",
    # A column of Pathway's can't be named id.
    json_field_paths={"event_id": "/id"},
)
rows = events.filter(pw.this.type != "page_view").with_columns(
    seen_at=pw.this.seen_at.dt.strptime("%Y-%m-%dT%H:%M:%S%.fZ").dt.to_utc("UTC")
)
pw.io.jsonlines.write(rows, target)
print("reading", flush=True)
pw.run(monitoring_level=pw.MonitoringLevel.NONE)
print("done", flush=True)
