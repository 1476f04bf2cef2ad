import { failure, type Failure } from '../../shared/base/errors.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import type { QueuedItem, WorkspaceData } from '../data/api.ts';
import { visitorName } from '../i18n/guests.ts';
import {
  forgetAccount,
  owesSignOut,
  oweSignOut,
  readSignedIn,
  rememberAccount,
  rememberedAccount,
  signOutIsSettled,
  type SignedIn,
} from './account.ts';
import { api, type Credentials, type DeviceClaim } from './api.ts';
import { deviceName } from './device-name.ts';

/** What would be lost with this device's copy. */
export interface UnsentSummary {
  readonly count: number;
  readonly items: readonly QueuedItem[];
}

/**
 * What became of this device's copy when the relay ended the session. `ended`: what others wrote is deleted, what this
 * person wrote and never sent waits for them. `removed`: no longer a member, everything is deleted. `restored`: the relay
 * was restored from a backup and knows the session no more; the copy waits as it is, since it may hold what the relay
 * has lost. Nobody else can open what waits.
 */
export interface EndedSession {
  readonly why: Failure;
  readonly kind: 'ended' | 'removed' | 'restored';
  readonly account: SignedIn;
  readonly unsent: UnsentSummary;
  /** What was not sent, as a file to keep. */
  download(): Promise<Blob>;
  /** Deletes the copy. */
  forget(): Promise<void>;
  /** Leaves what waits, for the same person to go on with. */
  keep(): Promise<void>;
  /** Somebody else signs in: of what waits only the person's own unsent things stay. */
  leaveTo(): Promise<void>;
}

type Outcome = Result<true, Failure>;

/** Who uses this browser. Offline the device itself knows; the relay is asked when it can be reached. */
class Session {
  #state = $state<'starting' | 'signed-out' | 'signed-in'>('starting');
  #account = $state.raw<SignedIn | null>(null);
  #workspace = $state.raw<WorkspaceData | null>(null);
  #ended = $state.raw<EndedSession | null>(null);
  #settling: Promise<void> = Promise.resolve();

  get state(): 'starting' | 'signed-out' | 'signed-in' {
    return this.#state;
  }

  get account(): SignedIn | null {
    return this.#account;
  }

  get workspace(): WorkspaceData | null {
    return this.#workspace;
  }

  get ended(): EndedSession | null {
    return this.#ended;
  }

  /** Looks who was signed in, as this device remembers: the same with and without a network. */
  async start(): Promise<void> {
    const remembered = rememberedAccount();
    if (!remembered) {
      this.#state = 'signed-out';
      if (owesSignOut()) this.#settling = this.#settleSignOut();
      return;
    }
    await this.#open(remembered);
    void this.#confirm();
  }

  setUp(form: Credentials & { token: string; workspace: string; name: string }): Promise<Outcome> {
    return this.#enter(() => api.setUp(form, this.#device(form.email)));
  }

  signIn(form: Credentials): Promise<Outcome> {
    return this.#enter(() => api.signIn(form, this.#device(form.email)));
  }

  join(code: string, form: Credentials & { name: string }): Promise<Outcome> {
    return this.#enter(() => api.join(code, form, this.#device(form.email)));
  }

  /** What signing out now would lose. */
  unsentSummary(): UnsentSummary {
    return summaryOf(this.#workspace);
  }

  /**
   * Ends the session and clears this device. Ask first when `unsentSummary` says that something would be lost. Without a
   * network the device is cleared all the same, and the relay is told at the next start that reaches it.
   */
  async signOut(options: { everywhere: boolean } = { everywhere: false }): Promise<Outcome> {
    const answer = await (options.everywhere ? api.signOutEverywhere() : api.signOut());
    // Ending the others' sessions is a promise only the relay can keep.
    if (!answer.ok && options.everywhere) return answer;
    await this.#leave();
    if (!answer.ok && !isOver(answer.error)) oweSignOut();
    return ok(true);
  }

  async #settleSignOut(): Promise<void> {
    const answer = await api.signOut();
    if (answer.ok || isOver(answer.error)) signOutIsSettled();
  }

