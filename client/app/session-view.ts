import type { WorkspaceData } from '../data/api.ts';

/** What the shell must know of the session; the getters are reactive. */
export interface SessionView {
  /** `starting`: this device is still looking who was signed in, for milliseconds. */
  readonly state: 'starting' | 'signed-out' | 'signed-in';
  /** Who it is, known before their data is open; null when nobody is signed in. */
  readonly account: object | null;
  /** Set exactly while signed in. Another object means another account or workspace: everything is mounted anew. */
  readonly workspace: WorkspaceData | null;
}
