import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { startRelay, until } from '../support/relay-process.ts';
import { join, signIn } from '../support/sign-in.ts';
import { brokenPromises, Page, Writer } from '../support/writer.ts';

const program = process.env['RELAY'] ?? fileURLToPath(new URL('../../dist/relay.mjs', import.meta.url));

it('a second relay on the folder is refused, and one that is told to stop under load loses nothing', async () => {
  const relay = await startRelay();
  try {
    const admin = await signIn(relay.address);
    const people = [admin, ...(await join(relay.address, admin, ['Ana', 'Bo', 'Chen']))];
    const page = new Page(admin.workspace.id, 'stopped');
    let writers = people.map((who) => new Writer(who, page));
    await writers[0]!.connect(relay.address);
    await writers[0]!.createGroup(people.slice(1).map(({ member }) => member.id));
    for (let round = 0; round < 2; round++) {
      const away = writers.filter((writer) => !writer.isConnected);
      await Promise.all(away.map((writer) => writer.connect(relay.address)));
      const before = page.marks.size;
      const writeFor = (done: () => boolean): Promise<unknown> =>
        until('it is done while they write', () => {
          for (const writer of writers) {
            writer.collect();
            for (let i = 0; i < 4; i++) writer.write();
          }
          return done();
        });
      await writeFor(() => page.marks.size > before + 30);

      const env = { ...process.env, PORT: '0', HOST: '127.0.0.1', WEFT_DATA: relay.data };
      const second = spawn(process.execPath, [program], { env, stdio: ['ignore', 'ignore', 'pipe'] });
      let said = '';
      second.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
      const ended = once(second, 'exit');
      let status: unknown;
      void ended.then(([code]) => (status = code));
      await writeFor(() => status !== undefined);
      expect([status, said]).toEqual([2, expect.stringContaining('Another relay is using the data folder')]);

      const gone = relay.gone();
      let code: number | null | undefined;
      void gone.then((ended_) => (code = ended_));
      process.kill(relay.pid!, 'SIGTERM');
      await writeFor(() => code !== undefined);
      expect(code).toBe(0);
      await Promise.all(writers.map(({ device }) => device.gone()));
      expect(writers.map(({ device }) => device.closed?.code)).toEqual(writers.map(() => 1012));
      for (const writer of writers) writer.collect();
      await relay.start();
      expect(await brokenPromises(relay.address, admin, page, writers), `round ${round}`).toEqual([]);
      // Nobody sends anything again: what was promised must be there without them.
      writers = people.map((who) => new Writer(who, page));
    }
  } finally {
    await relay.stop();
  }
}, 240_000);
