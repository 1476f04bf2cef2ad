import type { Clock } from '../../shared/base/clock.ts';
import { failure, type Failure } from '../../shared/base/errors.ts';
import { customerOf, guestOf } from '../../shared/base/guests.ts';
import {
  factPrefix,
  newId,
  type CommandId,
  type CustomerId,
  type DeviceId,
  type MemberId,
  type RoomId,
} from '../../shared/base/ids.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import { mayEnter, mostGroups } from '../../shared/features/chat/outside.ts';
import { groupsOf } from '../../shared/features/chat/places.ts';
import type { ChatState } from '../../shared/features/chat/schema.ts';
import type { CustomerState } from '../../shared/features/customers/customer-schema.ts';
import { isOfficeTime } from '../../shared/features/customers/hours.ts';
import { readInvite } from '../../shared/features/customers/personal.ts';
import type { ContactLink, SettingsState } from '../../shared/features/customers/settings-schema.ts';
import { roomId } from '../../shared/protocol/rooms.ts';
import type { DayCounts } from '../storage/day-counts.ts';
import type { BoundMetrics, Bounds } from '../bounds.ts';
import { createAllowance } from '../relay/allowance.ts';
import type { Relay, RelayFact, Sessions } from '../relay/contract.ts';
import { damagedRoom } from '../relay/quarantine.ts';
import type { AuthStore, GuestSession } from './contract.ts';
import { groupsOfGuest, openDoor, type Door, type GuestGroup } from './guest-groups.ts';
import { openInvitation, type Invitation } from './guest-invites.ts';
import { chooseOwner, filledIn, openLink } from './guest-links.ts';
import { fingerprint, newSecret } from './secrets.ts';
import { openWorkspaceKey, type WorkspaceKey } from './workspace-key.ts';

/** Without use: a guest comes back after a year and finds what was said. */
const idle = 400 * 24 * 3_600_000;
/** "Last seen" is as exact as this; writing each time would be a disk write per request. */
const seenEvery = 3_600_000;
/** What one guest may tell of themselves, and complain, in a day. */
const toldInADay = 50;
const tokenShape = /^[A-Za-z0-9_-]{43}$/;

export interface NewGuest {
  readonly language: 'en' | 'zh';
  readonly name: string;
}

/** Whose conversation it is, as routes work with it. */
export interface GuestPlace {
  readonly guest: MemberId;
  readonly file: RoomId;
  readonly chat: RoomId;
}

/** Guests: who begins by a link, and the browsers that come back. Their sessions are good for nothing else. */
export interface Guests extends Sessions {
  readonly key: WorkspaceKey;
  settings(): SettingsState;
  placeOf(guest: MemberId): GuestPlace;
  /** Whether this was a guest's token, whose conversation was ended since. */
  isOfEnded(token: string): boolean;
  /** Sessions of this guest that are not over. */
  list(guest: MemberId): readonly { readonly id: string }[];
  /**
   * The link behind a code that can be used now, and somebody who would answer; else `link-invalid`. `group` is the one
   * into which the link leads.
   */
  look(
    code: string,
  ): Result<{ readonly link: ContactLink; readonly owner: MemberId; readonly group?: ChatState }, Failure>;
  groupsOf(guest: MemberId): readonly GuestGroup[];
  /**
   * A customer with their conversation and a session, all or nothing. Whoever has a token of a conversation that goes on
   * is brought back to it (`token` null: theirs is good); one that the company ended is `customer-ended`. By the link of
   * a group they come into it as well.
   */
  begin(
    code: string,
    network: string,
    who: NewGuest,
    token: string | undefined,
  ): Promise<Result<{ readonly guest: MemberId; readonly token: string | null }, Failure>>;
  introduce(
    guest: MemberId,
    said: { name?: string | undefined; phone?: string | undefined },
  ): Promise<Result<true, Failure>>;
  /** Whether they want no messages to many; what they want stays their word. */
  quiet(guest: MemberId, on: boolean): Promise<Result<true, Failure>>;
  complain(guest: MemberId, text: string): Promise<Result<true, Failure>>;
  /** The guest has had enough: their sessions are over, and the company's file says who ended it. */
  end(guest: MemberId): Promise<void>;
  tidy(): void;
}

