import { parseArgs } from 'node:util';
import { giveUp } from './command.mjs';

/**
 * The whole numbers that were given as these options; anything else ends the process with the usage.
 * @param {readonly string[]} names
 * @param {string} usage
 * @returns {Record<string, string | undefined>}
 */
export function readNumbers(names, usage) {
  const options = Object.fromEntries(names.map((name) => [name, { type: /** @type {const} */ ('string') }]));
  try {
    const { values } = parseArgs({ options, strict: true });
    for (const [name, value] of Object.entries(values))
      if (typeof value !== 'string' || !/^\d{1,10}$/.test(value))
        throw new Error(`--${name} must be a whole number of at most ten digits.`);
    return /** @type {Record<string, string>} */ (values);
  } catch (error) {
    return giveUp(`${error instanceof Error ? error.message : String(error)}\n${usage}`, 2);
  }
}
