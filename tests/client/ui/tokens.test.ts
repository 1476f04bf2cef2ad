import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const css = readFileSync(join(import.meta.dirname, '../../../client/ui/tokens.css'), 'utf8');

const declarations = (block: string): readonly string[] =>
  [...block.matchAll(/(--[\w-]+):\s*([^;]+);/g)].map(
    (match) => `${match[1] ?? ''}: ${(match[2] ?? '').replace(/\s+/g, ' ')}`,
  );

const blockAfter = (selector: string): string => {
  const start = css.indexOf(selector);
  expect(start, selector).toBeGreaterThan(-1);
  return css.slice(start + selector.length, css.indexOf('}', start));
};

describe('design tokens', () => {
  it('are the same in the chosen dark theme and in the dark theme of the system', () => {
    const chosen = declarations(blockAfter(":root[data-theme='dark'] {"));
    const system = declarations(blockAfter(":root:not([data-theme='light']) {"));
    expect(chosen.length).toBeGreaterThan(50);
    expect(system).toEqual(chosen);
  });

  it('in the dark theme all exist in the light one', () => {
    const light = new Set(declarations(blockAfter(':root {')).map((line) => line.split(':')[0]));
    for (const line of declarations(blockAfter(":root[data-theme='dark'] {")))
      expect(light).toContain(line.split(':')[0]);
  });
});
