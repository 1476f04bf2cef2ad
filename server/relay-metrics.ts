import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { BoundMetrics } from './bounds.ts';
import type { RelayMetrics } from './relay/metrics.ts';

/** The relay's figures as Prometheus metrics. */
export function createRelayMetrics(registry: Registry, bounds: BoundMetrics): RelayMetrics {
  const registers = [registry];
  const open = new Gauge({
    name: 'weft_sockets',
    help: 'Open sockets: devices (own protocol) and plain y-websocket clients',
    labelNames: ['kind'] as const,
    registers,
  });
  const rows = new Counter({ name: 'weft_rows_committed_total', help: 'Rows made durable', registers });
  const size = new Histogram({
    name: 'weft_commit_rows',
    help: 'Rows in one group commit',
    buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256],
    registers,
  });
  const seconds = new Histogram({
    name: 'weft_commit_seconds',
    help: 'Seconds of one group commit',
    buckets: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.2, 1],
    registers,
  });
  const refused = new Counter({
    name: 'weft_refused_total',
    help: 'Updates, commands and connections refused, by error code',
    labelNames: ['code'] as const,
    registers,
  });
  const sent = new Counter({ name: 'weft_sent_bytes_total', help: 'Bytes sent over sockets', registers });
  let messages = 0;
  let received = 0;
  new Counter({
    name: 'weft_received_messages_total',
    help: 'Messages that came over sockets',
    registers,
    collect() {
      this.reset();
      this.inc(messages);
    },
  });
  new Counter({
    name: 'weft_received_bytes_total',
    help: 'Bytes that came over sockets',
    registers,
    collect() {
      this.reset();
      this.inc(received);
    },
  });
  const damaged = new Gauge({
    name: 'weft_quarantined_rooms',
    help: 'Rooms that are not served because what is stored of them is damaged',
    registers,
  });
  const compactions = new Histogram({
    name: 'weft_compaction_seconds',
    help: 'Seconds of merging the rows of one text beside the work for people: into a checkpoint, or because they are old',
    labelNames: ['into'] as const,
    buckets: [0.05, 0.2, 1, 5, 20, 60],
    registers,
  });
  const compactedRows = new Counter({
    name: 'weft_rows_compacted_total',
    help: 'Rows merged into a checkpoint or, when old, into one row',
    labelNames: ['into'] as const,
    registers,
  });
  const historyJobs = new Gauge({
    name: 'weft_history_jobs',
    help: 'Jobs of the history thread that wait or run',
    registers,
  });
  const texts = new Gauge({ name: 'weft_loaded_texts', help: 'Documents loaded for the gate', registers });
  return {
    ...bounds,
    sockets: (kind, change) => open.inc({ kind }, change),
    committed(count, took) {
      rows.inc(count);
      size.observe(count);
      seconds.observe(took);
    },
    refused: (code) => refused.inc({ code }),
    sent: (bytes) => sent.inc(bytes),
    received(bytes) {
      messages++;
      received += bytes;
    },
    loadedTexts: (count) => texts.set(count),
    compacted(into, count, took) {
      compactedRows.inc({ into }, count);
      compactions.observe({ into }, took);
    },
    historyQueue: (jobs) => historyJobs.set(jobs),
    quarantined: (rooms) => damaged.set(rooms),
  };
}
