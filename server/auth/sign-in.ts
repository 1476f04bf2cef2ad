import { failure, type Failure } from '../../shared/base/errors.ts';
import type { MemberId } from '../../shared/base/ids.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import type { Relay } from '../relay/contract.ts';
import type { AuthStore } from './contract.ts';
import { normaliseEmail } from './emails.ts';
import { hashPassword, passwordProblem, verifyPassword } from './passwords.ts';
import type { Throttle } from './throttle.ts';
import type { Turns } from './turns.ts';

export interface SignIn {
  /** Who it is; `wrong-password` says the same of an unknown address, `join-waiting` that their request waits. Throttled by address and network. */
  check(email: string, password: string, network: string): Promise<Result<MemberId, Failure>>;
  /** `mayStill` is asked last: hashing takes a while, and the session may end meanwhile (`session-ended`). */
  changePassword(
    member: MemberId,
    passwords: { readonly current: string; readonly next: string },
    network: string,
    mayStill: () => boolean,
  ): Promise<Result<true, Failure>>;
}

export interface SignInDeps {
  readonly store: AuthStore;
  readonly relay: Pick<Relay, 'actor'>;
  readonly throttle: Throttle;
  readonly turns: Turns;
}

type Outcome = Result<MemberId, Failure>;

const waiting = failure('join-waiting', 'the request to join has not been decided yet');
const wrong = failure('wrong-password', 'e-mail or password is wrong');

export function createSignIn({ store, relay, throttle, turns }: SignInDeps): SignIn {
  async function judge(address: string | null, password: string, network: string): Promise<Outcome> {
    const attempt = await throttle.attempt(network, address ?? '');
    if (!attempt.ok) return attempt;
    const account = address === null ? null : store.accountByEmail(address);
    const active = account && relay.actor(account.member)?.active ? account : null;
    const request = active || address === null ? null : store.requestByEmail(address);
    const expected = (active ?? request)?.password ?? null;
    if (!(await verifyPassword(expected, password)) || (!active && !request)) return err(wrong);
    await attempt.value.succeeded();
    return active ? ok(active.member) : err(waiting);
  }

  async function check(email: string, password: string, network: string): Promise<Outcome> {
    const address = normaliseEmail(email);
    // Before the queue: who guesses must not make others wait.
    const refusal = await throttle.refusal(network, address ?? '');
    return refusal ? err(refusal) : turns.take(() => judge(address, password, network));
  }

  return {
    check,
    async changePassword(member, { current, next }, network, mayStill) {
      const account = store.accountOf(member);
      if (!account) return err(wrong);
      const problem = passwordProblem(next);
      if (problem) return err(failure('bad-request', `next: ${problem}`));
      const checked = await check(account.email, current, network);
      if (!checked.ok) return checked;
      const hashed = await turns.take(async () => ok(await hashPassword(next)));
      if (!hashed.ok) return hashed;
      if (!mayStill()) return err(failure('session-ended', 'this session has ended'));
      store.setPassword(member, hashed.value);
      return ok(true);
    },
  };
}
