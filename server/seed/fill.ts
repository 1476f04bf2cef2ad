import { parseRoom } from '../../shared/protocol/rooms.ts';
import { hashPassword } from '../auth/passwords.ts';
import type { Workspace } from '../workspace.ts';
import { addConversations } from './conversations.ts';
import { addDepartments } from './departments.ts';
import { addDocuments } from './library.ts';
import { createOffice, type Colleague } from './office.ts';
import { seedPeople } from './people.ts';
import type { Random } from './random.ts';
import { createTimeline, day, minute } from './timeline.ts';

export interface SeedSize {
  readonly people: number;
  readonly groups: number;
  readonly directs: number;
  readonly messages: number;
  readonly documents: number;
  readonly weeks: number;
}

export const sizes = {
  small: { people: 24, groups: 11, directs: 7, messages: 1_500, documents: 12, weeks: 6 },
  large: { people: 500, groups: 150, directs: 250, messages: 100_000, documents: 300, weeks: 26 },
} as const satisfies Record<string, SeedSize>;

export const workspaceName = '南河仪器 Nanhe';

export interface FillOptions {
  readonly size: SeedSize;
  readonly random: Random;
  readonly password: string;
  /** The last moment of what is told. Milliseconds since 1970. */
  readonly until: number;
  /** Sets the clock that the workspace was opened with. */
  readonly travel: (now: number) => void;
}

/** Whether nobody is there but the person who set the workspace up, and nothing but the directory. */
export function isEmpty({ relay }: Workspace): boolean {
  const [first, ...others] = Object.values(relay.directory().members);
  if (!first) return true;
  const rooms = relay.readable(first.id).filter(({ room }) => parseRoom(room)?.kind !== 'directory');
  return others.length === 0 && rooms.length === 0;
}

/**
 * Fills an empty workspace by the relay's own functions. Gives the people, the owner first. Who set it up is in every
 * group, and the name they gave it stays.
 */
export async function fillWorkspace(workspace: Workspace, options: FillOptions): Promise<Colleague[]> {
  const { size, random, password, until } = options;
  const { relay, authStore } = workspace;
  let now = until - size.weeks * 7 * day;
  const travel = (at: number): void => {
    now = at;
    options.travel(at);
  };
  travel(now);
  const office = createOffice({ relay, authStore, clock: { now: () => now }, random });
  const passwordHash = await hashPassword(password);
  const listeners = Object.values(relay.directory().members).map((member) => office.meet(member));
  const people: Colleague[] = [];
  for (const [index, person] of seedPeople(random, size.people).entries()) {
    travel(now + minute);
    const role = index === 0 ? 'owner' : index === 1 ? 'admin' : 'member';
    people.push(await office.hire(person, role, passwordHash));
  }
  if (listeners.length === 0) await office.rename(people[0]!, workspaceName);
  await addDepartments(office, people, random);

  const timeline = createTimeline(travel);
  const scene = { office, random, people, listeners, timeline, from: now + minute, until };
  const addReading = addConversations(scene, size);
  addDocuments(scene, size.documents);
  await timeline.run();
  addReading();
  await timeline.run();
  return people;
}
