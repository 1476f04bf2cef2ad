import { fileURLToPath } from 'node:url';
import { newId, type WorkspaceId } from '../../shared/base/ids.ts';
import { roomId } from '../../shared/protocol/rooms.ts';
import { firstScreen, guestScripts, type Weight } from '../support/bundle-budget.ts';
import { accounts, Journey } from '../support/journey.ts';
import { sendCommands, type Command } from '../support/journey-commands.ts';
import { Person } from '../support/person.ts';
import { median, type Figure } from './measure.ts';
import { withRelay } from './relay.ts';

const conversations = 200;
const starts = 5;

/**
 * Runs in the page before its scripts: when the first rows were on the screen, in milliseconds since the navigation
 * began. A text, because the loader of this program would put calls of its own into a function.
 */
const noteFirstRows = `
  const look = () => {
    if (!document.querySelector('[role="list"][aria-label="Conversations"] a[href^="/messages/"]'))
      requestAnimationFrame(look);
    // The frame that draws them has ended when the next one begins.
    else requestAnimationFrame(() => (globalThis.firstRows = performance.now()));
  };
  requestAnimationFrame(look);
`;

/** From the start of a navigation without a network until a list of 200 conversations can be used. */
export const offlineStart = (): Promise<Figure[]> =>
  withRelay(async (relay, admin) => {
    const [account] = await accounts(relay.address, 'Ann');
    const list = Array.from({ length: conversations }, (_, i): Command[] => {
      const room = roomId(admin.workspace.id as WorkspaceId, 'chat', newId());
      const members = [account.member.id];
      return [
        [room, 'chat.create', { type: 'group', title: `Conversation ${i + 1}`, members }],
        ...Array.from({ length: 5 }, (_, n): Command => [room, 'chat.send', { text: `Message ${n + 1}` }]),
      ];
    });
    await sendCommands(relay.address, admin, 1, list.flat());
    const person = new Person('Ann', relay.port, {});
    try {
      await person.line.plugIn();
      await person.begin();
      await new Journey(person).signIn(account);
      await person.goOffline();
      const samples: number[] = [];
      for (let start = 0; start < starts; start++) {
        await person.leave();
        await person.begin();
        await person.page.addInitScript({ content: noteFirstRows });
        await person.open('/');
        const noted = await person.page.waitForFunction(
          () => (globalThis as unknown as { firstRows?: number }).firstRows,
        );
        samples.push((await noted.jsonValue()) ?? Number.NaN);
      }
      const how = `browser restarted without a network, ${conversations} conversations, median of ${starts}`;
      return [{ name: 'offline start to the list', value: median(samples), unit: 'ms', how }];
    } finally {
      await person.close();
    }
  });

/** What a browser fetches before the first screen of the built client, and all scripts of the guest's page. */
export function bundle(): Promise<Figure[]> {
  const client = fileURLToPath(new URL('../../dist/client', import.meta.url));
  const figure = (name: string, weights: readonly Weight[], what: string): Figure => {
    const bytes = weights.reduce((sum, { gzip }) => sum + gzip, 0);
    return { name, value: bytes / 1000, unit: 'kB gzip', how: `${weights.length} ${what}` };
  };
  return Promise.resolve([
    figure('first screen', firstScreen(client), 'files of scripts, styles and the page'),
    figure('guest page', guestScripts(client), 'scripts, the service worker with them'),
  ]);
}