export interface GuestsDeps {
  readonly store: AuthStore;
  readonly relay: Pick<
    Relay,
    'actor' | 'appendFacts' | 'directory' | 'files' | 'rooms' | 'state' | 'workspace' | 'nameOf'
  >;
  readonly clock: Clock;
  readonly bounds: Pick<Bounds, 'networkGuests' | 'newGuests'>;
  readonly metrics: BoundMetrics;
  /** Without it what guests did is counted anew after a start. */
  readonly dayCounts?: DayCounts | undefined;
}

const invalid = failure('link-invalid', 'no such link');
const tooMany = (message: string): Failure => failure('too-many-requests', message, { retryAfter: 600 });

export function createGuests({ store, relay, clock, bounds, metrics, dayCounts }: GuestsDeps): Guests {
  const { workspace } = relay;
  const settingsRoom = roomId(workspace, 'customers', 'main');
  const fileRoom = (customer: CustomerId): RoomId => roomId(workspace, 'customer', customer);
  const settings = (): SettingsState => relay.state(settingsRoom) as SettingsState;
  const fileOf = (customer: CustomerId): CustomerState => relay.state(fileRoom(customer)) as CustomerState;
  const isActive = (member: MemberId): boolean => relay.actor(member)?.active ?? false;
  const begun = {
    networkGuests: createAllowance(bounds.networkGuests, clock, dayCounts?.of('networkGuests')),
    newGuests: createAllowance(bounds.newGuests, clock, dayCounts?.of('newGuests')),
  };
  const told = createAllowance(toldInADay, clock, dayCounts?.of('guestTold'));
  const seenAt = new Map<string, number>();
  let key: WorkspaceKey | null = null;

  const sessionOf = (token: string): GuestSession | null => {
    const session = tokenShape.test(token) ? store.guestSessionByToken(fingerprint(token)) : null;
    return session && session.seenAt + idle > clock.now() ? session : null;
  };

  /** Sessions from before the customer was ended stay over, also when the conversation is opened again. */
  const stands = ({ customer, createdAt }: GuestSession): boolean =>
    isActive(guestOf(customer)) && createdAt > fileOf(customer).sessionsFrom;

  const unlessDamaged = <T>(read: () => T): T | null => {
    try {
      return read();
    } catch (error) {
      if (damagedRoom(error) === null) throw error;
      return null;
    }
  };

  /** Null of a customer that is ended or a part of another one, and of a file that waits for repair. */
  const openOwner = (room: RoomId): MemberId | null => {
    const file = unlessDamaged(() => relay.state(room) as CustomerState);
    return !file || file.ended || file.into !== undefined ? null : file.owner;
  };

  /** Who has how many customers; a file is read anew only where it changed. */
  const known = new Map<RoomId, { readonly cursor: number; readonly owner: MemberId | null }>();
  const loads = (): ReadonlyMap<MemberId, number> => {
    const counts = new Map<MemberId, number>();
    for (const { room, cursor } of relay.rooms(`${workspace}/customer/`)) {
      let file = known.get(room);
      if (file?.cursor !== cursor) {
        known.set(room, (file = { cursor, owner: openOwner(room) }));
      }
      if (file.owner !== null) counts.set(file.owner, (counts.get(file.owner) ?? 0) + 1);
    }
    return counts;
  };

  const found = (code: string): ContactLink | null => openLink(settings(), code, clock.now());
  const ownerOf = (link: ContactLink, loadOf: (member: MemberId) => number): MemberId | null =>
    chooseOwner(link, { isActive, loadOf, at: clock.now() });

  /** A link for one customer alone. Null for every other, and for one that was opened or withdrawn. */
  const invitation = (address: string): Invitation | null => {
    const named = readInvite(address);
    const room = named && fileRoom(named.customer as CustomerId);
    const file = room && unlessDamaged(() => relay.state(room) as CustomerState);
    return file && openInvitation(named.customer, named.code, file, isActive);
  };

  const groupDeps = { workspace, state: (room: RoomId) => relay.state(room), isActive };
  const door = (address: string): Door | null =>
    unlessDamaged(() => openDoor(address, clock.now(), groupDeps));

  /** A guest comes into a group by its link; under the name that they gave on that page. */
  const enter = async (
    { room, code }: Door,
    guest: MemberId,
    name: string,
  ): Promise<Result<true, Failure>> => {
    const group = relay.state(room) as ChatState;
    const may = mayEnter(group, code, guest, clock.now());
    if (!may.ok) return may;
    if (Object.hasOwn(group.members, guest)) return ok(true);
    if (groupsOf(relay.state(placeOf(guest).chat) as ChatState).length >= mostGroups)
      return err(failure('too-many', `a customer is in at most ${mostGroups} groups`));
    await relay.appendFacts([{ room, type: 'chat.enter', by: guest, data: { guest, name } }]);
    return ok(true);
  };

  const look: Guests['look'] = (code) => {
    const led = door(code);
    if (led) return ok({ link: led.link, owner: led.owner, group: led.group });
    const invited = invitation(code);
    if (invited) return ok(invited);
    const link = found(code);
    // Anybody may ask this at any rate: who has fewest is counted for those who begin.
    const owner = link && ownerOf(link, () => 0);
    return link && owner !== null ? ok({ link, owner }) : err(invalid);
  };

  const mayBegin = (network: string): Failure | null => {
    // Addresses of people are kept by their digest.
    const of = { networkGuests: fingerprint(network).toString('base64url', 0, 12), newGuests: '' };
    for (const bound of ['networkGuests', 'newGuests'] as const) {
      const left = begun[bound].left(of[bound]) - 1;
      if (left >= 0) metrics.reached(bound, Math.ceil(bounds[bound] - left));
      else metrics.struck(bound);
      if (left < 0) return tooMany('too many customers began today');
    }
    begun.networkGuests.use(of.networkGuests, 1);
    begun.newGuests.use(of.newGuests, 1);
    return null;
  };

  const firstWords = (link: ContactLink, owner: MemberId): string[] => {
    const { welcome, away, hours } = link;
    const texts = isOfficeTime(hours, clock.now()) ? [welcome] : [welcome, away];
    const person = relay.nameOf(owner);
    return texts
      .map((text) => filledIn(text, relay.directory().name, person))
      .filter((text) => /\S/.test(text));
  };

  /** What the link sends with its welcome, as far as it has come to the relay. */
  const filesOf = ({ files = [] }: ContactLink): NonNullable<ContactLink['files']> =>
    files.filter(({ hash, small }) =>
      [hash, small ?? hash].every((each) => relay.files()?.has(settingsRoom, each)),
    );

  const shareFiles = (link: ContactLink, room: RoomId): void => {
    for (const { hash, small } of filesOf(link))
      for (const each of new Set([hash, small ?? hash])) relay.files()?.share(settingsRoom, room, each);
  };

  const firstFacts = (room: RoomId, link: ContactLink, owner: MemberId): RelayFact[] => {
    const files = filesOf(link);
    const texts = firstWords(link, owner);
    const said = files.length > 0 && texts.length === 0 ? [''] : texts;
    return said.map((text, at) => ({
      ...{ room, type: 'chat.send', by: owner },
      data: { text, ...(at === 0 && files.length > 0 ? { files } : {}) },
      // Messages are named by their ids in more than their own room.
      id: (factPrefix + newId()) as CommandId,
    }));
  };

  const newSession = (customer: CustomerId): { token: string; insert: () => void } => {
    const token = newSecret(256);
    const now = clock.now();
    const session: GuestSession = {
      ...{ id: newId(), customer, device: newId<DeviceId>() },
      ...{ createdAt: now, seenAt: now },
    };
    return { token, insert: () => store.insertGuestSession(session, fingerprint(token)) };
  };

  const placeOf = (guest: MemberId): GuestPlace => {
    const customer = customerOf(guest);
    return { guest, file: fileRoom(customer), chat: roomId(workspace, 'chat', `customer-${customer}`) };
  };

  const linkFact = ({ id, name, source }: ContactLink) => ({ id, name, source });

  /** Whoever opens the link of one customer first is them: it is over in the same turn. */
  const arrive = async (
    { customer, code, link, owner }: Invitation,
    who: NewGuest,
  ): Promise<Result<{ guest: MemberId; token: string }, Failure>> => {
    const guest = guestOf(customer as CustomerId);
    const { file, chat } = placeOf(guest);
    const made = newSession(customer as CustomerId);
    const data = { code, guest, ...who, consentAt: clock.now() };
    const facts = [
      { room: file, type: 'customer.arrive', by: guest, data },
      ...firstFacts(chat, link, owner),
    ];
    await relay.appendFacts(facts, made.insert);
    return ok({ guest, token: made.token });
  };

  /** Brings a browser back to its conversation; null when it has none that goes on. */
  const comeBack = async (
    session: GuestSession,
    code: string,
  ): Promise<Result<{ guest: MemberId; token: string | null }, Failure> | null> => {
    const { customer } = session;
    const guest = guestOf(customer);
    const file = fileOf(customer);
    if (!file.begun || file.ended?.by === guest) return null;
    if (file.ended) return err(failure('customer-ended', 'the company ended this conversation'));
    const link = found(code);
    const last = file.came.at(-1) ?? file.link;
    const isOther = link !== null && link.id !== last?.id;
    const facts: RelayFact[] = isOther
      ? [{ room: fileRoom(customer), type: 'customer.come', by: guest, data: { link: linkFact(link) } }]
      : [];
    const anew = stands(session) ? null : newSession(customer);
    if (isOther || anew) await relay.appendFacts(facts, anew?.insert);
    return ok({ guest, token: anew?.token ?? null });
  };

  const tell = async (guest: MemberId, facts: readonly RelayFact[]): Promise<Result<true, Failure>> => {
    if (told.left(guest) < 1) return err(tooMany('enough for one day'));
    told.use(guest, 1);
    await relay.appendFacts(facts);
    return ok(true);
  };

  return {
    get key() {
      return (key ??= openWorkspaceKey(store));
    },
    settings,
    placeOf,
    look,
    groupsOf: (guest) => groupsOfGuest(guest, relay.state(placeOf(guest).chat) as ChatState, groupDeps),
    verify(token) {
      const session = sessionOf(token);
      if (!session || !stands(session)) return null;
      return { member: guestOf(session.customer), session: session.id, device: session.device };
    },
    list: (guest) =>
      store
        .guestSessionsOf(customerOf(guest))
        .filter((session) => session.seenAt + idle > clock.now() && stands(session)),
    isOfEnded(token) {
      const session = sessionOf(token);
      return session !== null && fileOf(session.customer).ended !== null;
    },
    seen(session) {
      const now = clock.now();
      if (now - (seenAt.get(session) ?? -Infinity) < seenEvery) return;
      seenAt.set(session, now);
      try {
        store.touchGuestSession(session, now);
      } catch {
        // A full disk must not keep people from reading; the next hour tries again.
      }
    },
    async begin(code, network, who, token) {
      const session = token === undefined ? null : sessionOf(token);
      const back = session && (await comeBack(session, code));
      const led = door(code);
      const entered = back?.ok && led ? await enter(led, back.value.guest, who.name) : ok(true);
      if (back) return entered.ok ? back : entered;
      const usable = look(code);
      if (!usable.ok) return usable;
      const refusal = mayBegin(network);
      if (refusal) return err(refusal);
      const invited = invitation(code);
      if (invited) return arrive(invited, who);
      const { link } = usable.value;
      let counted: ReadonlyMap<MemberId, number> | null = null;
      const owner = ownerOf(link, (member) => (counted ??= loads()).get(member) ?? 0) ?? usable.value.owner;
      const customer = newId<CustomerId>();
      const guest = guestOf(customer);
      const { file, chat } = placeOf(guest);
      const from = linkFact(link);
      const made = newSession(customer);
      const data = { link: from, guest, owner, tags: link.tags, ...who, consentAt: clock.now() };
      const facts: RelayFact[] = [
        { room: file, type: 'customer.begin', by: guest, data },
        ...firstFacts(chat, link, owner),
        ...(led ? [{ room: led.room, type: 'chat.enter', by: guest, data: { guest, name: who.name } }] : []),
        { room: settingsRoom, type: 'customers.begun', by: guest, data: { link: link.id, owner } },
      ];
      await relay.appendFacts(facts, () => {
        made.insert();
        shareFiles(link, chat);
      });
      return ok({ guest, token: made.token });
    },
    quiet: (guest, on) =>
      tell(guest, [{ room: placeOf(guest).file, type: 'customer.quiet', by: guest, data: { on } }]),
    introduce: (guest, said) => {
      const data = Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined));
      return tell(guest, [{ room: placeOf(guest).file, type: 'customer.introduce', by: guest, data }]);
    },
    complain(guest, text) {
      const { file } = placeOf(guest);
      const { owner } = relay.state(file) as CustomerState;
      const door = roomId(workspace, 'directory', 'main', 'admin');
      const complaint = { guest, owner, text };
      return tell(guest, [
        { room: file, type: 'customer.complain', by: guest, data: { text } },
        { room: door, type: 'customer.complained', by: guest, data: complaint },
      ]);
    },
    async end(guest) {
      await relay.appendFacts([{ room: placeOf(guest).file, type: 'customer.end', by: guest, data: {} }]);
    },
    tidy() {
      store.deleteGuestSessionsSeenBefore(clock.now() - idle);
      seenAt.clear();
    },
  };
}
