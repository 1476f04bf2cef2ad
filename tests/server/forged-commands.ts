import { newId, type CommandId, type RoomId } from '../../shared/base/ids.ts';
import type { Command } from '../../shared/protocol/messages.ts';
import type { ForgeryWorld, Random } from './forgery-world.ts';

/** What a forger sends beside or instead of what a command is made of. */
export type ForgedCommand = Omit<Command, 'id' | 'n'> &
  Partial<Pick<Command, 'id' | 'n'>> &
  Record<string, unknown>;

type ForgeCommand = (world: ForgeryWorld, random: Random) => ForgedCommand;

const pick = <T>(from: readonly T[], random: Random): T => from[random(from.length)]!;
const directory = ({ room }: ForgeryWorld): RoomId => room('directory/main');
const text = { text: 'forged' };

/** Commands of Eve's that must all be refused, by name. She is in no conversation. */
export const forgedCommands: Readonly<Record<string, ForgeCommand>> = {
  'that is a fact only the relay may state': (world, random) => ({
    room: directory(world),
    type: 'member.join',
    data: { member: `x${random(999)}`, name: 'X', email: '', role: 'owner' },
  }),
  'of a type that does not exist': (world, random) => ({
    room: pick([directory(world), world.chat, world.room('doc/d:about')], random),
    type: pick(['chat.forge', 'toString', '__proto__', 'constructor', '', 'chat.send '], random),
    data: text,
  }),
  'in a conversation of others': ({ chat }, random) => ({
    room: chat,
    ...pick(
      [
        { type: 'chat.send', data: text },
        { type: 'chat.rename', data: { title: 'mine now' } },
        { type: 'chat.leave', data: {} },
        { type: 'chat.create', data: { type: 'group', title: 'again', members: ['ben'] } },
      ],
      random,
    ),
  }),
  'for the read positions of others': ({ room }, random) => ({
    room: room('chat/two:reads'),
    type: 'chat.read',
    data: { upTo: random(3) },
  }),
  'in a room of another workspace': (_world, random) => ({
    room: pick(['elsewhere/chat/two', 'elsewhere/doc/d:about', '../chat/two', 'chat/two'], random) as RoomId,
    type: 'chat.send',
    data: text,
  }),
  'for a text, or a room that cannot be': ({ pad, doc, room }, random) => ({
    room: pick([pad, doc, room('directory/other'), room('nothing/x'), '' as RoomId], random),
    type: pick(['doc.rename', 'chat.send', 'doc.create'], random),
    data: { title: 'x', text: 'x' },
  }),
  'that makes a conversation between two others': ({ room }, random) => ({
    room: room(`chat/direct${random(999)}`),
    type: 'chat.create',
    data: { type: 'direct', title: '', members: ['ada', 'ben'].slice(0, 1 + random(2)) },
  }),
  'with data of another shape': ({ room }, random) => ({
    room: room('doc/d:about'),
    type: 'doc.rename',
    data: pick(
      [null, 7, 'title', [], {}, { title: 7 }, { title: 'x'.repeat(201) }, { title: { toString: 1 } }],
      random,
    ),
  }),
  'for a document that is not there': ({ room }, random) => ({
    room: room(`doc/none${random(99)}:about`),
    type: pick(['doc.rename', 'doc.delete', 'doc.restore'], random),
    data: { title: 'x' },
  }),
  'that makes a document which is there': ({ room }) => ({
    room: room('doc/d:about'),
    type: 'doc.create',
    data: { title: 'mine' },
  }),
  'with a number that was used before': ({ room }, random) => ({
    room: room('doc/d:about'),
    type: 'doc.rename',
    data: { title: 'out of order' },
    id: newId<CommandId>(),
    n: pick([0, 1, -1, 0.5], random),
  }),
};
