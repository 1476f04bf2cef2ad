/** Numbers `from` to `to - 1`. Lists of them are ascending and apart from each other. */
export interface Run {
  readonly from: number;
  readonly to: number;
}

/** What is in `wanted` and not in `held`. */
export function lacking(wanted: readonly Run[], held: readonly Run[]): Run[] {
  const found: Run[] = [];
  for (const { from, to } of wanted) {
    let at = from;
    for (const run of held) {
      if (run.to <= at || run.from >= to) continue;
      if (run.from > at) found.push({ from: at, to: run.from });
      at = run.to;
    }
    if (at < to) found.push({ from: at, to });
  }
  return found;
}

export function withRun(runs: readonly Run[], { from, to }: Run): Run[] {
  const apart = runs.filter((run) => run.to < from || run.from > to);
  const meeting = runs.filter((run) => !apart.includes(run));
  const joined = {
    from: Math.min(from, ...meeting.map((run) => run.from)),
    to: Math.max(to, ...meeting.map((run) => run.to)),
  };
  return [...apart, joined].sort((a, b) => a.from - b.from);
}

export const has = (runs: readonly Run[], number: number): boolean =>
  runs.some(({ from, to }) => number >= from && number < to);

export const lengthOf = (runs: readonly Run[]): number =>
  runs.reduce((sum, { from, to }) => sum + to - from, 0);
