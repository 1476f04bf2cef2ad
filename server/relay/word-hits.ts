import type { Actor } from '../../shared/access/actor.ts';
import type { RoomId } from '../../shared/base/ids.ts';
import type { Resource } from '../../shared/documents/decide.ts';
import { customerIn, heldBy, ruledBy, wordsFound } from '../../shared/features/words/judge.ts';
import type { Command } from '../../shared/protocol/messages.ts';
import { mostNoted, type WordHit } from '../storage/word-hits-contract.ts';

/** What is kept of a command whose words met rules; nothing of most. `data`: as it is stored, or was refused. */
export function hitsOf(
  actor: Actor,
  resource: Resource,
  { id, type, room }: Command,
  data: unknown,
): readonly WordHit[] {
  const found = wordsFound(actor, resource, type, data);
  if (found.length === 0) return [];
  const outcome = actor.isGuest ? 'guest' : heldBy(actor, found) ? 'held' : 'sent';
  const said = {
    ...({ at: resource.at, outcome, by: actor.member, person: ruledBy(actor, resource) } as const),
    ...{ room: room as RoomId, id, customer: customerIn(actor, resource) },
  };
  return found.map(({ rule, words }) => ({
    ...said,
    ...{ rule: rule.id, name: rule.name, words: words.slice(0, mostNoted) },
  }));
}
