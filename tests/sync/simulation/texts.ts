import * as Y from 'yjs';
import type { RoomId } from '../../../shared/base/ids.ts';
import type { Tab } from '../../support/world-device.ts';
import { must } from './broken.ts';
import type { SimDevice, SimWorld } from './world.ts';

interface OpenText {
  readonly text: ReturnType<Tab['open']>;
  /** Of the document there is now; a page makes another one where the device had to begin the text anew. */
  undo: { readonly doc: Y.Doc; readonly manager: Y.UndoManager } | null;
}

/** Something a device showed as kept: it may be lost only with the device's database, or by a refusal that it shows. */
export interface Promised {
  readonly device: SimDevice;
  readonly room: RoomId;
  readonly client: number;
  readonly clock: number;
}

const words = ['weft ', '你好', 'x', '🙂', 'a longer run of text '];
const marks = [{ bold: {} }, { bold: null }, { italic: {} }];

/** A position that is not inside a character: no editor puts a caret there, and Yjs turns the halves into other ones. */
function whole(text: Y.Text, position: number): number {
  // An XmlText says its text with marks.
  const before = Y.Text.prototype.toString.call(text).charCodeAt(position - 1);
  return before >= 0xd800 && before < 0xdc00 ? position - 1 : position;
}

/** The pages of all devices, with the texts that are open in them. */
export class Pages {
  readonly tabs = new Map<SimDevice, Tab[]>();
  promised: Promised[] = [];
  readonly #open = new Map<Tab, Map<RoomId, OpenText>>();
  readonly #world: SimWorld;

  constructor(world: SimWorld) {
    this.#world = world;
  }

  of(device: SimDevice): Tab[] {
    let all = this.tabs.get(device);
    if (!all) this.tabs.set(device, (all = [device.machine.newTab()]));
    return all;
  }

  /** They died with their process. */
  forget(device: SimDevice): void {
    for (const tab of this.tabs.get(device) ?? []) this.#open.delete(tab);
    this.tabs.delete(device);
  }

  async close(device: SimDevice): Promise<void> {
    const tab = this.of(device).pop()!;
    this.#open.delete(tab);
    // On a full disk what was typed cannot be kept yet: then the page stays, and goes on trying.
    await this.#world.done(tab.close().catch(() => undefined));
  }

  openTexts(device: SimDevice): ReturnType<Tab['open']>[] {
    return this.of(device).flatMap((tab) =>
      [...(this.#open.get(tab)?.values() ?? [])].map(({ text }) => text),
    );
  }

  #text(tab: Tab, room: RoomId): OpenText {
    const texts = this.#open.get(tab) ?? new Map<RoomId, OpenText>();
    this.#open.set(tab, texts);
    let open = texts.get(room);
    if (!open) texts.set(room, (open = { text: tab.open(room), undo: null }));
    return open;
  }

  #isIn(tab: Tab, text: ReturnType<Tab['open']>): boolean {
    return [...(this.#open.get(tab)?.values() ?? [])].some((open) => open.text === text);
  }

  #undoOf(open: OpenText): Y.UndoManager {
    const { doc, session } = open.text;
    if (open.undo?.doc === doc) return open.undo.manager;
    const scope = session.room.includes('/doc/') ? doc.getXmlFragment('content') : doc.getText('t');
    const manager = new Y.UndoManager(scope, { captureTimeout: 50 });
    open.undo = { doc, manager };
    return manager;
  }

  /** One person writes in one page: one step of editing, perhaps kept at once. */
  async write(device: SimDevice, room: RoomId): Promise<void> {
    const world = this.#world;
    const tab = world.pick(this.of(device));
    const open = this.#text(tab, room);
    for (let tries = 0; tries < 6 && !open.text.session.ready; tries++) await world.step(2);
    const { session, doc } = open.text;
    if (!session.ready || session.locked) return;
    for (const other of this.openTexts(device))
      must(
        other.doc === doc ||
          other.session.locked !== null ||
          other.doc.clientID !== doc.clientID ||
          !other.session.ready ||
          this.#isIn(tab, other),
        () => `two pages of ${device.name} write under ${doc.clientID}`,
      );
    const undo = this.#undoOf(open);
    const choice = world.below(12);
    world.trace.say('writes', () => `${device.name} in ${room} under ${doc.clientID}`);
    if (choice === 0) undo.undo();
    else if (choice === 1) undo.redo();
    else doc.transact(() => (room.includes('/doc/') ? this.#rich(doc) : this.#plain(doc)));
    if (world.random() < 0.7) return;
    const client = doc.clientID;
    const clock = Y.getState(doc.store, client);
    const kept = await world.done(
      session.flush().then(
        () => true,
        () => false,
      ),
    );
    if (kept && clock > 0 && !session.locked) this.promised.push({ device, room, client, clock });
  }

  #plain(doc: Y.Doc): void {
    const { below, pick } = this.#chance();
    const text = doc.getText('t');
    const at = whole(text, below(text.length + 1));
    const choice = below(12);
    if (choice < 6) text.insert(at, pick(words));
    else if (choice < 9) text.delete(at, whole(text, Math.min(at + below(6), text.length)) - at);
    else if (choice < 10)
      text.format(at, whole(text, Math.min(at + below(8), text.length)) - at, pick(marks));
    else if (choice < 11) doc.getMap('m').set(`k${below(4)}`, below(100));
    else doc.getArray('a').push([below(10)]);
  }

  /** Paragraphs with marked text, and lists in them, as the editor writes them. */
  #rich(doc: Y.Doc): void {
    const { below, pick } = this.#chance();
    const content = doc.getXmlFragment('content');
    const choice = below(12);
    const block = content.length > 0 ? content.get(below(content.length)) : null;
    const inside = block instanceof Y.XmlElement ? block.get(0) : null;
    if (!block || choice < 2) {
      const paragraph = new Y.XmlElement(pick(['paragraph', 'heading', 'blockquote']));
      paragraph.insert(0, [new Y.XmlText(pick(words))]);
      content.insert(below(content.length + 1), [paragraph]);
    } else if (choice < 3) content.delete(content.length - 1, 1);
    else if (choice < 4 && block instanceof Y.XmlElement && block.nodeName === 'heading')
      block.setAttribute('level', String(below(3)));
    else if (choice < 5 && block instanceof Y.XmlElement) block.push([new Y.XmlElement('hardBreak')]);
    else if (inside instanceof Y.XmlText) {
      const at = whole(inside, below(inside.length + 1));
      const length = whole(inside, Math.min(at + below(8), inside.length)) - at;
      if (choice < 8) inside.insert(at, pick(words));
      else if (choice < 10) inside.format(at, length, pick(marks));
      else inside.delete(at, length);
    }
  }

  #chance() {
    const world = this.#world;
    return {
      below: (n: number) => world.below(n),
      pick: <T>(list: readonly T[]): T => world.pick(list),
    };
  }
}
