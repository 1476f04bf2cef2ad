import { directChatId } from '../../shared/features/chat/kind.ts';
import type { RoomId } from '../../shared/base/ids.ts';
import { fillings } from './fill-in.ts';
import { readsOf, type Colleague, type Office } from './office.ts';
import type { SeedLanguage } from './people.ts';
import type { Random } from './random.ts';
import { threadsOf, type ThreadLine } from './threads.ts';
import { hour, minute, workingMoment, type Timeline } from './timeline.ts';
import type { Topic } from './topics.ts';

interface Conversation {
  readonly room: RoomId;
  readonly title: string;
  readonly type: 'direct' | 'group';
  readonly language: SeedLanguage;
  readonly topic: Topic;
  /** The first one made it. */
  readonly people: readonly Colleague[];
  /** Position of the newest entry. */
  last: number;
  /** Seq of everybody's own newest message. */
  readonly spoke: Map<Colleague, number>;
}

const groups: readonly { title: string; language: SeedLanguage; topic: Topic }[] = [
  { title: '全员通知', language: 'zh', topic: 'everyday' },
  { title: 'Hamburg office', language: 'en', topic: 'everyday' },
  { title: '华东销售', language: 'zh', topic: 'sales' },
  { title: 'Sales Europe', language: 'en', topic: 'sales' },
  { title: 'TH-20 项目组', language: 'zh', topic: 'product' },
  { title: 'Firmware', language: 'en', topic: 'product' },
  { title: '二号线', language: 'zh', topic: 'production' },
  { title: 'Logistics', language: 'en', topic: 'production' },
  { title: '客户服务', language: 'zh', topic: 'support' },
  { title: 'Support', language: 'en', topic: 'support' },
  { title: '午饭吃什么', language: 'zh', topic: 'everyday' },
];

export interface ConversationWish {
  readonly groups: number;
  readonly directs: number;
  readonly messages: number;
}

interface Scene {
  readonly office: Office;
  readonly random: Random;
  readonly people: readonly Colleague[];
  /** In every group, without saying anything. */
  readonly listeners: readonly Colleague[];
  readonly timeline: Timeline;
  readonly from: number;
  readonly until: number;
}

function groupOf({ office, random, people }: Scene, index: number): Conversation {
  const kind = groups[index % groups.length]!;
  const round = Math.floor(index / groups.length);
  const speakers = people.filter((each) => each.language === kind.language);
  const others = people.filter((each) => each.language !== kind.language);
  // The first group is for everybody; the rest are teams with a guest or two from the other side.
  const team =
    index === 0
      ? random.some(people, people.length)
      : [...random.some(speakers, random.between(5, 11)), ...random.some(others, random.between(0, 2))];
  const title = round === 0 ? kind.title : `${kind.title} ${round + 1}`;
  return {
    ...kind,
    title,
    type: 'group',
    room: office.room('chat', random.id()),
    people: team,
    last: -1,
    spoke: new Map(),
  };
}

function directs({ office, random, people }: Scene, count: number): Conversation[] {
  const made = new Map<string, Conversation>();
  while (made.size < count) {
    // The first person is the one who will look around first: give them a few.
    const a = made.size < 4 ? people[0]! : random.pick(people);
    const b = random.pick(people.filter((each) => each.language === a.language));
    if (a === b) continue;
    const id = directChatId(a.member, b.member);
    made.set(id, {
      room: office.room('chat', id),
      title: '',
      type: 'direct',
      language: a.language,
      topic: 'direct',
      people: random.some([a, b], 2),
      last: -1,
      spoke: new Map(),
    });
  }
  return [...made.values()];
}

/** How many messages each conversation gets: some are lively, some nearly silent; together exactly `total`. */
function shares(random: Random, all: readonly Conversation[], total: number): number[] {
  const weights = all.map(({ type }) => (type === 'group' ? 1 : 0.5) * (0.2 + random.next() ** 2 * 2));
  const sum = weights.reduce((a, b) => a + b, 0);
  const counts = weights.map((weight) => Math.floor((weight / sum) * total));
  for (let left = total - counts.reduce((a, b) => a + b, 0), at = 0; left > 0; left--, at++)
    counts[at % counts.length]! += 1;
  return counts;
}

function talk(scene: Scene, conversation: Conversation, messages: number): void {
  const { random, timeline, from, until, office } = scene;
  const { language, topic, room, people, type } = conversation;
  const fluent = people.filter((each) => each.language === language);
  const speakers = fluent.length >= 2 ? fluent : people;
  let waiting: (readonly ThreadLine[])[] = [];
  for (let left = messages; left > 0;) {
    const all = threadsOf(language, topic);
    if (waiting.length === 0) waiting = random.some(all, all.length);
    const thread = waiting.pop() ?? [];
    const voices = type === 'direct' ? random.some(people, 2) : random.some(speakers, 3);
    const named = random.pick(speakers);
    const fill = fillings(random, language, named.name);
    let at = workingMoment(random, from + hour, until);
    for (const { speaker, text } of thread.slice(0, left)) {
      const by = voices[speaker % voices.length]!;
      const mentions = text.includes('{name}') ? { mentions: [named.member] } : {};
      const said = fill(text.replace('{name}', '@{name}'));
      timeline.add(at, async () => {
        conversation.last = await office.command(by, room, 'chat.send', { text: said, ...mentions });
        conversation.spoke.set(by, conversation.last);
      });
      at = Math.min(at + random.between(minute / 3, 12 * minute), until);
      left--;
    }
  }
}

const listenersTo = (scene: Scene, { type }: Conversation): readonly Colleague[] =>
  type === 'group' ? scene.listeners : [];

/** Most people are up to date; some have messages waiting. */
function read(scene: Scene, conversation: Conversation): void {
  const { random, timeline, until, office } = scene;
  for (const person of [...conversation.people, ...listenersTo(scene, conversation)])
    timeline.add(until, async () => {
      const behind = random.chance(0.7) ? 0 : random.between(1, 9);
      // Whoever answers has read what was there.
      const upTo = Math.max(conversation.last - behind, conversation.spoke.get(person) ?? -1);
      if (upTo >= 0) await office.command(person, readsOf(conversation.room), 'chat.read', { upTo });
    });
}

/** Puts conversations on the timeline. What is read is added by the function returned, when all is said. */
export function addConversations(scene: Scene, wish: ConversationWish): () => void {
  const { timeline, from, random, office } = scene;
  const all = [
    ...Array.from({ length: wish.groups }, (_, index) => groupOf(scene, index)),
    ...directs(scene, wish.directs),
  ];
  const counts = shares(random, all, wish.messages);
  for (const [index, conversation] of all.entries()) {
    const { room, title, type, people } = conversation;
    const [founder, ...others] = people;
    if (!founder) throw new Error('a conversation without people');
    const members = [...others, ...listenersTo(scene, conversation)].map((each) => each.member);
    timeline.add(from + index, async () => {
      conversation.last = await office.command(founder, room, 'chat.create', { type, title, members });
    });
    talk(scene, conversation, counts[index] ?? 0);
  }
  return () => {
    for (const conversation of all) read(scene, conversation);
  };
}
