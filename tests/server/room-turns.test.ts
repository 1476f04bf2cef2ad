import { describe, expect, it } from 'vitest';
import { GivenUp, createRoomTurns } from '../../server/relay/room-turns.ts';
import type { RoomId } from '../../shared/base/ids.ts';

describe('work for many rooms at once', () => {
  it('[U-14] what is in the middle is bounded, and leaves room for what is small', () => {
    const turns = createRoomTurns(
      () => 0,
      () => {},
    );
    const begun: string[] = [];
    const refused: unknown[] = [];
    const take = (room: string, bytes: number): void =>
      turns.take(room as RoomId, {
        bytes,
        *run() {
          begun.push(room);
          yield;
        },
        failed: (error) => void refused.push(error),
      });
    for (let i = 0; i < 100; i++) take(`large-${i}`, 8 * 1024 * 1024);
    // Eight are taken, of which some are begun: each may hold a large document.
    expect(begun.length).toBe(4);
    expect(refused.length).toBe(92);
    expect(refused[0]).toBeInstanceOf(GivenUp);
    for (let i = 0; i < 2_000; i++) take(`small-${i}`, 64 * 1024);
    expect(refused.length).toBe(92 + 2_000 - 1_024);
    expect(begun.length).toBe(4);
  });

  /** Turns of rooms whose clock and loop are the test's; work is so many slices of so many milliseconds. */
  const withTurns = () => {
    let now = 0;
    let put: (() => void)[] = [];
    const turns = createRoomTurns(
      () => now,
      (run) => void put.push(run),
    );
    const inTheMiddle = new Set<string>();
    const over: string[] = [];
    let most = 0;
    return {
      over,
      get most() {
        return most;
      },
      take: (room: string, slices: number, milliseconds: number): void =>
        turns.take(room as RoomId, {
          bytes: 100,
          *run(work) {
            inTheMiddle.add(room);
            for (let i = 1; i <= slices; i++) {
              now += milliseconds;
              most = Math.max(most, i < slices ? inTheMiddle.size : 0);
              if (i < slices || work.did(0)) yield;
            }
            inTheMiddle.delete(room);
            over.push(room);
          },
          failed: (error) => {
            throw error;
          },
        }),
      /** One turn of the loop; how long it took, or null when there was nothing to do. */
      turn(): number | null {
        const began = now;
        const all = put;
        put = [];
        for (const run of all) run();
        return all.length > 0 ? now - began : null;
      },
      spent: () => now,
    };
  };

  it('[U-14] first slices of one turn are bounded together, and what waits is done in later ones', () => {
    const { take, turn, over, spent } = withTurns();
    for (let i = 0; i < 200; i++) take(`room-${i}`, 1, 5);
    expect(spent()).toBe(20);
    for (let took = turn(); took !== null; took = turn()) expect(took).toBeLessThanOrEqual(10);
    expect(over).toEqual(Array.from({ length: 200 }, (_, i) => `room-${i}`));
  });

  it('[U-14] only some rooms are in the middle at once; those that are quick need not wait for them', () => {
    const world = withTurns();
    const { take, turn, over } = world;
    for (const room of ['typed', 'also']) take(room, 1, 0);
    for (let i = 0; i < 100; i++) take(`cold-${i}`, 50, 8);
    for (let i = 0; i < 10; i++) turn();
    expect(world.most).toBe(4);
    const before = over.length;
    take('typed', 1, 0);
    expect(over.slice(before)).toEqual(['typed']);
    // One that was quick may be slow this time, and then holds a place of its own.
    turn();
    take('also', 50, 8);
    for (let took = turn(); took !== null; took = turn()) expect(took).toBeLessThanOrEqual(16);
    expect(over.filter((room) => room.startsWith('cold'))).toHaveLength(100);
    expect(over).toContain('also');
    expect(world.most).toBe(5);
  });
});
