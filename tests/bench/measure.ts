/** One line of the result: a figure with its unit, larger or smaller being better as its name says. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What was done, so that the figure means something. */
  readonly how: string;
}

/** The value below which `share` of the samples lie; samples need not be sorted. */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export const median = (samples: readonly number[]): number => percentile(samples, 0.5);

export async function milliseconds(work: () => Promise<void> | void): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

const shown = (value: number): string =>
  value.toLocaleString('en', { maximumFractionDigits: value >= 100 ? 0 : value >= 1 ? 1 : 3 });

/** A table for people. */
export function toTable(figures: readonly Figure[]): string {
  const rows = figures.map(({ name, value, unit, how }) => [name, `${shown(value)} ${unit}`, how]);
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map(([name, value, how]) => `${name!.padEnd(widths[0]!)}  ${value!.padStart(widths[1]!)}  ${how}`)
    .join('\n');
}
