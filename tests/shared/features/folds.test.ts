import { describe, expect, it } from 'vitest';
import type { LogEntry } from '../../../shared/access/kind.ts';
import type { CommandId, MemberId } from '../../../shared/base/ids.ts';
import { allKinds } from '../../../shared/documents/registry.ts';
import { chatKind, chatReadsKind } from '../../../shared/features/chat/kind.ts';
import { directoryKind } from '../../../shared/features/directory/kind.ts';
import { docAboutKind } from '../../../shared/features/docs/kind.ts';
import { seededRandom, seedFromEnvironment } from '../random.ts';

const entries = (...lines: [type: string, by: string, data: unknown][]): LogEntry[] =>
  lines.map(([type, by, data], seq) => ({
    seq,
    id: `c${seq}` as CommandId,
    type,
    by: by as MemberId,
    at: 100 + seq,
    data,
  }));
const logs = allKinds.flatMap((kind) => (kind.class === 'log' ? [kind] : []));

describe('what a log comes to', () => {
  it('of a conversation is who is in it, its name and its last message', () => {
    const state = chatKind.fold(
      chatKind.initial,
      entries(
        ['chat.create', 'ada', { type: 'group', title: 'Team', members: ['ben', 'eve'] }],
        ['chat.send', 'ben', { text: 'x'.repeat(1_000) }],
        ['chat.rename', 'ada', { title: ' Crew ' }],
        ['chat.removeMember', 'ada', { member: 'eve' }],
        ['chat.addMembers', 'ada', { members: ['ben', 'zoe'] }],
        ['chat.leave', 'ada', {}],
      ),
    );
    expect(state).toEqual({
      created: { by: 'ada', at: 100 },
      type: 'group',
      title: 'Crew',
      members: { ben: { since: 0 }, zoe: { since: 4 } },
      owner: 'ben',
      takenOut: { eve: true },
      last: { seq: 1, id: 'c1', by: 'ben', at: 101, text: 'x'.repeat(160) },
    });
  });

  it('of read positions only ever goes forward', () => {
    const reads = entries(
      ['chat.read', 'ada', { upTo: 5 }],
      ['chat.read', 'ada', { upTo: 3 }],
      ['chat.read', 'ben', { upTo: 0 }],
    );
    expect(chatReadsKind.fold(chatReadsKind.initial, reads)).toEqual({ positions: { ada: 5, ben: 0 } });
  });

  it('of a doc is its title and whether it is in the trash', () => {
    const made = entries(
      ['doc.create', 'ada', { title: 'A' }],
      ['doc.create', 'ben', { title: 'B' }],
      ['doc.delete', 'ben', {}],
    );
    const deleted = docAboutKind.fold(docAboutKind.initial, made);
    expect(deleted).toEqual({ created: { by: 'ada', at: 100 }, title: 'A', deleted: { by: 'ben', at: 102 } });
    expect(docAboutKind.fold(deleted, entries(['doc.restore', 'ada', {}]))).toMatchObject({ deleted: null });
  });

  it('of the directory keeps people who left', () => {
    const state = directoryKind.fold(
      directoryKind.initial,
      entries(
        ['workspace.rename', 'ada', { name: 'Acme' }],
        ['member.join', 'ada', { member: 'ben', name: 'Ben', email: 'b@x', role: 'member' }],
        ['member.profile', 'ben', { post: 'Cook' }],
        ['member.remove', 'ada', { member: 'ben' }],
      ),
    );
    expect(state).toMatchObject({
      name: 'Acme',
      members: { ben: { name: 'Ben', post: 'Cook', joinedAt: 101, leftAt: 103 } },
    });
  });

  it.each(logs.map((kind) => [kind.part ? `${kind.kind}:${kind.part}` : kind.kind, kind] as const))(
    'of %s is the same in one go and in any pieces, never throws, and leaves what it had',
    (_name, kind) => {
      const seed = seedFromEnvironment();
      const random = seededRandom(seed);
      const people = ['ada', 'ben', 'eve'];
      const types = [...Object.keys(kind.commands), ...Object.keys(kind.facts), 'future.type', 'constructor'];
      const shapes: unknown[] = [
        null,
        7,
        [],
        { title: 'x' },
        { name: 'N' },
        { upTo: 3 },
        { text: 'hi' },
        { member: 'ben' },
        { member: '__proto__' },
        { members: ['constructor'] },
        { members: ['ben', '__proto__'] },
        { type: 'group', title: 't', members: ['ben'] },
        { member: 'ben', name: 'B', email: '', role: 'admin' },
        { member: 'ben', role: 'owner' },
      ];
      const lines = Array.from(
        { length: 200 },
        () =>
          [types[random(types.length)]!, people[random(people.length)]!, shapes[random(shapes.length)]] as [
            string,
            string,
            unknown,
          ],
      );
      const all = entries(...lines);
      const before = JSON.stringify(kind.initial);
      const whole = kind.fold(kind.initial, all);
      let pieces = kind.fold(kind.initial, []);
      for (let at = 0; at < all.length;) {
        const size = 1 + random(9);
        const kept = JSON.stringify(pieces);
        const next = kind.fold(pieces, all.slice(at, at + size));
        expect(JSON.stringify(pieces), `seed ${seed}`).toBe(kept);
        // Through JSON, as a base is stored.
        pieces = JSON.parse(JSON.stringify(next)) as unknown;
        at += size;
      }
      expect(pieces, `seed ${seed}`).toEqual(JSON.parse(JSON.stringify(whole)));
      expect(JSON.stringify(kind.initial)).toBe(before);
      expect({}).not.toHaveProperty('since');
    },
  );
});