  async #enter(ask: () => ReturnType<typeof api.signIn>): Promise<Outcome> {
    // Both change the cookie: the old session goes first.
    await this.#settling;
    const answer = await ask();
    if (!answer.ok) return answer;
    const account = readSignedIn(answer.value);
    if (!account) return err(failure('internal', 'the relay answered something else'));
    signOutIsSettled();
    const ended = this.#ended;
    if (ended && isSamePerson(ended.account, account)) await ended.keep();
    else await ended?.leaveTo();
    await this.#open(account);
    return ok(true);
  }

  /** The same person coming back stays the same device: what they had not sent can still be sent. */
  #device(email: string): DeviceClaim {
    const before = this.#ended?.account;
    const name = deviceName();
    return before?.member.email === email.trim().toLowerCase()
      ? { id: before.session.device, name }
      : { name };
  }

  async #open(account: SignedIn): Promise<void> {
    this.#account = account;
    // Loaded when somebody is signed in: the pages before that need none of it.
    const { openWorkspaceData } = await import('../data/open.ts');
    rememberAccount(account);
    const { member, workspace, session: own } = account;
    this.#workspace = openWorkspaceData(
      { workspace: workspace.id, member: member.id, role: member.role, device: own.device },
      (why) => void this.#end(why),
      visitorName,
    );
    this.#state = 'signed-in';
  }

  /** The relay may know better: another name or role, or that this session is over. */
  async #confirm(): Promise<void> {
    const answer = await api.session();
    if (!answer.ok) {
      if (isOver(answer.error)) await this.#end(answer.error);
      return;
    }
    const account = readSignedIn(answer.value);
    if (account && account.member.id === this.#account?.member.id) {
      rememberAccount(account);
      this.#account = account;
    }
  }

  async #end(why: Failure): Promise<void> {
    const workspace = this.#workspace;
    const account = this.#account;
    if (!workspace || !account || this.#state !== 'signed-in') return;
    this.#state = 'signed-out';
    this.#workspace = null;
    this.#account = null;
    // Another tab signed out and the copy is gone: as there, the page to sign in is next.
    if (why.details?.['deleted'] === 1) {
      await workspace.close({ wipe: true });
      if (rememberedAccount()?.session.id === account.session.id) forgetAccount();
      return;
    }
    const unsent = summaryOf(workspace);
    const { kind, known } = await this.#becomesOf(workspace, why);
    const over = { why, account, kind };
    const done = async (): Promise<void> => this.#forgetEnded();
    const gone = { unsent: nothing, download: nothingToTake, forget: done, keep: done, leaveTo: done };
    const forget = async (): Promise<void> => {
      await workspace.close({ wipe: true });
      forgetAccount();
      this.#forgetEnded();
    };
    const keep = async (): Promise<void> => {
      await workspace.close();
      this.#forgetEnded();
    };
    const keepUnsent = async (): Promise<number> => {
      try {
        return await workspace.keepOnlyUnsent();
      } catch {
        // A database that takes no changes cannot be cleared in part: what others wrote must not stay.
        return 0;
      }
    };
    const leaveTo = async (): Promise<void> => ((await keepUnsent()) > 0 ? keep() : forget());
    const waits = { unsent, download: () => workspace.exportUnsent(), forget, keep, leaveTo };
    if (kind === 'restored' || !known) {
      this.#ended = { ...over, ...waits };
    } else if (kind === 'ended' && (await keepUnsent()) > 0) {
      this.#ended = { ...over, ...waits };
    } else {
      await workspace.close({ wipe: true });
      forgetAccount();
      this.#ended = { ...over, ...gone };
    }
  }

  /** The relay says over HTTP why. Where it cannot be asked now, the copy waits until the next start, which asks again. */
  async #becomesOf(
    workspace: WorkspaceData,
    why: Failure,
  ): Promise<{ kind: EndedSession['kind']; known: boolean }> {
    const answer = why.details?.['epoch'] === undefined ? await api.session() : err(why);
    const details = answer.ok ? undefined : answer.error.details;
    if (details?.['removed'] === 1) return { kind: 'removed', known: true };
    const epoch = await workspace.epoch().catch(() => null);
    const now = details?.['epoch'];
    if (now !== undefined && epoch !== null && epoch !== now) return { kind: 'restored', known: true };
    return { kind: 'ended', known: now !== undefined };
  }

  #forgetEnded(): void {
    this.#ended = null;
  }

  async #leave(): Promise<void> {
    const workspace = this.#workspace;
    this.#state = 'signed-out';
    this.#workspace = null;
    this.#account = null;
    await workspace?.close({ wipe: true });
    forgetAccount();
  }
}

/** The relay has no session of this device any more. */
const isOver = ({ code }: Failure): boolean => code === 'session-ended' || code === 'not-signed-in';

const isSamePerson = (a: SignedIn, b: SignedIn): boolean =>
  a.member.id === b.member.id && a.workspace.id === b.workspace.id && a.session.device === b.session.device;

const nothing: UnsentSummary = { count: 0, items: [] };
const nothingToTake = (): Promise<Blob> => Promise.resolve(new Blob([]));

function summaryOf(workspace: WorkspaceData | null): UnsentSummary {
  const items = workspace?.sync.queue ?? [];
  return { items, count: items.length };
}

export const session = new Session();
