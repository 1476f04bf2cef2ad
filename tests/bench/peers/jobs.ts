/** How to reach a server, and in what language. */
export interface LoadedServer {
  readonly port: number;
  /** Of the server's process, for its processor time. */
  readonly pid: number;
  readonly speaks: 'y-websocket' | 'hocuspocus' | 'passed-on' | 'device';
  /** Before the room in the path of a socket. */
  readonly prefix: string;
  readonly token: string;
  /** Before the number of a room in its name. */
  readonly room: string;
}

/** Every socket reads; some also type. */
export interface Fan {
  readonly do: 'fan';
  readonly rooms: number;
  readonly perRoom: number;
  readonly writersPerRoom: number;
  /** Letters a writer has on their way at saturation. */
  readonly window: number;
  /** Updates per second of all writers; null for as many as the server carries. */
  readonly rate: number | null;
  readonly warm: number;
  readonly seconds: number;
}

export interface FanResult {
  /** Updates that arrived at a reader other than their writer, per second. */
  readonly deliveries: number;
  /** Processor seconds of the server for 100,000 deliveries. */
  readonly serverCpu: number;
  /** Processors in use, of the server and of the load. */
  readonly serverLoad: number;
  readonly loadLoad: number;
  /** Milliseconds from sending to arriving; NaN at saturation. */
  readonly p50: number;
  readonly p99: number;
}

export type Task =
  | Fan
  | { readonly do: 'acknowledge'; readonly rate: number; readonly seconds: number }
  | { readonly do: 'write-large'; readonly updates: number; readonly inserts: number }
  | { readonly do: 'open-large'; readonly inserts: number }
  | { readonly do: 'write-documents'; readonly count: number; readonly letters: number }
  | { readonly do: 'catch-up'; readonly count: number }
  | { readonly do: 'idle'; readonly count: number; readonly rooms: number };

export interface Job {
  readonly server: LoadedServer;
  readonly task: Task;
}
