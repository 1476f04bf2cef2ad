import { failure, type Failure } from '../../../shared/base/errors.ts';
import type { RelayMessage } from '../../../shared/protocol/messages.ts';
import { protocolVersion, schemaVersion } from '../../../shared/protocol/version.ts';
import { FailureError } from '../failure-error.ts';
import { Connection, ConnectionLost, type Answer } from './connection.ts';
import type { EngineDeps } from './contract.ts';
import { mendHoles } from './holes.ts';
import { LiveSession } from './live-session.ts';
import { noState, type LeaderState, type Note } from './notes.ts';
import { Reconnect } from './reconnect.ts';
import { TextMerger } from './text-merger.ts';
import { Watches } from './watches.ts';

/** After the device's storage failed, or a relay that speaks another version: not at once again. Milliseconds. */
const afterProblem = 10_000;

/**
 * The leader's part: keeps this device and the relay the same. It knows no DOM and holds nothing that is not in
 * storage, so it can stop at any moment and another one goes on.
 */
export class SyncEngine {
  readonly #deps: EngineDeps;
  readonly #reconnect: Reconnect;
  readonly #watches = new Watches();
  readonly #merger: TextMerger;
  #state: LeaderState = noState;
  #cancelSlowed: () => void = () => undefined;
  #connection: Connection | null = null;
  #live: LiveSession | null = null;
  #stopped = false;
  #stopListening: () => void = () => undefined;

  constructor(deps: EngineDeps) {
    this.#deps = deps;
    this.#merger = new TextMerger(deps.storage);
    this.#reconnect = new Reconnect(deps.timers, deps.random, () => this.#connect());
  }

