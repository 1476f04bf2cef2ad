import { failure, type Failure } from '../../shared/base/errors.ts';
import type { MemberId } from '../../shared/base/ids.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import type { Relay } from '../relay/contract.ts';
import type { AuthStore } from './contract.ts';
import { normaliseEmail } from './emails.ts';
import { hashPassword, passwordProblem, verifyPassword } from './passwords.ts';
import type { Throttle } from './throttle.ts';
import { createTurns } from './turns.ts';

export interface SignIn {
  /** Who it is; `wrong-password` says the same of an unknown address. Throttled by address and network. */
  check(email: string, password: string, network: string): Promise<Result<MemberId, Failure>>;
  changePassword(
    member: MemberId,
    passwords: { readonly current: string; readonly next: string },
    network: string,
  ): Promise<Result<true, Failure>>;
}

export interface SignInDeps {
  readonly store: AuthStore;
  readonly relay: Pick<Relay, 'actor'>;
  readonly throttle: Throttle;
}

type Outcome = Result<MemberId, Failure>;

/** So many checks at once. An attempt counts until it succeeds, so a whole office that signs in must not all be on the way. */
const atOnce = 4;
const mostWaiting = 2_000;

const wrong = failure('wrong-password', 'e-mail or password is wrong');

export function createSignIn({ store, relay, throttle }: SignInDeps): SignIn {
  const turns = createTurns(atOnce, mostWaiting);

  async function judge(address: string | null, password: string, network: string): Promise<Outcome> {
    const attempt = await throttle.attempt(network, address ?? '');
    if (!attempt.ok) return attempt;
    const account = address === null ? null : store.accountByEmail(address);
    const active = account && relay.actor(account.member)?.active ? account : null;
    if (!(await verifyPassword(active?.password ?? null, password)) || !active) return err(wrong);
    await attempt.value.succeeded();
    return ok(active.member);
  }

  async function check(email: string, password: string, network: string): Promise<Outcome> {
    const address = normaliseEmail(email);
    // Before the queue: who guesses must not make others wait.
    const refusal = await throttle.refusal(network, address ?? '');
    return refusal ? err(refusal) : turns.take(() => judge(address, password, network));
  }

  return {
    check,
    async changePassword(member, { current, next }, network) {
      const account = store.accountOf(member);
      if (!account) return err(wrong);
      const problem = passwordProblem(next);
      if (problem) return err(failure('bad-request', `next: ${problem}`));
      const checked = await check(account.email, current, network);
      if (!checked.ok) return checked;
      store.setPassword(member, await hashPassword(next));
      return ok(true);
    },
  };
}
