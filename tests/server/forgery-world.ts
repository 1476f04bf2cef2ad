import * as Y from 'yjs';
import { newId, type CommandId, type DeviceId, type MemberId, type RoomId } from '../../shared/base/ids.ts';
import type { Caller, Relay } from '../../server/relay/contract.ts';
import { createRelay } from '../../server/relay/relay.ts';
import type { RelayStore } from '../../server/storage/contract.ts';
import { createMemoryStore } from '../../server/storage/memory/store.ts';

export type Random = (below: number) => number;

/** Something that stands in a document, as a forger would pick it. */
export interface Standing {
  readonly client: number;
  readonly clock: number;
  readonly length: number;
  /** What it stands in: the name of the root, or the id of the type's item. */
  readonly parent: string;
  readonly sub: string | null;
  readonly isType: boolean;
  readonly isElement: boolean;
  readonly isText: boolean;
  readonly content: string;
}

/** A workspace with work of Ada's in a doc and a pad, and Eve, a member who writes what she should not. */
export interface ForgeryWorld {
  readonly relay: Relay;
  readonly store: RelayStore;
  readonly ada: Caller;
  readonly eve: Caller;
  readonly doc: RoomId;
  readonly pad: RoomId;
  readonly deleted: RoomId;
  readonly chat: RoomId;
  room(name: string): RoomId;
  /** Eve's ids, and where her next struct in the doc and the pad goes. */
  readonly mine: { readonly doc: Own; readonly pad: Own; readonly fresh: number };
  /** Ada's. */
  readonly hers: { readonly doc: Own; readonly pad: Own };
  readonly inDoc: readonly Standing[];
  readonly inPad: readonly Standing[];
}

export interface Own {
  readonly client: number;
  readonly next: number;
}

const callerOf = (name: string): Caller => ({
  member: name as MemberId,
  device: `${name}-phone` as DeviceId,
  session: name,
});

export async function makeForgeryWorld(random: Random): Promise<ForgeryWorld> {
  const store = createMemoryStore();
  const relay = createRelay({ store, version: 'test' });
  const room = (name: string): RoomId => `${store.workspace}/${name}` as RoomId;
  const [ada, eve] = [callerOf('ada'), callerOf('eve')];
  for (const { member } of [ada, eve, callerOf('ben')]) {
    const role = member === ada.member ? 'owner' : 'member';
    const data = { member, name: member, email: `${member}@example.org`, role };
    await relay.appendFact(room('directory/main'), 'member.join', member, data);
  }
  let n = 0;
  const command = async (name: RoomId, type: string, data: unknown): Promise<void> => {
    const result = await relay.command(ada, { id: newId<CommandId>(), n: ++n, room: name, type, data });
    if (!result.ok) throw new Error(result.message);
  };
  const [doc, pad, deleted, chat] = [room('doc/d'), room('scratch/pad'), room('doc/gone'), room('chat/two')];
  for (const each of [doc, deleted])
    await command(room(`${each.split('/').slice(1).join('/')}:about`), 'doc.create', { title: 'D' });
  await command(room('doc/gone:about'), 'doc.delete', {});
  await command(chat, 'chat.create', { type: 'group', title: 'Two', members: ['ben'] });
  await command(chat, 'chat.send', { text: 'hello' });

  const [herDoc, herPad] = await relay.lease(ada, 2);
  const [myDoc, myPad, fresh] = await relay.lease(eve, 3);
  const written = {
    doc: await write(relay, doc, [ada, herDoc!, herContent(random)], [eve, myDoc!, myContent]),
    pad: await write(relay, pad, [ada, herPad!, herPadContent(random)], [eve, myPad!, myPadContent]),
  };
  const own = (of: Y.Doc, client: number): Own => ({ client, next: Y.getState(of.store, client) });
  return {
    relay,
    store,
    ada,
    eve,
    doc,
    pad,
    deleted,
    chat,
    room,
    mine: { doc: own(written.doc, myDoc!), pad: own(written.pad, myPad!), fresh: fresh! },
    hers: { doc: own(written.doc, herDoc!), pad: own(written.pad, herPad!) },
    inDoc: survey(written.doc),
    inPad: survey(written.pad),
  };
}

type Author = readonly [caller: Caller, client: number, write: (doc: Y.Doc) => void];

async function write(relay: Relay, room: RoomId, ...authors: readonly Author[]): Promise<Y.Doc> {
  const doc = new Y.Doc();
  for (const [caller, client, edit] of authors) {
    doc.clientID = client;
    const before = Y.encodeStateVector(doc);
    doc.transact(() => edit(doc));
    const answer = await relay.update(caller, room, Y.encodeStateAsUpdate(doc, before));
    if (!answer.ok) throw new Error(`${answer.error.code}: ${answer.error.message}`);
  }
  return doc;
}

const herContent =
  (random: Random) =>
  (doc: Y.Doc): void => {
    const root = doc.getXmlFragment('content');
    for (let i = 0; i < 4; i++) {
      const paragraph = new Y.XmlElement<Record<string, number>>(i % 2 ? 'heading' : 'paragraph');
      const line = new Y.XmlText('some words of hers'.slice(0, 6 + random(12)));
      paragraph.insert(0, [line]);
      root.push([paragraph as unknown as Y.XmlElement]);
      if (i % 2) paragraph.setAttribute('level', 2);
      line.format(1, 3, { bold: {} });
      if (i === 2) line.delete(0, 2);
    }
    const cell = new Y.XmlElement('tableCell');
    cell.insert(0, [new Y.XmlElement('paragraph')]);
    const row = new Y.XmlElement('tableRow');
    row.insert(0, [cell]);
    const table = new Y.XmlElement('table');
    table.insert(0, [row]);
    root.insert(1, [table]);
  };

const myContent = (doc: Y.Doc): void => {
  const paragraph = new Y.XmlElement('paragraph');
  paragraph.insert(0, [new Y.XmlText('mine')]);
  doc.getXmlFragment('content').push([paragraph]);
};

const herPadContent =
  (random: Random) =>
  (doc: Y.Doc): void => {
    doc.getText('t').insert(0, 'her text 👋 in the pad'.slice(0, 12 + random(8)));
    doc.getText('t').insert(4, '…');
    const map = doc.getMap<unknown>('m');
    map.set('a', 1);
    map.set('a', 2);
    map.set('b', new Y.Array());
    doc.getArray('l').push([1, 'two', { three: 3 }]);
    doc.getArray('l').insert(1, [new Y.Map([['x', 1]])]);
  };

const myPadContent = (doc: Y.Doc): void => {
  doc.getText('t').insert(2, 'mine');
  doc.getArray('l').push([7]);
};

function survey(doc: Y.Doc): Standing[] {
  return [...doc.store.clients].flatMap(([client, structs]) =>
    structs.flatMap((struct): Standing[] => {
      if (!(struct instanceof Y.Item) || struct.deleted) return [];
      const parent = struct.parent as Y.AbstractType<unknown>;
      const { content } = struct;
      const type = content instanceof Y.ContentType ? content.type : null;
      return [
        {
          client,
          clock: struct.id.clock,
          length: struct.length,
          parent: parent._item
            ? `${parent._item.id.client}/${parent._item.id.clock}`
            : Y.findRootTypeKey(parent),
          sub: struct.parentSub,
          isType: type !== null,
          isElement: type instanceof Y.XmlElement,
          isText: content instanceof Y.ContentString,
          content: content instanceof Y.ContentString ? content.str : '',
        },
      ];
    }),
  );
}
