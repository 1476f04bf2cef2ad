import { expect, test } from 'vitest';
import type { JobFact, LogEntry } from '../../shared/access/kind.ts';
import type { MemberId, RoomId, WorkspaceId } from '../../shared/base/ids.ts';
import { parseRoom } from '../../shared/protocol/rooms.ts';
import { createJobs, type Jobs, type JobsDeps } from '../../server/relay/jobs.ts';
import { createLine } from '../../server/relay/line.ts';
import { noLog } from '../../server/relay/metrics.ts';

/*
 * A small kind of job: put a mark in so many rooms. What is "stored" is all that a killed relay leaves behind; each
 * commit is one step, and between any two of them the relay may end.
 */

interface Marking {
  readonly wanted: number;
  readonly done: number;
}
const ada = 'ada' as MemberId;
const own = (id: string): RoomId => `w/mark/${id}` as RoomId;

class Disk {
  readonly states = new Map<RoomId, Marking>();
  readonly marks = new Map<string, number>();
  commits = 0;
  largest = 0;
  failNext = false;

  take(facts: readonly { readonly room: RoomId; readonly data: unknown }[]): void {
    if (this.failNext) {
      this.failNext = false;
      throw new Error('disk full');
    }
    this.commits++;
    this.largest = Math.max(this.largest, facts.length - 1);
    for (const { room, data } of facts)
      if (this.states.has(room))
        this.states.set(room, { ...this.states.get(room)!, done: (data as Marking).done });
      else this.marks.set(room, (this.marks.get(room) ?? 0) + 1);
  }
}

const kind = {
  class: 'log',
  job: {
    isOpen: ({ wanted, done }: Marking) => done < wanted,
    next({ wanted, done }: Marking, { room, most }: { room: { id: string }; most: number }): JobFact[] {
      const upTo = Math.min(wanted, done + most);
      const marks = Array.from({ length: upTo - done }, (_, i) => ({
        ...{ room: { kind: 'spot', id: `${room.id}-${done + i}`, part: null }, by: ada },
        ...{ type: 'mark', data: {} },
      }));
      return [...marks, { by: ada, type: 'done', data: { done: upTo } }];
    },
  },
};

/** A relay over the disk: it lives until `kill`, and its turns are in the test's hand. */
function relayOver(disk: Disk) {
  const turns: (() => void)[] = [];
  const timers: (() => void)[] = [];
  let isKilled = false;
  let jobs: Jobs | null = null;
  const deps = {
    store: {
      workspace: 'w' as WorkspaceId,
      openJobs: () => [...disk.states].flatMap(([room, { wanted, done }]) => (done < wanted ? [room] : [])),
      changedRooms: () => [],
    },
    clock: { now: () => 1 },
    access: {
      actor: () => null,
      nameOf: () => '',
      locate: (room: string) => (disk.states.has(room as RoomId) ? { room, kind } : null),
    },
    logs: { open: (room: RoomId) => ({ name: parseRoom(room), kind, state: disk.states.get(room) }) },
    following: { lacking: () => null },
    commands: {
      appendFacts(facts: readonly { room: RoomId; data: unknown }[]) {
        disk.take(facts);
        const rows = facts.map((fact, seq) => ({ ...fact, seq }) as unknown as LogEntry & { room: RoomId });
        jobs!.stored(rows as never);
      },
    },
    log: noLog,
    inLine: createLine((run) => void turns.push(run)),
    later: (_milliseconds: number, run: () => void) => void timers.push(run),
    isStopping: () => isKilled,
  } as unknown as JobsDeps;
  jobs = createJobs(deps);
  jobs.resume();
  return {
    /** False when nothing was left to do. */
    turn: () => {
      const run = turns.shift();
      run?.();
      return run !== undefined;
    },
    timer: () => timers.shift()?.(),
    kill: () => void (isKilled = true),
  };
}

const begin = (disk: Disk, id: string, wanted: number): void =>
  void disk.states.set(own(id), { wanted, done: 0 });

test('a job that is killed between any two portions does each of its things exactly once', () => {
  const disk = new Disk();
  begin(disk, 'a', 300);
  begin(disk, 'b', 5);
  let relay = relayOver(disk);
  let turns = 0;
  while (relay.turn()) {
    relay.kill();
    relay = relayOver(disk);
    expect(++turns).toBeLessThan(400);
  }
  expect(disk.marks.size).toBe(305);
  expect(new Set(disk.marks.values())).toEqual(new Set([1]));
});

test('portions are small, and no job waits for all of another one', () => {
  const disk = new Disk();
  begin(disk, 'a', 5_000);
  begin(disk, 'b', 3);
  const relay = relayOver(disk);
  relay.turn();
  relay.turn();
  expect(disk.states.get(own('b'))).toEqual({ wanted: 3, done: 3 });
  expect(disk.states.get(own('a'))!.done).toBeLessThan(5_000);
  while (relay.turn());
  expect(disk.largest).toBeLessThanOrEqual(64);
  expect(disk.marks.size).toBe(5_003);
});

test('a portion that could not be stored is tried again', () => {
  const disk = new Disk();
  begin(disk, 'a', 10);
  disk.failNext = true;
  const relay = relayOver(disk);
  while (relay.turn());
  expect(disk.marks.size).toBe(0);
  relay.timer();
  while (relay.turn());
  expect(disk.marks.size).toBe(10);
});
