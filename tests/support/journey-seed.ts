import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fillWorkspace, sizes, type SeedSize } from '../../server/seed/fill.ts';
import { createRandom } from '../../server/seed/random.ts';
import { openWorkspace } from '../../server/workspace.ts';

/** The owner of every seeded workspace. */
export const seedOwner = {
  name: '林慧',
  email: 'lin.hui@nanhe.example',
  password: 'a password for trying',
} as const;

/** Fills a folder for a relay with believable people, conversations and documents; the caller removes it. */
export async function seededFolder(size: Partial<SeedSize> = {}): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'weft-seeded-'));
  const until = Date.now();
  let now = until;
  const workspace = await openWorkspace({ folder, durability: 'process', clock: { now: () => now } });
  await fillWorkspace(workspace, {
    size: { ...sizes.small, ...size },
    random: createRandom(1),
    password: seedOwner.password,
    until,
    travel: (at) => (now = at),
  });
  await workspace.relay.stop();
  workspace.close();
  return folder;
}
