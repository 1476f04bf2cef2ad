/* Who the people of a file are here. */
import type { MemberId } from '../../../../shared/base/ids.ts';
import type { DirectoryState, Member } from '../../../../shared/features/directory/schema.ts';
import type { SourcePerson } from './source.ts';

export interface Match {
  readonly person: SourcePerson;
  /** Null: nobody here. */
  readonly member: Member | null;
  /** What they have in common. Two people may have one name, so whoever imports has to look at those. */
  readonly by: 'email' | 'name' | null;
}

const folded = (text: string): string => text.trim().toLocaleLowerCase().normalize('NFKC');

/** In the order of `people`. A name counts where one person there and one member here have it. */
export function matchPeople(people: readonly SourcePerson[], directory: DirectoryState): readonly Match[] {
  const members = Object.values(directory.members);
  const byEmail = new Map(
    members.filter(({ email }) => email !== '').map((each) => [folded(each.email), each]),
  );
  const found = people.map((person): Match => {
    const member = person.email === '' ? undefined : byEmail.get(folded(person.email));
    return { person, member: member ?? null, by: member ? 'email' : null };
  });
  const taken = new Set(found.flatMap(({ member }) => (member ? [member.id] : [])));
  const named = (name: string): Member[] =>
    members.filter((member) => member.leftAt === null && folded(member.name) === name);
  const namesakes = new Map<string, number>();
  for (const { name } of people) namesakes.set(folded(name), (namesakes.get(folded(name)) ?? 0) + 1);
  return found.map((match) => {
    const name = folded(match.person.name);
    if (match.member || namesakes.get(name) !== 1) return match;
    const [member, other] = named(name);
    return member && !other && !taken.has(member.id) ? { ...match, member, by: 'name' } : match;
  });
}

/** Members of the company among these people. */
export const membersAmong = (keys: readonly string[], members: ReadonlyMap<string, Member>): MemberId[] => [
  ...new Set(
    keys.flatMap((key) => {
      const member = members.get(key);
      return member && member.leftAt === null ? [member.id] : [];
    }),
  ),
];
