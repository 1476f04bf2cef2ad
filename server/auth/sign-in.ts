import { failure, type Failure } from '../../shared/base/errors.ts';
import type { MemberId } from '../../shared/base/ids.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import type { Relay } from '../relay/contract.ts';
import type { AuthStore } from './contract.ts';
import { normaliseEmail } from './emails.ts';
import { hashPassword, passwordProblem, verifyPassword } from './passwords.ts';
import type { Throttle } from './throttle.ts';

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

const wrong = failure('wrong-password', 'e-mail or password is wrong');

export function createSignIn({ store, relay, throttle }: SignInDeps): SignIn {
  async function check(email: string, password: string, network: string): Promise<Result<MemberId, Failure>> {
    const address = normaliseEmail(email);
    const attempt = await throttle.attempt(network, address ?? '');
    if (!attempt.ok) return attempt;
    const account = address === null ? null : store.accountByEmail(address);
    const active = account && relay.actor(account.member)?.active ? account : null;
    if (!(await verifyPassword(active?.password ?? null, password)) || !active) return err(wrong);
    await attempt.value.succeeded();
    return ok(active.member);
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
