import * as Y from 'yjs';
import { documentsOf } from './documents.ts';
import { fillings } from './fill-in.ts';
import { aboutOf, type Colleague, type Office } from './office.ts';
import type { Random } from './random.ts';
import { appendBlocks, tickTask } from './rich-text.ts';
import { day, minute, workingMoment, type Timeline } from './timeline.ts';

interface Scene {
  readonly office: Office;
  readonly random: Random;
  readonly people: readonly Colleague[];
  readonly timeline: Timeline;
  readonly from: number;
  readonly until: number;
}

/** What one person's edit changes, as the update their device would send. */
function edit(doc: Y.Doc, by: Colleague, change: () => void): Uint8Array {
  const updates: Uint8Array[] = [];
  const note = (update: Uint8Array): void => void updates.push(update);
  doc.clientID = by.client;
  doc.on('update', note);
  doc.transact(change);
  doc.off('update', note);
  return Y.mergeUpdates(updates);
}

/** Puts documents on the timeline, in both languages by turns: written by one person, added to by another. */
export function addDocuments(scene: Scene, count: number): void {
  const { office, random, people, timeline, from, until } = scene;
  const titles = new Set<string>();
  for (let index = 0; index < count; index++) {
    const language = index % 2 === 0 ? 'zh' : 'en';
    const models = documentsOf(language);
    const model = models[Math.floor(index / 2) % models.length]!;
    const [author, second] = random.some(
      people.filter((each) => each.language === language),
      2,
    );
    if (!author || !second) throw new Error('a language without people');
    const fill = fillings(random, language, second.name);
    const base = fill(model.title);
    let title = base;
    for (let n = 2; titles.has(title); n++) title = language === 'zh' ? `${base}（${n}）` : `${base} (${n})`;
    titles.add(title);

    const room = office.room('doc', random.id());
    const doc = new Y.Doc();
    const made = workingMoment(random, from, until - day);
    const later = Math.min(made + random.between(day / 4, 6 * day), until);
    const write = (at: number, by: Colleague, change: () => void): void =>
      timeline.add(at, async () => {
        const update = edit(doc, by, change);
        if (update.length > 2) await office.write(by, room, update);
      });
    timeline.add(made, () => office.command(author, aboutOf(room), 'doc.create', { title }));
    write(made + minute, author, () => appendBlocks(doc, fill(model.text)));
    write(later, second, () => appendBlocks(doc, fill(model.addition)));
    write(Math.min(later + minute, until), second, () => void tickTask(doc));
  }
}
