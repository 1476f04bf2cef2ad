import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { yXmlFragmentToProseMirrorRootNode } from '@tiptap/y-tiptap';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as Y from 'yjs';
import { contentSchema } from '../../../client/features/docs/editor/schema.ts';
import { fillWorkspace, isEmpty, sizes } from '../../../server/seed/fill.ts';
import { mailDomain, type Colleague } from '../../../server/seed/office.ts';
import { createRandom } from '../../../server/seed/random.ts';
import { openWorkspace, type Workspace } from '../../../server/workspace.ts';
import { parseRoom } from '../../../shared/protocol/rooms.ts';
import { docRoot, type DocState } from '../../../shared/features/docs/schema.ts';
import { docAboutKind } from '../../../shared/features/docs/kind.ts';
import { partOf } from '../../../shared/protocol/rooms.ts';

const until = Date.UTC(2026, 2, 6, 15);
const password = 'a password for trying';

async function fill(folder: string): Promise<{ workspace: Workspace; people: Colleague[] }> {
  let now = until;
  const workspace = await openWorkspace({ folder, durability: 'process', clock: { now: () => now } });
  const people = await fillWorkspace(workspace, {
    size: { ...sizes.small, messages: 400 },
    random: createRandom(7),
    password,
    until,
    travel: (at) => (now = at),
  });
  return { workspace, people };
}

describe('the seed', { timeout: 30_000 }, () => {
  let folder: string;
  let workspace: Workspace;
  let people: Colleague[];
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'weft-seed-'));
    ({ workspace, people } = await fill(join(folder, 'a')));
  }, 30_000);
  afterAll(async () => {
    await workspace.relay.stop();
    workspace.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const rooms = (kind: string, part: string | null) =>
    people
      .flatMap(({ member }) => workspace.relay.readable(member))
      .map(({ room }) => room)
      .filter((room, index, all) => all.indexOf(room) === index)
      .filter((room) => parseRoom(room)?.kind === kind && parseRoom(room)?.part === part);

  test('makes people who can sign in', async () => {
    expect(people).toHaveLength(24);
    expect(people[0]?.email).toBe(`lin.hui@${mailDomain}`);
    const signedIn = await workspace.auth.signIn.check(people[3]!.email, password, '192.0.2.1');
    expect(signedIn).toEqual({ ok: true, value: people[3]!.member });
  });

  test('makes conversations whose messages have no holes left in them and go forward in time', () => {
    const chats = rooms('chat', null);
    expect(chats).toHaveLength(18);
    let messages = 0;
    for (const chat of chats) {
      const entries = workspace.relay.entries(null, chat, 0, 10_000);
      const said = entries.filter((entry) => entry.type === 'chat.send');
      messages += said.length;
      for (const { data } of said) expect((data as { text: string }).text).not.toMatch(/[{}]|undefined/);
      const times = entries.map((entry) => entry.at);
      expect(times).toEqual([...times].sort((a, b) => a - b));
      expect(times.at(-1)).toBeLessThanOrEqual(until);
    }
    expect(messages).toBe(400);
  });

  test('makes documents that the editor can show whole', () => {
    const docs = rooms('doc', null);
    expect(docs).toHaveLength(12);
    const names = new Set<string>();
    for (const room of docs) {
      const doc = new Y.Doc();
      Y.applyUpdate(doc, workspace.relay.text(room));
      const fragment = doc.getXmlFragment(docRoot);
      const before = fragment.toString();
      const node = yXmlFragmentToProseMirrorRootNode(fragment, contentSchema());
      node.check();
      node.descendants((each) => void names.add(each.type.name));
      // What the schema did not know would have been taken out.
      expect(fragment.toString()).toBe(before);
      expect(node.textContent).not.toMatch(/[{}]TH|\{(item|name|n|city)\}/);
      const about = workspace.relay.entries(null, partOf(room, 'about'), 0, 10);
      const state: DocState = docAboutKind.fold(docAboutKind.initial, about);
      expect(state.title).not.toMatch(/[{}]/);
    }
    for (const name of [
      'heading',
      'table',
      'taskItem',
      'codeBlock',
      'bulletList',
      'orderedList',
      'blockquote',
    ])
      expect(names).toContain(name);
  });

  test('fills a workspace that somebody has only set up, and lets them listen in the groups', async () => {
    let now = until;
    const clock = { now: () => now };
    const own = await openWorkspace({ folder: join(folder, 'c'), durability: 'process', clock });
    const founder = { name: 'Founder', email: 'founder@example.org', password };
    expect(await own.auth.setup.byOperator('Our own name', founder)).toMatchObject({ ok: true });
    expect(isEmpty(own)).toBe(true);
    const size = { ...sizes.small, messages: 50 };
    await fillWorkspace(own, { size, random: createRandom(7), password, until, travel: (at) => (now = at) });
    expect(isEmpty(own)).toBe(false);
    const directory = own.relay.directory();
    expect(directory.name).toBe('Our own name');
    const member = Object.values(directory.members).find(({ name }) => name === 'Founder')!;
    const chats = own.relay.readable(member.id).filter(({ room }) => /\/chat\/[^:]*$/.test(room));
    expect(chats).toHaveLength(sizes.small.groups);
    await own.relay.stop();
    own.close();
  });

  test('says the same again for the same number', async () => {
    const other = await fill(join(folder, 'b'));
    const told = ({ relay }: Workspace, by: readonly Colleague[]) =>
      relay
        .readable(by[0]!.member)
        .filter(({ room }) => parseRoom(room)?.kind === 'chat')
        .map(({ room }) => [
          parseRoom(room)?.id,
          relay.entries(null, room, 0, 10_000).map(({ at, by: author, data }) => [at, author, data]),
        ]);
    expect(told(other.workspace, other.people)).toEqual(told(workspace, people));
    await other.workspace.relay.stop();
    other.workspace.close();
  });
});
