/* A seller with as many customers as some have: written straight into the store of their company's relay. */
import { guestOf } from '../../shared/base/guests.ts';
import type { CustomerId, MemberId, RoomId, WorkspaceId } from '../../shared/base/ids.ts';
import { customerChatId } from '../../shared/features/customers/conversation.ts';
import { settingsRoomId } from '../../shared/features/customers/settings.ts';
import { partOf, roomId } from '../../shared/protocol/rooms.ts';
import { openFolder } from './full-folder.ts';

export interface FullCustomers {
  readonly folder: string;
  /** Who has all of them. */
  readonly owner: MemberId;
  /** Who works with every tenth of them. */
  readonly helper: MemberId;
  readonly count: number;
  readonly followUps: number;
  readonly messages: number;
  /** When the newest message was sent; milliseconds since 1970. */
  readonly until: number;
}

export const tagsOfFull = ['regular', 'large', 'north', 'south', 'trade fair', 'asks for prices'] as const;
const stages = ['new', 'talk', 'talk', 'won', 'lost'] as const;
const sources = ['Website', '展会', 'Shop window', '公众号'] as const;
const names = ['王', '李', '张', 'Smith', 'Meyer', '刘', 'Okafor', '陈', 'García', '赵'] as const;
const towns = ['上海', 'Hamburg', '深圳', 'Leeds', '成都'] as const;
const said = [
  '您好，想了解一下报价。',
  'Could you send me the catalogue, please?',
  '好的，谢谢！',
  'The second delivery came today; two boxes are damaged, I send you photos.',
  '周五之前能发货吗？',
] as const;

/** Each has a file, a conversation, and how far it was read. What they are called ends with their number. */
export function fillCustomers(wish: FullCustomers): void {
  const { folder, owner, helper, count, followUps, messages, until } = wish;
  const { store, random, writeLog, readBy, close } = openFolder(folder);
  const workspace = store.workspace as WorkspaceId;
  const room = (kind: string, id: string): RoomId => roomId(workspace, kind, id);
  const hour = 3_600_000;

  const settings = room('customers', settingsRoomId);
  writeLog(settings, 2, (seq) => ({
    by: owner,
    at: until - 9_000 * hour,
    ...(seq === 0
      ? {
          type: 'customers.tagGroup',
          data: {
            id: 'g1',
            name: 'Kind',
            place: 0,
            tags: tagsOfFull.map((name, i) => ({ id: `t${i}`, name })),
          },
        }
      : { type: 'customers.field', data: { id: 'f1', name: 'Town', type: 'text', place: 0 } }),
  }));
  readBy(settings, 'everyone');

  for (let n = 1; n <= count; n++) {
    const id = random.id();
    const guest = guestOf(id as CustomerId);
    const file = room('customer', id);
    const chat = room('chat', customerChatId(id));
    // The last one is the newest; each has been a customer for months.
    const newest = until - (count - n) * 60_000;
    const began = newest - 4_000 * hour;
    const name = `${random.pick(names)} ${n}`;
    const source = random.pick(sources);
    const more: readonly { type: string; data: unknown }[] = [
      {
        type: 'customer.set',
        data: { field: 'company', value: `${random.pick(towns)} ${n % 700}`, seen: -1 },
      },
      { type: 'customer.set', data: { field: 'phone', value: `+86 138 ${10_000_000 + n}`, seen: -1 } },
      { type: 'customer.set', data: { field: 'f1', value: random.pick(towns), seen: -1 } },
      { type: 'customer.stage', data: { stage: random.pick(stages) } },
      { type: 'customer.tag', data: { add: random.some(['t1', 't2', 't3', 't4', 't5'], 2), remove: [] } },
      ...(n % 10 === 0 ? [{ type: 'customer.help', data: { add: [helper], remove: [] } }] : []),
      ...Array.from({ length: followUps }, (_, i) => ({
        type: 'customer.followUp',
        data: {
          text: `${random.pick(said)} (${i})`,
          how: random.pick(['chat', 'call', 'visit']),
          next: i === followUps - 1 && n % 3 === 0 ? until + random.between(-72, 300) * hour : null,
        },
      })),
    ];
    writeLog(file, 1 + more.length, (seq) =>
      seq === 0
        ? {
            type: 'customer.begin',
            by: guest,
            at: began,
            data: {
              link: { id: 'l1', name: source, source },
              guest,
              owner,
              name,
              tags: ['t0'],
              language: 'zh',
              consentAt: began,
            },
          }
        : { by: owner, at: began + seq * hour, ...more[seq - 1]! },
    );
    const staff = n % 10 === 0 ? [owner, helper] : [owner];
    // Every seventh waits for an answer, and half of those were not even read.
    const waits = n % 7 === 0;
    writeLog(chat, messages + 1, (seq) =>
      seq === 0
        ? { type: 'chat.customer', by: guest, at: began, data: { guest, members: staff, name } }
        : {
            type: 'chat.send',
            by: (messages - seq) % 2 === (waits ? 0 : 1) ? guest : owner,
            at: newest - (messages - seq) * hour,
            data: { text: `${random.pick(said)} (${seq})` },
          },
    );
    const reads = partOf(chat, 'reads');
    writeLog(reads, 2, (seq) => ({
      type: 'chat.read',
      by: seq === 0 ? guest : owner,
      at: newest,
      data: { upTo: seq === 0 ? messages - 1 : n % 14 === 0 ? messages - 1 : messages },
    }));
    readBy(file, staff);
    for (const each of [chat, reads]) readBy(each, [guest, ...staff]);
  }
  close();
}
