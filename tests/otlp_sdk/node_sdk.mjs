// Exports all three signals with the OpenTelemetry JavaScript SDK, and prints what it sent as JSON.
//
//   node_sdk.mjs --protocol grpc|http/protobuf|http/json --endpoint http://127.0.0.1:4318 [--requests N] [--service NAME]
//
// The module folder is given by NODE_MODULES, as modules are not installed beside this file.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const require = createRequire(join(process.env.NODE_MODULES ?? '.', 'x.js'));
const { SpanKind, SpanStatusCode, context, trace } = require('@opentelemetry/api');
const { SeverityNumber } = require('@opentelemetry/api-logs');
const { resourceFromAttributes } = require('@opentelemetry/resources');
const { BasicTracerProvider, BatchSpanProcessor } = require('@opentelemetry/sdk-trace-base');
const { AggregationType, MeterProvider, PeriodicExportingMetricReader } = require('@opentelemetry/sdk-metrics');
const { BatchLogRecordProcessor, LoggerProvider } = require('@opentelemetry/sdk-logs');

const { values: options } = parseArgs({
  options: {
    protocol: { type: 'string' },
    endpoint: { type: 'string' },
    service: { type: 'string', default: 'sdk-node' },
    requests: { type: 'string', default: '20' },
  },
});
const count = Number(options.requests);

function exporter(signal, name) {
  const flavour = { grpc: 'grpc', 'http/protobuf': 'proto', 'http/json': 'http' }[options.protocol];
  if (!flavour) throw new Error(`--protocol ${options.protocol}: expected grpc, http/protobuf or http/json`);
  const { [`OTLP${name}Exporter`]: Exporter } = require(`@opentelemetry/exporter-${signal}-otlp-${flavour}`);
  const path = { trace: 'traces', metrics: 'metrics', logs: 'logs' }[signal];
  return new Exporter({ url: options.protocol === 'grpc' ? options.endpoint : `${options.endpoint}/v1/${path}` });
}

const resource = resourceFromAttributes({ 'service.name': options.service, 'service.version': '1.2.3', 'deployment.environment.name': 'test' });
const tracerProvider = new BasicTracerProvider({ resource, spanProcessors: [new BatchSpanProcessor(exporter('trace', 'Trace'))] });
const reader = new PeriodicExportingMetricReader({ exporter: exporter('metrics', 'Metric'), exportIntervalMillis: 3_600_000 });
const meterProvider = new MeterProvider({
  resource,
  readers: [reader],
  views: [{ instrumentName: 'work.size', aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM } }],
});
const loggerProvider = new LoggerProvider({ resource, processors: [new BatchLogRecordProcessor(exporter('logs', 'Log'))] });

const tracer = tracerProvider.getTracer('sdk-test', '0.1');
const logger = loggerProvider.getLogger('sdk-test', '0.1');
const meter = meterProvider.getMeter('sdk-test', '0.1');
const requests = meter.createCounter('work.requests', { unit: '1', description: 'Requests made' });
const active = meter.createUpDownCounter('work.active', { unit: '1' });
const duration = meter.createHistogram('work.duration', { unit: 's' });
const size = meter.createHistogram('work.size', { unit: 'By' });

const nanoseconds = ([seconds, nanos]) => String(BigInt(seconds) * 1_000_000_000n + BigInt(nanos));
const describe = span => ({
  trace_id: span.spanContext().traceId,
  span_id: span.spanContext().spanId,
  parent_span_id: span.parentSpanContext?.spanId ?? '',
  name: span.name,
  kind: SpanKind[span.kind].toLowerCase(),
  status: SpanStatusCode[span.status.code].toLowerCase(),
  start_ns: nanoseconds(span.startTime),
  end_ns: nanoseconds(span.endTime),
  attributes: span.attributes,
  events: span.events.length,
  links: span.links.length,
});

const sent = { language: 'node', protocol: options.protocol, service: options.service, spans: [], logs: [] };
let durations = 0, sizes = 0;
for (let i = 0; i < count; i++) {
  const failed = i % 5 === 4;
  const server = tracer.startSpan('GET /work/{id}', {
    kind: SpanKind.SERVER,
    attributes: {
      'http.request.method': 'GET', 'http.route': '/work/{id}', 'work.index': i, 'work.ratio': i / 8, 'work.failed': failed,
      'work.tags': ['a', 'b'], 'work.text': 'ä€😀"\\\n',
    },
  });
  server.addEvent('started', { attempt: 1 });
  const inside = trace.setSpan(context.active(), server);
  const client = tracer.startSpan('query', {
    kind: SpanKind.CLIENT, attributes: { 'db.system.name': 'postgresql' }, links: [{ context: server.spanContext() }],
  }, inside);
  client.end();
  if (failed) server.setStatus({ code: SpanStatusCode.ERROR, message: 'it failed' });
  const severity = failed ? 'error' : 'info';
  logger.emit({
    severityNumber: SeverityNumber[severity.toUpperCase()], severityText: severity.toUpperCase(), body: `request ${i} done`,
    attributes: { 'work.index': i }, context: inside,
  });
  server.end();
  const { traceId, spanId } = server.spanContext();
  sent.logs.push({ body: `request ${i} done`, severity, trace_id: traceId, span_id: spanId });
  sent.spans.push(describe(server), describe(client));
  requests.add(1, { failed });
  active.add(1);
  duration.record(0.01 * (i + 1));
  size.record(100 * (i + 1));
  durations += 0.01 * (i + 1);
  sizes += 100 * (i + 1);
}
const failures = Math.floor(count / 5);
sent.metrics = [
  { name: 'work.requests', type: 'sum', monotonic: true, points: [
    { attributes: { failed: false }, value: count - failures }, { attributes: { failed: true }, value: failures }] },
  { name: 'work.active', type: 'sum', monotonic: false, points: [{ attributes: {}, value: count }] },
  { name: 'work.duration', type: 'histogram', points: [{ attributes: {}, count, sum: durations }] },
  { name: 'work.size', type: 'exponential_histogram', points: [{ attributes: {}, count, sum: sizes }] },
];

async function flush(provider) {
  try {
    await provider.forceFlush();
    return true;
  } catch (error) {
    console.error(error);
    return false;
  }
}
sent.flushed = { spans: await flush(tracerProvider), metrics: await flush(meterProvider), logs: await flush(loggerProvider) };
await Promise.all([tracerProvider.shutdown(), meterProvider.shutdown(), loggerProvider.shutdown()]);
console.log(JSON.stringify(sent));
