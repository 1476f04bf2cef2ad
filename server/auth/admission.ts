import type { Role } from '../../shared/access/actor.ts';
import type { Clock } from '../../shared/base/clock.ts';
import { failure, type Failure } from '../../shared/base/errors.ts';
import { newId, type MemberId } from '../../shared/base/ids.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import { directoryRoomId } from '../../shared/features/directory/kind.ts';
import { displayName } from '../../shared/features/directory/schema.ts';
import { roomId } from '../../shared/protocol/rooms.ts';
import type { Relay } from '../relay/contract.ts';
import type { AuthStore } from './contract.ts';
import { normaliseEmail } from './emails.ts';
import { hashPassword, passwordProblem } from './passwords.ts';
import type { Turns } from './turns.ts';

/** A person as the form of an invitation or of the set-up gives them. */
export interface NewPerson {
  readonly name: string;
  readonly email: string;
  readonly password: string;
}

/** What lets somebody in, and is used up by it. `claim` and `release` hold it while the entry is being stored. */
export interface Ticket {
  readonly role: Role;
  /** Runs without a pause before the entry is handed over: of two at once only one may pass. */
  claim(): Result<true, Failure>;
  release(): void;
  /** Runs inside the transaction of the entry. */
  use(): void;
}

/** Makes a member: the directory's entry and the account in one transaction, or neither. */
export type Admit = (person: NewPerson, ticket: Ticket) => Promise<Result<MemberId, Failure>>;

export interface AdmissionDeps {
  readonly store: AuthStore;
  readonly relay: Relay;
  readonly clock: Clock;
  readonly turns: Turns;
}

interface Checked extends NewPerson {
  readonly hash: string;
}

export function createAdmission({ store, relay, clock, turns }: AdmissionDeps): Admit {
  const room = roomId(relay.workspace, 'directory', directoryRoomId);
  const arriving = new Set<string>();

  /** Somebody who left may come back by a new invitation, as a new member. */
  function isTaken(email: string): boolean {
    const account = store.accountByEmail(email);
    return arriving.has(email) || (account !== null && relay.actor(account.member)?.active === true);
  }

  async function check(person: NewPerson): Promise<Result<Checked, Failure>> {
    const name = displayName.safeParse(person.name);
    if (!name.success) return err(failure('bad-request', 'name: 1 to 60 characters'));
    const email = normaliseEmail(person.email);
    if (email === null) return err(failure('bad-request', 'email: not an e-mail address'));
    const problem = passwordProblem(person.password);
    if (problem) return err(failure('bad-request', `password: ${problem}`));
    if (isTaken(email)) return err(failure('email-taken', 'a member has this e-mail address'));
    const hashed = await turns.take(async () => ok(await hashPassword(person.password)));
    return hashed.ok ? ok({ ...person, name: name.data, email, hash: hashed.value }) : hashed;
  }

  async function append(person: Checked, ticket: Ticket): Promise<MemberId> {
    const member = newId<MemberId>();
    const data = { member, name: person.name, email: person.email, role: ticket.role };
    await relay.appendFact(room, 'member.join', member, data, () => {
      const former = store.accountByEmail(person.email);
      if (former) store.deleteAccount(former.member);
      ticket.use();
      store.insertAccount({ member, email: person.email, password: person.hash, createdAt: clock.now() });
    });
    return member;
  }

  return async (person, ticket) => {
    const checked = await check(person);
    if (!checked.ok) return checked;
    // Hashing took a while. From here to the queue of the relay nothing else runs.
    const { email } = checked.value;
    if (isTaken(email)) return err(failure('email-taken', 'a member has this e-mail address'));
    const claimed = ticket.claim();
    if (!claimed.ok) return claimed;
    arriving.add(email);
    try {
      return ok(await append(checked.value, ticket));
    } finally {
      arriving.delete(email);
      ticket.release();
    }
  };
}
