import * as Y from 'yjs';
import type { DeviceId, MemberId, RoomId } from '../../shared/base/ids.ts';
import type { Caller, Relay } from '../../server/relay/contract.ts';
import type { RelayStore } from '../../server/storage/contract.ts';
import type { Random } from './forgery-world.ts';

/** A tab of somebody's device: writes in one room under an id of its own, online or not. */
export class Tab {
  readonly doc = new Y.Doc();
  readonly caller: Caller;
  readonly #relay: Relay;
  readonly #store: RelayStore;
  readonly #room: RoomId;
  #unsent: Uint8Array[] = [];
  #cursor = 0;
  undo: Y.UndoManager | null = null;

  constructor(relay: Relay, store: RelayStore, room: RoomId, name: string, client: number) {
    this.#relay = relay;
    this.#store = store;
    this.#room = room;
    this.caller = { member: name as MemberId, device: `${name}-phone` as DeviceId, session: name };
    this.doc.clientID = client;
    // Also what Yjs tidies by itself when it takes in what others wrote: that is local, and sent.
    this.doc.on('update', (update: Uint8Array, _origin: unknown, _doc: Y.Doc, { local }: Y.Transaction) => {
      if (local) this.#unsent.push(update);
    });
  }

  /** Takes in what was stored since, as a pushed row or all at once. */
  receive(): void {
    const rows = this.#store.rowsAfter(this.#room, this.#cursor);
    if (rows.length === 0) return;
    this.#cursor = rows.at(-1)!.cursor;
    for (const { bytes } of rows) Y.applyUpdate(this.doc, bytes);
  }

  /** Sends what is unsent: in the order it was made, as one, or everything there is. Returns the answers. */
  async send(how: 'each' | 'merged' | 'everything' | 'lacking') {
    const unsent = this.#unsent;
    this.#unsent = [];
    if (unsent.length === 0 && how !== 'everything') return [];
    const updates =
      how === 'each'
        ? unsent
        : how === 'merged'
          ? [Y.mergeUpdates(unsent)]
          : how === 'everything'
            ? [Y.encodeStateAsUpdate(this.doc)]
            : [Y.encodeStateAsUpdate(this.doc, Y.encodeStateVectorFromUpdate(this.#relay.text(this.#room)))];
    return Promise.all(updates.map((bytes) => this.#relay.update(this.caller, this.#room, bytes)));
  }

  get isDone(): boolean {
    return this.#unsent.length === 0;
  }
}

/** No character of two halves: where one copy alone cuts it, Yjs replaces both halves in that copy alone. */
const letters = 'abc déf 你好 ö';

/** Something that people and programs do to a document without a schema. */
export function editPad({ doc }: Tab, random: Random): void {
  const text = doc.getText('t');
  const at = random(text.length + 1);
  const some = Math.min(random(6), text.length - at);
  const list = doc.getArray<unknown>('l');
  switch (random(13)) {
    case 0:
    case 1:
    case 2:
      return text.insert(at, letters.slice(random(4), 5 + random(6)));
    case 3:
      return text.delete(at, some);
    case 4:
      return text.format(at, some, { bold: random(2) ? true : null });
    case 5:
      return text.insertEmbed(at, { image: 'x', size: [random(100), 0.5] });
    case 6:
      doc
        .getMap('m')
        .set(`k${random(4)}`, random(2) ? new Y.Map([['a', random(9)]]) : [1, { b: null, c: -0.25 }]);
      return;
    case 7:
      return doc.getMap('m').delete(`k${random(4)}`);
    case 8:
      return list.insert(random(list.length + 1), [
        random(1e9),
        'x',
        Uint8Array.of(1, 2),
        null,
        { a: [1.5] },
      ]);
    case 9:
      if (list.length > 0) list.delete(random(list.length), 1);
      return;
    case 10: {
      const inner = new Y.Array<unknown>();
      list.insert(random(list.length + 1), [inner]);
      inner.push([new Y.Text('inside'), new Y.Map([['x', 1]])]);
      return;
    }
    case 11:
      // Typed and emptied again.
      return doc.transact(() => {
        text.insert(at, 'gone at once');
        text.delete(at, 12);
      });
    default: {
      const found = list.toArray().find((each) => each instanceof Y.Array);
      if (found instanceof Y.Array) found.insert(0, ['deeper']);
    }
  }
}

const blocks = ['paragraph', 'heading', 'codeBlock', 'blockquote', 'bulletList', 'taskList', 'table'];

function block(kind: string, random: Random): Y.XmlElement {
  const element = new Y.XmlElement(kind);
  const within = (child: string): void => element.insert(0, [block(child, random)]);
  switch (kind) {
    case 'blockquote':
      within('paragraph');
      break;
    case 'bulletList':
      within('listItem');
      break;
    case 'taskList':
      within('taskItem');
      break;
    case 'listItem':
    case 'taskItem':
    case 'tableCell':
    case 'tableHeader':
      within('paragraph');
      break;
    case 'table':
      within('tableRow');
      within('tableRow');
      break;
    case 'tableRow':
      within('tableCell');
      within('tableHeader');
      break;
    default:
      element.insert(0, [new Y.XmlText(letters.slice(random(5)))]);
  }
  return element;
}

const attributes: Readonly<Record<string, readonly [string, (random: Random) => unknown]>> = {
  heading: ['level', (random) => 1 + random(6)],
  codeBlock: ['language', () => 'typescript'],
  taskItem: ['checked', (random) => random(2) === 1],
  tableCell: ['colwidth', (random) => [random(300)]],
  tableHeader: ['colspan', (random) => 1 + random(3)],
};

/** Something the editor does to a doc. */
export function editDoc({ doc }: Tab, random: Random): void {
  const root = doc.getXmlFragment('content');
  const all = [...root.createTreeWalker(() => true)];
  const lines = all.filter((each): each is Y.XmlText => each instanceof Y.XmlText);
  const elements = all.filter((each): each is Y.XmlElement => each instanceof Y.XmlElement);
  const line = lines[random(lines.length || 1)];
  const element = elements[random(elements.length || 1)];
  const at = random((line?.length ?? 0) + 1);
  const some = Math.min(random(6), (line?.length ?? 0) - at);
  switch (random(12)) {
    case 0:
      return root.insert(random(root.length + 1), [block(blocks[random(blocks.length)]!, random)]);
    case 1:
      if (root.length > 1) root.delete(random(root.length), 1);
      return;
    case 2:
    case 3:
    case 4:
    case 5:
      return line?.insert(at, letters.slice(random(4), 5 + random(6)));
    case 6:
      return line?.delete(at, some);
    case 7:
      return line?.format(at, some, { bold: random(2) ? {} : null });
    case 8:
      return line?.format(at, some, {
        link: random(3) ? { href: 'https://example.org', title: null } : null,
      });
    case 9: {
      const known = element && attributes[element.nodeName];
      if (known) element.setAttribute(known[0], known[1](random) as string);
      return;
    }
    case 10: {
      const paragraph = elements.find(({ nodeName }) => nodeName === 'paragraph');
      const picture = new Y.XmlElement('image');
      picture.setAttribute('src', 'https://example.org/a.png');
      return paragraph?.push([picture, new Y.XmlElement('hardBreak'), new Y.XmlText('after')]);
    }
    default: {
      // A move is a deletion and an insertion.
      if (root.length < 2) return;
      const from = random(root.length);
      const copy = root.get(from).clone();
      return doc.transact(() => {
        root.delete(from, 1);
        root.insert(random(root.length + 1), [copy]);
      });
    }
  }
}
