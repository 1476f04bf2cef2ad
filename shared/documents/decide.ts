import { allow, refuse, type Actor, type Decision } from '../access/actor.ts';
import type { Readers, RuleContext } from '../access/kind.ts';
import { isOutsider } from '../base/apps.ts';
import type { MemberId } from '../base/ids.ts';
import { failure, type Failure } from '../base/errors.ts';
import { err, ok, type Result } from '../base/result.ts';
import { heldBy, wordsFound } from '../features/words/judge.ts';
import type { AnyKind, AnyLogKind } from './registry.ts';

/**
 * What somebody wants to do with a room. `write` is an update of a text, `command` a change of a log, `attach` keeping a
 * file with either.
 */
export type Action =
  | { readonly do: 'read' }
  | { readonly do: 'write' }
  | { readonly do: 'attach' }
  | { readonly do: 'command'; readonly type: string; readonly data: unknown };

export interface Resource extends RuleContext<unknown> {
  readonly kind: AnyKind;
}

export const isReader = (readers: Readers, member: MemberId): boolean =>
  readers === 'everyone' ? !isOutsider(member) : readers.includes(member);

const forMembers = refuse('forbidden', 'this is for members');

/**
 * The one access decision, pure, asked by the page (may this button be here?) and by the relay (may this frame pass?).
 * A room that the actor may not read is answered like one that does not exist only where its existence is a secret;
 * here ids cannot be guessed, so the answer is honest.
 */
export function decide(actor: Actor, action: Action, resource: Resource): Decision {
  if (!actor.active) return refuse('forbidden', 'no longer a member of this workspace');
  switch (action.do) {
    case 'read':
      return mayRead(actor, resource);
    case 'write': {
      const reading = mayRead(actor, resource);
      if (!reading.ok) return reading;
      if (resource.kind.class === 'log') return refuse('read-only', 'only the relay writes this room');
      if (actor.isGuest || actor.may) return forMembers;
      return resource.kind.mayWrite(actor, resource.governing);
    }
    case 'attach': {
      const { kind } = resource;
      if (kind.class === 'text') return decide(actor, { do: 'write' }, resource);
      const reading = mayRead(actor, resource);
      if (!reading.ok) return reading;
      return kind.mayAttach?.(actor, resource) ?? refuse('read-only', 'this room takes no files');
    }
    case 'command': {
      const judged = judgeCommand(actor, action.type, action.data, resource);
      return judged.ok ? allow : judged;
    }
  }
}

function mayRead(actor: Actor, { kind, governing }: Resource): Decision {
  if (!kind.exists(governing)) return refuse('room-not-found', 'no such room');
  return isReader(kind.readers(governing), actor.member)
    ? allow
    : refuse('forbidden', 'not a reader of this room');
}

/** Apps read nothing by this way: that they may send the command was decided before. */
function mayReach(actor: Actor, resource: Resource): Decision {
  if (!actor.may) return mayRead(actor, resource);
  return resource.kind.exists(resource.governing) ? allow : refuse('room-not-found', 'no such room');
}

/** A command that passed: its data as it is stored, and whether the state already says so. */
export interface Judged {
  readonly data: unknown;
  readonly done: boolean;
}

/** Schema, then rights, then the words of it, then whether anything is left to do. What `decide` says of commands comes from here. */
export function judgeCommand(
  actor: Actor,
  type: string,
  data: unknown,
  resource: Resource,
): Result<Judged, Failure> {
  if (!actor.active) return err(failure('forbidden', 'no longer a member of this workspace'));
  if (resource.kind.class !== 'log')
    return err(failure('bad-request', 'this room takes updates, not commands'));
  const rules: AnyLogKind['commands'] = resource.kind.commands;
  const rule = Object.hasOwn(rules, type) ? rules[type] : undefined;
  if (!rule) return err(failure('bad-request', 'unknown command for this room'));
  if (actor.isGuest && (rule.creates || !resource.kind.guestCommands?.has(type)))
    return err(failure('forbidden', 'this is for members'));
  if (actor.may) {
    const { appCommands = {} } = resource.kind;
    const right = Object.hasOwn(appCommands, type) ? appCommands[type] : undefined;
    if (right === undefined || !actor.may.includes(right))
      return err(failure('forbidden', `this takes the right ${right ?? 'of a member'}`));
  }
  const parsed = rule.schema.safeParse(data);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return err(failure('bad-request', `${issue?.path.join('.') || 'data'}: ${issue?.message ?? 'invalid'}`));
  }
  if (!rule.creates) {
    const reading = mayReach(actor, resource);
    if (!reading.ok) return reading;
  }
  const known = asKnownTo(actor, resource, resource.kind);
  const decision = rule.may(actor, parsed.data, known);
  if (!decision.ok) return decision;
  const held = heldBy(actor, wordsFound(actor, resource, type, parsed.data));
  if (held) return err(failure('words-held', `words that are not to be said: ${held.words.join(', ')}`));
  const completed: unknown = rule.complete?.(parsed.data, known) ?? parsed.data;
  return ok({ data: completed, done: rule.isDone?.(actor, parsed.data, known) ?? false });
}

/** Entries that this reader may not know are not there for what they say. */
function asKnownTo(actor: Actor, resource: Resource, { limited }: AnyLogKind): Resource {
  const from = limited?.from(resource.governing, actor.member) ?? 0;
  if (from === 0) return resource;
  return {
    ...resource,
    entry(target) {
      const entry = resource.entry(target);
      return entry && entry.seq < from ? null : entry;
    },
  };
}
