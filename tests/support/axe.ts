import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type axeCore from 'axe-core';
import type { Page } from 'playwright-core';

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** One thing that somebody with an assistive tool would stumble over. */
export interface Finding {
  readonly rule: string;
  readonly impact: 'serious' | 'critical';
  readonly help: string;
  /** CSS selectors of the elements. */
  readonly where: readonly string[];
}

/** The serious and critical findings of axe on the page as it stands; `within` limits it to one part. */
export async function axe(page: Page, within?: string): Promise<Finding[]> {
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(source);
  const results = await page.evaluate((selector) => {
    const { axe: injected } = globalThis as unknown as { axe: typeof axeCore };
    return injected.run(selector ?? document, { resultTypes: ['violations'] });
  }, within);
  return results.violations.flatMap(({ id, impact, help, nodes }) =>
    impact === 'serious' || impact === 'critical'
      ? [{ rule: id, impact, help, where: nodes.map((node) => node.target.join(' ')) }]
      : [],
  );
}
