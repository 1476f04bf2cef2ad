import { expect, test } from 'vitest';
import type { Actor } from '../../../shared/access/actor.ts';
import type { CommandId, MemberId, RoomId } from '../../../shared/base/ids.ts';
import { judgeCommand, type Resource } from '../../../shared/documents/decide.ts';
import { findRoom, type AnyLogKind } from '../../../shared/documents/registry.ts';
import { countOf, everyone } from '../../../shared/features/customers/segments.ts';
import { mostSegments } from '../../../shared/features/segments/schema.ts';

const ann: Actor = { member: 'ann' as MemberId, role: 'member', active: true };
const admin: Actor = { member: 'zoe' as MemberId, role: 'admin', active: true };

/** A log as the commands leave it that were allowed; what each of them was answered. */
function place(name: string) {
  const room = name as RoomId;
  const found = findRoom(room)!;
  const kind = found.kind as AnyLogKind;
  let state = kind.initial;
  let seq = 0;
  return {
    state: () => state as { items?: Record<string, unknown>; segments?: Record<string, unknown> },
    send(actor: Actor, type: string, data: unknown): string {
      const resource = {
        ...{ kind, room: found.name, state, governing: state, at: 1 },
        isActiveMember: () => true,
        entry: () => null,
        stateOf: () => null,
      } as unknown as Resource;
      const judged = judgeCommand(actor, type, data, resource);
      if (!judged.ok) return judged.error.code;
      if (judged.value.done) return 'done';
      const entry = {
        seq,
        id: `e${seq}` as CommandId,
        type,
        by: actor.member,
        at: seq,
        data: judged.value.data,
      };
      state = kind.fold(state, [entry]);
      seq++;
      return 'stored';
    },
  };
}

const segment = (n: number, name = `Segment ${n}`) => ({
  id: `s${n}`,
  name,
  filter: { ...everyone, tags: ['vip'], waits: true },
});

test('segments for everybody are made by administrators, changed whole, and gone when they are dropped', () => {
  const { send, state } = place('w/customers/main');
  expect(send(ann, 'customers.segment', segment(1))).toBe('forbidden');
  expect(send(admin, 'customers.segment', segment(1))).toBe('stored');
  expect(send(admin, 'customers.segment', segment(1))).toBe('done');
  expect(send(admin, 'customers.segment', segment(1, 'Regulars'))).toBe('stored');
  expect(state().segments).toEqual({ s1: segment(1, 'Regulars') });
  expect(send(ann, 'customers.dropSegment', { id: 's1' })).toBe('forbidden');
  expect(send(admin, 'customers.dropSegment', { id: 's1' })).toBe('stored');
  expect(send(admin, 'customers.dropSegment', { id: 's1' })).toBe('done');
  expect(state().segments).toEqual({});
});

test('there is a bound, for everybody and for oneself, and what is there can be changed at it', () => {
  for (const [name, actor, type] of [
    ['w/customers/main', admin, 'customers.segment'],
    ['w/personal/ann:segments', ann, 'segment.put'],
  ] as const) {
    const { send } = place(name);
    for (let n = 0; n < mostSegments; n++) expect(send(actor, type, segment(n))).toBe('stored');
    expect(send(actor, type, segment(mostSegments))).toBe('too-many');
    expect(send(actor, type, segment(0, 'Another name'))).toBe('stored');
  }
});

test('a filter that is none, or a name that every object has, is refused', () => {
  const { send } = place('w/personal/ann:segments');
  expect(send(ann, 'segment.put', { ...segment(1), id: 'constructor' })).toBe('bad-request');
  expect(send(ann, 'segment.put', { ...segment(1), filter: { tags: 'vip' } })).toBe('bad-request');
  expect(send(ann, 'segment.put', { ...segment(1), name: ' ' })).toBe('bad-request');
});

test('what narrows is counted part by part', () => {
  expect(countOf(everyone)).toBe(0);
  expect(countOf(segment(1).filter)).toBe(2);
  expect(countOf({ ...everyone, ended: false, next: 'due' })).toBe(2);
});
