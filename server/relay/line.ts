/**
 * Things to do in later turns of the event loop: one in each turn, whoever asks and however many, in the order in which
 * they came. What they throw is the caller's to catch.
 */
export type Line = (run: () => void) => void;

export function createLine(defer: (run: () => void) => void): Line {
  let waiting: (() => void)[] = [];
  let next = 0;
  const goOn = (): void => {
    const run = waiting[next++]!;
    if (next === waiting.length) [waiting, next] = [[], 0];
    else defer(goOn);
    run();
  };
  return (run) => {
    if (waiting.push(run) === 1) defer(goOn);
  };
}
