import type { SegmentInfo } from './segment.ts';

/** So many runs of one size become one. */
export const fanIn = 4;

/**
 * The newest segments that are many of a size, to be merged; null when there are not. `infos` are from the oldest to the
 * newest, and a run of them counts as one. `smallest`: below so many units all are of one size.
 */
export function toMerge(infos: readonly SegmentInfo[], smallest: number): SegmentInfo[] | null {
  const runs: SegmentInfo[][] = [];
  for (const info of infos) {
    const last = runs.at(-1);
    if (last?.[0]!.run === info.run) last.push(info);
    else runs.push([info]);
  }
  const tiers = runs.map((run) => {
    const units = run.reduce((sum, info) => sum + info.units, 0);
    return Math.max(0, Math.floor(Math.log(units / smallest) / Math.log(fanIn)));
  });
  for (let tier = 0; tier <= Math.max(...tiers, 0); tier++) {
    let begin = runs.length;
    while (begin > 0 && tiers[begin - 1]! <= tier) begin -= 1;
    // What is larger is not written again for what is smaller.
    if (tiers.slice(begin).filter((each) => each === tier).length >= fanIn) return runs.slice(begin).flat();
  }
  return null;
}

/** How many runs there are. */
export const runsIn = (infos: readonly SegmentInfo[]): number => new Set(infos.map(({ run }) => run)).size;
