#!/usr/bin/env python3
"""Exports all three signals with the OpenTelemetry Python SDK, and prints what it sent as JSON.

    python_sdk.py --protocol grpc|http/protobuf --endpoint http://127.0.0.1:4317 [--requests N] [--service NAME]
"""
import argparse
import json
import logging

from opentelemetry import trace
from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.metrics.view import ExponentialBucketHistogramAggregation, View
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Link, SpanKind, Status, StatusCode


def exporters(protocol, endpoint):
    if protocol == "grpc":
        from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter
        from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
        options = {"endpoint": endpoint, "insecure": True}
        return OTLPSpanExporter(**options), OTLPMetricExporter(**options), OTLPLogExporter(**options)
    from opentelemetry.exporter.otlp.proto.http import Compression
    from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    gzip = {"compression": Compression.Gzip}
    return (OTLPSpanExporter(endpoint + "/v1/traces", **gzip), OTLPMetricExporter(endpoint + "/v1/metrics", **gzip),
            OTLPLogExporter(endpoint + "/v1/logs", **gzip))


def describe(span):
    context, parent = span.get_span_context(), span.parent
    return {
        "trace_id": f"{context.trace_id:032x}", "span_id": f"{context.span_id:016x}",
        "parent_span_id": f"{parent.span_id:016x}" if parent else "",
        "name": span.name, "kind": span.kind.name.lower(), "status": span.status.status_code.name.lower(),
        "start_ns": str(span.start_time), "end_ns": str(span.end_time),
        "attributes": {k: list(v) if isinstance(v, tuple) else v for k, v in span.attributes.items()},
        "events": len(span.events), "links": len(span.links),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--protocol", choices=["grpc", "http/protobuf"], required=True)
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("--service", default="sdk-python")
    parser.add_argument("--requests", type=int, default=20)
    options = parser.parse_args()

    resource = Resource.create({"service.name": options.service, "service.version": "1.2.3", "deployment.environment.name": "test"})
    spans, metrics, logs = exporters(options.protocol, options.endpoint)
    tracer_provider = TracerProvider(resource=resource)
    tracer_provider.add_span_processor(BatchSpanProcessor(spans))
    reader = PeriodicExportingMetricReader(metrics, export_interval_millis=3_600_000)
    exponential = View(instrument_name="work.size", aggregation=ExponentialBucketHistogramAggregation())
    meter_provider = MeterProvider(resource=resource, metric_readers=[reader], views=[exponential])
    logger_provider = LoggerProvider(resource=resource)
    logger_provider.add_log_record_processor(BatchLogRecordProcessor(logs))
    logger = logging.getLogger("sdk")
    logger.setLevel(logging.INFO)
    logger.propagate = False
    logger.addHandler(LoggingHandler(logger_provider=logger_provider))

    tracer = tracer_provider.get_tracer("sdk-test", "0.1")
    meter = meter_provider.get_meter("sdk-test", "0.1")
    requests = meter.create_counter("work.requests", unit="1", description="Requests made")
    active = meter.create_up_down_counter("work.active", unit="1")
    duration = meter.create_histogram("work.duration", unit="s")
    size = meter.create_histogram("work.size", unit="By")

    sent = {"language": "python", "protocol": options.protocol, "service": options.service, "spans": [], "logs": []}
    durations, sizes = [], []
    for i in range(options.requests):
        failed = i % 5 == 4
        with tracer.start_as_current_span("GET /work/{id}", kind=SpanKind.SERVER) as server:
            server.set_attributes({"http.request.method": "GET", "http.route": "/work/{id}", "work.index": i, "work.ratio": i / 8,
                                   "work.failed": failed, "work.tags": ["a", "b"], "work.text": "ä€😀\"\\\n"})
            server.add_event("started", {"attempt": 1})
            with tracer.start_as_current_span("query", kind=SpanKind.CLIENT, links=[Link(server.get_span_context())]) as client:
                client.set_attribute("db.system.name", "postgresql")
            if failed:
                server.set_status(Status(StatusCode.ERROR, "it failed"))
            level = logging.ERROR if failed else logging.INFO
            logger.log(level, "request %d done", i, extra={"work.index": i})
            context = server.get_span_context()
            sent["logs"].append({"body": f"request {i} done", "severity": "error" if failed else "info",
                                 "trace_id": f"{context.trace_id:032x}", "span_id": f"{context.span_id:016x}"})
        sent["spans"] += [describe(server), describe(client)]
        requests.add(1, {"failed": failed})
        durations.append(0.01 * (i + 1))
        sizes.append(100 * (i + 1))
        duration.record(durations[-1])
        size.record(sizes[-1])
        active.add(1)
    failures = options.requests // 5
    sent["metrics"] = [
        {"name": "work.requests", "type": "sum", "monotonic": True, "points": [
            {"attributes": {"failed": False}, "value": options.requests - failures},
            {"attributes": {"failed": True}, "value": failures}]},
        {"name": "work.active", "type": "sum", "monotonic": False, "points": [{"attributes": {}, "value": options.requests}]},
        {"name": "work.duration", "type": "histogram", "points": [{"attributes": {}, "count": len(durations), "sum": sum(durations)}]},
        {"name": "work.size", "type": "exponential_histogram", "points": [{"attributes": {}, "count": len(sizes), "sum": sum(sizes)}]},
    ]
    # A failed export raises or logs: the flushes say so.
    sent["flushed"] = {"spans": tracer_provider.force_flush(), "metrics": meter_provider.force_flush(), "logs": logger_provider.force_flush()}
    for provider in (tracer_provider, meter_provider, logger_provider):
        provider.shutdown()
    print(json.dumps(sent))


if __name__ == "__main__":
    main()
