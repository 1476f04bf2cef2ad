import type { ErrorCode } from '../../shared/base/errors.ts';
import { noBoundMetrics, type BoundMetrics } from '../bounds.ts';

/** What the relay counts. Called on hot paths: an implementation only adds numbers. */
export interface RelayMetrics extends BoundMetrics {
  sockets(kind: 'device' | 'plain', change: 1 | -1): void;
  committed(rows: number, seconds: number): void;
  refused(code: ErrorCode): void;
  sent(bytes: number): void;
  /** One message of a socket. */
  received(bytes: number): void;
  loadedTexts(count: number): void;
  /** Rows of a text were merged: into a checkpoint, or because they are old. */
  compacted(into: 'checkpoint' | 'retention', rows: number, seconds: number): void;
  /** Jobs that wait for the history's thread or are done by it. */
  historyQueue(jobs: number): void;
  quarantined(rooms: number): void;
}

const nothing = (): void => {};

export const noMetrics: RelayMetrics = {
  ...noBoundMetrics,
  sockets: nothing,
  committed: nothing,
  refused: nothing,
  sent: nothing,
  received: nothing,
  loadedTexts: nothing,
  compacted: nothing,
  historyQueue: nothing,
  quarantined: nothing,
};

/** Where the relay says what an operator should know. Fields hold ids and codes, never contents or tokens. */
export interface RelayLog {
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  error(fields: Readonly<Record<string, unknown>>, message: string): void;
}

export const noLog: RelayLog = { warn: nothing, error: nothing };
