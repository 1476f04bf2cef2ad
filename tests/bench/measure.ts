/** What a figure must hold to. */
export type Target = { readonly least: number } | { readonly most: number };

/** One line of the result: a figure with its unit, larger or smaller being better as its name says. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What was done, so that the figure means something. */
  readonly how: string;
  readonly target?: Target;
}

/** A figure that could not be taken holds to nothing. */
export function holds({ value, target }: Figure): boolean {
  if (!target) return true;
  return 'least' in target ? value >= target.least : value <= target.most;
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

const verdict = (figure: Figure): string => (!figure.target ? '' : holds(figure) ? 'PASS' : 'FAIL');

/** A table for people. What must hold says whether it does. */
export function toTable(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => [
    verdict(figure),
    figure.name,
    `${figure.target ? figure.value.toFixed(2) : shown(figure.value)} ${figure.unit}`,
    figure.how,
  ]);
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map(
      ([holding, name, value, how]) =>
        `${holding!.padEnd(widths[0]!)}  ${name!.padEnd(widths[1]!)}  ${value!.padStart(widths[2]!)}  ${how}`,
    )
    .join('\n');
}
