/* What a browser and the relay tell each other so that it can be told of messages. Nothing here throws for the network. */

/** Where members' browsers do; guests' have a door of their own. */
const members = '/api/push';

/** The relay's key, in base64 as browsers take it; null when the relay cannot be asked, or has none. */
export async function applicationKey(door = members): Promise<string | null> {
  try {
    const response = await fetch(door);
    return response.ok ? ((await response.json()) as { key: string }).key : null;
  } catch {
    return null;
  }
}

/** Resolves to whether the relay took it. */
export async function tellRelay(
  subscription: PushSubscription,
  language: string,
  door = members,
): Promise<boolean> {
  const { endpoint, keys } = subscription.toJSON();
  const body = JSON.stringify({ endpoint, keys, language: language.startsWith('zh') ? 'zh' : 'en' });
  try {
    const headers = { 'Content-Type': 'application/json' };
    return (await fetch(door, { method: 'PUT', headers, body })).ok;
  } catch {
    return false;
  }
}

/** The browser changed its address at the push service: the relay is told the new one. */
export async function subscribeAgain(
  { pushManager }: ServiceWorkerRegistration,
  language: string,
  door = members,
): Promise<void> {
  const applicationServerKey = await applicationKey(door);
  if (!applicationServerKey) return;
  await tellRelay(
    await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey }),
    language,
    door,
  );
}

export const forgetAtRelay = (door = members): Promise<unknown> =>
  fetch(door, { method: 'DELETE' }).catch(() => undefined);