  start(): void {
    this.#stopListening = this.#deps.bus.listen((note) => this.#hear(note));
    this.#run(
      this.#deps.storage.meta.read().then(({ syncedAt }) => {
        if (this.#state.syncedAt === null) this.#setState({ syncedAt });
      }),
    );
    // Before the first catch-up, so that what has to be fetched anew is fetched with it.
    this.#run(
      this.#deps.storage.rooms.mend().then((mended) => {
        if (mended > 0)
          this.#setState({ problem: failure('device-damaged', `${mended} rooms are fetched again`) });
      }),
    );
    this.#run(this.#mendHoles());
    this.#connect();
  }

  async #mendHoles(): Promise<void> {
    const { storage, timers } = this.#deps;
    const mended = await mendHoles(storage, timers, () => this.#stopped);
    if (mended === 0) return;
    this.#setState({ problem: failure('device-damaged', `${mended} rooms are fetched again`) });
    if (await this.#live?.mend()) this.#setState({ problem: null });
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelSlowed();
    this.#stopListening();
    this.#reconnect.stop();
    this.#connection?.end();
  }

  #setState(change: Partial<LeaderState>): void {
    this.#state = { ...this.#state, ...change };
    this.#deps.bus.post({ type: 'state', state: this.#state });
  }

  #connect(): void {
    if (this.#stopped || this.#connection) return;
    this.#setState({ connection: 'connecting' });
    this.#connection = new Connection(this.#deps.openSocket, this.#deps.timers, {
      opened: () => {
        const { device } = this.#deps;
        const hello = { version: protocolVersion, schema: schemaVersion, device };
        this.#connection?.send({ type: 'hello', hello });
      },
      message: (message) => this.#message(message),
      closed: (code, reason) => this.#closed(code, reason),
    });
  }

  #closed(code: number, reason: Failure | null): void {
    const welcomed = this.#live !== null;
    this.#connection = null;
    this.#live = null;
    if (this.#stopped) return;
    this.#cancelSlowed();
    this.#setState({ connection: 'offline', fetching: null, filling: null, online: [], slowed: false });
    if (code === 4401 || reason?.code === 'session-ended' || reason?.code === 'not-signed-in')
      return this.#end(reason ?? failure('session-ended', 'signed out by the relay'));
    if (!welcomed)
      this.#run(
        this.#deps.signedOut().then((why) => {
          if (why && !this.#stopped) this.#end(why);
        }),
      );
    const final = code >= 4400 && code < 4500;
    if (final || reason?.code === 'bad-frame')
      this.#setState({ problem: reason ?? failure('bad-request', `closed by the relay with ${code}`) });
    this.#reconnect.later(final || this.#state.problem ? afterProblem : 0);
  }

  #end(why: Failure): void {
    this.stop();
    this.#deps.bus.post({ type: 'ended', failure: why });
  }

  #message(message: Exclude<RelayMessage, Answer>): void {
    switch (message.type) {
      case 'welcome': {
        const connection = this.#connection;
        if (!connection || this.#live) return;
        this.#reconnect.succeeded();
        const live = new LiveSession(this.#deps, connection, message.welcome, this.#merger, {
          state: (change) => this.#setState(change),
          isWatched: (room) => this.#watches.has(room),
          run: (work) => this.#run(work),
        });
        this.#live = live;
        this.#setState({ connection: 'online' });
        this.#watches.resend(connection);
        this.#deps.bus.post({ type: 'who-watches' });
        return this.#run(live.start().then(() => this.#setState({ problem: null })));
      }
      case 'rows':
        return this.#live?.receive(message.rows);
      case 'result':
        return this.#live?.settle(message.result);
      case 'lost':
        return this.#live ? this.#run(this.#live.lost(message.room)) : undefined;
      case 'presence':
        return this.#setState({ online: message.online });
      case 'awareness':
        return this.#deps.bus.post({
          type: 'awareness',
          room: message.room,
          bytes: message.bytes,
          from: null,
        });
      case 'notice':
        return this.#slowed(message.retryAfter);
      case 'error':
      case 'pong':
        return;
    }
  }

  /** Nothing is lost and nothing has to be done: it is only said. */
  #slowed(milliseconds: number): void {
    this.#cancelSlowed();
    this.#setState({ slowed: true });
    this.#cancelSlowed = this.#deps.timers.after(milliseconds, () => this.#setState({ slowed: false }));
  }

  #hear(note: Note): void {
    switch (note.type) {
      case 'wake':
        return this.#live?.send();
      case 'damaged':
        if (this.#live) this.#run(this.#live.mend().then(() => undefined));
        return;
      case 'need-lease':
        return this.#live?.needLease();
      case 'network':
        if (this.#live) this.#connection?.probe();
        return this.#reconnect.now();
      case 'evicted':
        // The next welcome begins from nothing.
        return this.#connection?.end();
      case 'ask-state':
        return this.#setState({});
      case 'watching':
        return this.#watches.set(note.tab, note.rooms, this.#live ? this.#connection : null);
      case 'awareness':
        if (this.#live && this.#watches.has(note.room))
          this.#connection?.send({ type: 'awareness', room: note.room, bytes: note.bytes });
        return;
      case 'history':
        return void this.#history(note);
      default:
        return;
    }
  }

  async #history({ id, room, before, limit }: Note & { type: 'history' }): Promise<void> {
    const answer = (why: Failure | null) => this.#deps.bus.post({ type: 'history-answer', id, failure: why });
    try {
      if (!this.#live || !this.#connection) return answer(failure('offline', 'not connected'));
      const reply = await this.#connection.ask({ type: 'history', room, before, limit });
      if (reply.type === 'history' && reply.content) {
        await this.#deps.storage.rooms.storeHistory([reply.content]);
        return answer(null);
      }
      answer(
        reply.type === 'refused'
          ? failure(reply.code, reply.message)
          : failure('not-found', 'no older entries'),
      );
    } catch (error) {
      if (error instanceof FailureError) return answer(error.failure);
      if (error instanceof ConnectionLost) return answer(failure('offline', 'the connection was lost'));
      throw error;
    }
  }

  /** A lost connection is asked again later; what storage cannot do is shown, and tried again later too. */
  #run(work: Promise<void>): void {
    work.catch((error: unknown) => {
      if (error instanceof ConnectionLost || this.#stopped) return;
      if (error instanceof FailureError) {
        this.#setState({ problem: error.failure });
        this.#connection?.end();
        return;
      }
      this.#connection?.end();
      throw error;
    });
  }
}
