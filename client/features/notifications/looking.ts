/* Whether somebody looks at any page of this account in this browser: each page in front holds a lock that all may hold. */
import type { WorkspaceData } from '../../data/api.ts';

const nameOf = ({ workspace, me }: WorkspaceData): string => `weft-looking:${workspace}:${me}`;

/** Call while this page is in front; returns the way to say that it is not any more. */
export function looking(data: WorkspaceData): () => void {
  const locks: LockManager | undefined = navigator.locks;
  if (!locks) return () => undefined;
  const stopped = new AbortController();
  const hold = (): Promise<void> =>
    new Promise((letGo) => {
      // Granted and called off in the same moment.
      if (stopped.signal.aborted) letGo();
      stopped.signal.addEventListener('abort', () => letGo());
    });
  locks.request(nameOf(data), { mode: 'shared', signal: stopped.signal }, hold).catch((error: unknown) => {
    if (!stopped.signal.aborted) throw error;
  });
  return () => stopped.abort();
}

/** Without locks only this page is known. */
export async function isLookedAt(data: WorkspaceData, here: boolean): Promise<boolean> {
  const locks: LockManager | undefined = navigator.locks;
  if (here || !locks) return here;
  const { held = [] } = await locks.query();
  return held.some(({ name }) => name === nameOf(data));
}
