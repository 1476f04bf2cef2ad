import { failure, type Failure } from '../../shared/base/errors.ts';
import type { MemberId } from '../../shared/base/ids.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import { directoryRoomId } from '../../shared/features/directory/kind.ts';
import { workspaceName } from '../../shared/features/directory/schema.ts';
import { roomId } from '../../shared/protocol/rooms.ts';
import { timingSafeEqual } from 'node:crypto';
import type { Relay } from '../relay/contract.ts';
import type { Admission, NewPerson } from './admission.ts';
import { fingerprint, newSecret } from './secrets.ts';

/** The first administrator of an empty workspace. */
export interface Setup {
  isDone(): boolean;
  /** The secret of the one-time link, the same until the process ends; null when nobody needs it. */
  link(): string | null;
  /** By the link: `link-invalid` for a wrong secret, `already-set-up` when somebody was first. */
  byLink(secret: string, workspace: string, owner: NewPerson): Promise<Result<MemberId, Failure>>;
  /** By whoever holds the machine: the environment, or the seed. */
  byOperator(workspace: string, owner: NewPerson): Promise<Result<MemberId, Failure>>;
}

export function createSetup({
  relay,
  admit,
}: {
  readonly relay: Relay;
  readonly admit: Admission['admit'];
}): Setup {
  const room = roomId(relay.workspace, 'directory', directoryRoomId);
  const secret = newSecret(256);
  let busy = false;
  const isDone = (): boolean => Object.keys(relay.directory().members).length > 0;

  async function byOperator(workspace: string, owner: NewPerson): Promise<Result<MemberId, Failure>> {
    const name = workspaceName.safeParse({ name: workspace });
    if (!name.success) return err(failure('bad-request', 'workspace: 1 to 60 characters'));
    const member = await admit(owner, {
      role: 'owner',
      member: null,
      claim() {
        if (busy || isDone()) return err(failure('already-set-up', 'the workspace has its administrator'));
        busy = true;
        return ok(true);
      },
      release: () => void (busy = false),
      use() {},
    });
    // Second, so that a failure between the two leaves a workspace that can be entered and renamed.
    if (member.ok) await relay.appendFact(room, 'workspace.rename', member.value, name.data);
    return member;
  }

  return {
    isDone,
    byOperator,
    link: () => (isDone() ? null : secret),
    async byLink(given, workspace, owner) {
      if (isDone()) return err(failure('already-set-up', 'the workspace has its administrator'));
      if (!timingSafeEqual(fingerprint(given), fingerprint(secret)))
        return err(failure('link-invalid', 'not the link of this start of the relay'));
      return byOperator(workspace, owner);
    },
  };
}
