import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../shared/base/clock.ts';
import { guestOf } from '../../shared/base/guests.ts';
import {
  newId,
  type CommandId,
  type CustomerId,
  type DeviceId,
  type MemberId,
} from '../../shared/base/ids.ts';
import { createOffice } from '../../server/seed/office.ts';
import { createRandom } from '../../server/seed/random.ts';
import { openWorkspace } from '../../server/workspace.ts';

export interface SellersFolder {
  /** A data folder that nobody has open; the caller removes it. */
  readonly folder: string;
  readonly workspace: string;
  /** The owner of the company, the seller who has all of the customers, and two who may take them. */
  readonly people: readonly {
    readonly member: MemberId;
    readonly token: string;
    readonly device: DeviceId;
  }[];
  /** By id. */
  readonly customers: readonly CustomerId[];
}

const names = ['Olga', 'Sam', 'Tia', 'Uma'];
/** Customers in one commit. */
const atOnce = 200;

/** A company whose seller has so many customers, each of whom said something, was tagged and followed up. */
export async function sellersFolder(count: number): Promise<SellersFolder> {
  const folder = mkdtempSync(join(tmpdir(), 'weft-sellers-'));
  const workspace = await openWorkspace({ folder, durability: 'process' });
  const { relay, authStore, auth } = workspace;
  const random = createRandom(1);
  const office = createOffice({ relay, authStore, clock: systemClock, random });
  const people = [];
  for (const [i, name] of names.entries()) {
    const person = { name, mailbox: name.toLowerCase(), post: '', about: '', language: 'en' } as const;
    // Nobody signs in by a password here.
    const { member } = await office.hire(person, i === 0 ? 'owner' : 'member', 'none');
    const device = newId<DeviceId>();
    people.push({ member, device, token: auth.sessions.open(member, { id: device }).token });
  }
  const { member: owner } = people[1]!;
  const customers = Array.from({ length: count }, () => newId<CustomerId>());
  for (let i = 0; i < count; i += atOnce)
    await relay.appendFacts(
      customers.slice(i, i + atOnce).flatMap((customer, at) => {
        const guest = guestOf(customer);
        const begun = {
          ...{ link: null, guest, owner, name: `Customer ${i + at}`, tags: ['vip'], language: 'en' },
          consentAt: 1,
        };
        return [
          { room: office.room('customer', customer), type: 'customer.begin', by: guest, data: begun },
          {
            ...{ room: office.room('chat', `customer-${customer}`), type: 'chat.send', by: owner },
            ...{ data: { text: 'Welcome!' }, id: `fact-${newId()}` as CommandId },
          },
        ];
      }),
    );
  await relay.stop();
  workspace.close();
  return { folder, workspace: relay.workspace, people, customers };
}
