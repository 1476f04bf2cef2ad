import { allow } from '../../access/actor.ts';
import type { TextKind } from '../../access/kind.ts';

/** A plain shared Y.Doc without a schema, there as soon as somebody names it: for scripts, plug-ins and checks. */
export const scratchKind: TextKind = {
  class: 'text',
  kind: 'scratch',
  part: null,
  governedBy: null,
  exists: () => true,
  readers: () => 'everyone',
  mayWrite: () => allow,
  roots: null,
  allows: null,
};
