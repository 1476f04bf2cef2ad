import { systemClock } from '../shared/base/clock.ts';
import packageFile from '../package.json' with { type: 'json' };
import { finish, optionsOf, placesOf, refuse, say } from './command-line.ts';
import { restoreBackup } from './backup/restore.ts';

const usage = `npm run restore -- --from <backup> [--data <folder>] [--replace]
Puts a backup into a data folder whose relay is stopped. --replace moves aside what is in the folder.`;

async function run(): Promise<void> {
  const text = { type: 'string' } as const;
  const { from, data, replace } = optionsOf({ from: text, data: text, replace: { type: 'boolean' } }, usage);
  if (!from) refuse(`--from is missing.\n${usage}`);
  const places = placesOf(data);
  const restored = await restoreBackup({
    ...places,
    from,
    replace: replace ?? false,
    version: packageFile.version,
    clock: systemClock,
  });
  const { manifest, before, epoch, aside, revoked, missingPictures } = restored;
  say(`Restored ${from} into ${places.data}.`);
  say(`  It is as of ${new Date(manifest.at).toISOString()}, cursor ${before.until}.`);
  say(`  It goes on as epoch ${epoch}.`);
  if (aside) say(`  What was in the folder lies in ${aside} now; remove it when nothing is missing.`);
  if (missingPictures > 0) say(`  ${missingPictures} pictures are not in the backup.`);
  say('');
  say('What happens now, when the relay is started:');
  say(
    '  - Devices notice the new epoch and hand back what they hold and the backup lacks: messages, documents,',
  );
  say('    names and members, with their authors and times. What no device holds any more is lost.');
  if (revoked) {
    say('  - The journal of revocations reaches back to the backup. Done again from it:');
    say(
      `    ${revoked.entries} entries (people, roles, conversations, documents), ${revoked.sessions} sessions ended, ` +
        `${revoked.invitations} invitations used or revoked, ${revoked.passwords} passwords changed, ` +
        `${revoked.accounts} people joined.`,
    );
    say('    Everybody else stays signed in who was signed in when the backup was taken.');
  } else {
    say(
      '  - There is no journal of revocations that reaches back to the backup, so nobody knows who was sent away since.',
    );
    say(
      '    All sessions are over and open invitations are revoked: everybody signs in again, with the password of then.',
    );
    say('    Look through the members before you give the address away.');
    say('    Who joined after the backup has to be invited again.');
  }
  say(
    '  - Pictures that were added after the backup are gone, unless they lie in the folder that was moved aside.',
  );
}

finish(run());
