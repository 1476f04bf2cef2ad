/* The guest ended the conversation, and this device has forgotten it: the company is told when there is a network. */
import * as relay from './relay.ts';
import type { LocalCopy } from './store.ts';

export const leaveLater = async (store: LocalCopy): Promise<void> => {
  await store.setFact('leaving', true);
  waitForNetwork(store);
};

/** False where it still cannot be told. Asks nobody where nothing is to be told. */
export async function hasLeft(store: LocalCopy): Promise<boolean> {
  if (!(await store.fact('leaving'))) return true;
  const answer = await relay.end();
  if (answer.ok || relay.isOver(answer.error)) {
    await store.wipe();
    return true;
  }
  waitForNetwork(store);
  return false;
}

const waitForNetwork = (store: LocalCopy): void =>
  addEventListener('online', () => void hasLeft(store), { once: true });
