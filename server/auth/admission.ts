import type { Role } from '../../shared/access/actor.ts';
import type { Clock } from '../../shared/base/clock.ts';
import { failure, type Failure } from '../../shared/base/errors.ts';
import { newId, type MemberId } from '../../shared/base/ids.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import { directoryRoomId } from '../../shared/features/directory/kind.ts';
import { addresses } from '../../shared/features/directory/people.ts';
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

/** A person whose form is right. */
export interface CheckedPerson {
  readonly name: string;
  /** As `normaliseEmail` gives it. */
  readonly email: string;
  /** argon2id in PHC form. */
  readonly hash: string;
}

/** What lets somebody in, and is used up by it. `claim` and `release` hold it while the entry is being stored. */
export interface Ticket {
  readonly role: Role;
  /** Who of the directory comes in: somebody who has not joined yet, or who left. Null for somebody new. */
  readonly member: MemberId | null;
  /** Runs without a pause before the entry is handed over: of two at once only one may pass. */
  claim(): Result<true, Failure>;
  release(): void;
  /** Runs inside the transaction of the entry. */
  use(): void;
}

/** Makes members: the directory's entry and the account in one transaction, or neither. */
export interface Admission {
  /** Null when nobody else has the address; `as` is who of the directory would have it. */
  addressProblem(email: string, as: MemberId | null): Failure | null;
  check(person: NewPerson, as: MemberId | null): Promise<Result<CheckedPerson, Failure>>;
  letIn(person: CheckedPerson, ticket: Ticket): Promise<Result<MemberId, Failure>>;
  /** Both, one after the other. */
  admit(person: NewPerson, ticket: Ticket): Promise<Result<MemberId, Failure>>;
}

export interface AdmissionDeps {
  readonly store: AuthStore;
  readonly relay: Relay;
  readonly clock: Clock;
  readonly turns: Turns;
}

export function createAdmission({ store, relay, clock, turns }: AdmissionDeps): Admission {
  const room = roomId(relay.workspace, 'directory', directoryRoomId);
  const arriving = new Set<string>();

  /** Somebody who left does not keep an address; somebody who has not joined yet does: the place waits for them. */
  function addressProblem(email: string, as: MemberId | null): Failure | null {
    const account = store.accountByEmail(email);
    const holders = [
      account && relay.actor(account.member)?.active ? account.member : undefined,
      addresses(relay.directory()).get(email),
    ];
    const taken = arriving.has(email) || holders.some((holder) => holder !== undefined && holder !== as);
    return taken ? failure('email-taken', 'a member has this e-mail address') : null;
  }

  async function check(person: NewPerson, as: MemberId | null): Promise<Result<CheckedPerson, Failure>> {
    const name = displayName.safeParse(person.name);
    if (!name.success) return err(failure('bad-request', 'name: 1 to 60 characters'));
    const email = normaliseEmail(person.email);
    if (email === null) return err(failure('bad-request', 'email: not an e-mail address'));
    const problem = passwordProblem(person.password);
    if (problem) return err(failure('bad-request', `password: ${problem}`));
    const taken = addressProblem(email, as);
    if (taken) return err(taken);
    const hashed = await turns.take(async () => ok(await hashPassword(person.password)));
    return hashed.ok ? ok({ name: name.data, email, hash: hashed.value }) : hashed;
  }

  /** Whoever comes back has a new password, and no device of before: it may be in other hands by now. */
  function openAccount(member: MemberId, { email, hash }: CheckedPerson): void {
    for (const { id } of store.sessionsOf(member)) store.deleteSession(id);
    if (store.accountOf(member)?.email === email) return store.setPassword(member, hash);
    const former = store.accountByEmail(email);
    if (former) store.deleteAccount(former.member);
    store.deleteAccount(member);
    store.insertAccount({ member, email, password: hash, createdAt: clock.now() });
  }

  async function append(person: CheckedPerson, ticket: Ticket): Promise<MemberId> {
    const member = ticket.member ?? newId<MemberId>();
    const data = { member, name: person.name, email: person.email, role: ticket.role };
    // What was said in groups meanwhile was not said to whoever comes back: those who are in them add them again.
    if (relay.actor(member)?.active === false) await relay.letGo(member);
    await relay.appendFact(room, 'member.join', member, data, () => {
      ticket.use();
      openAccount(member, person);
    });
    return member;
  }

  async function letIn(person: CheckedPerson, ticket: Ticket): Promise<Result<MemberId, Failure>> {
    const { email } = person;
    const taken = addressProblem(email, ticket.member);
    if (taken) return err(taken);
    const claimed = ticket.claim();
    if (!claimed.ok) return claimed;
    arriving.add(email);
    try {
      return ok(await append(person, ticket));
    } finally {
      arriving.delete(email);
      ticket.release();
    }
  }

  return {
    addressProblem,
    check,
    letIn,
    async admit(person, ticket) {
      const checked = await check(person, ticket.member);
      // Hashing took a while. From here to the queue of the relay nothing else runs.
      return checked.ok ? letIn(checked.value, ticket) : checked;
    },
  };
}
