/* People and conversations by name, from what is on the screen's own data. */
import type { MemberId } from '../../../shared/base/ids.ts';
import type { Member } from '../../../shared/features/directory/schema.ts';
import type { ChatRow, WorkspaceData } from '../../data/api.ts';
import { matchesName, matchesPerson, nameRank } from '../../i18n/index.ts';
import { chatTitle, faceOf } from '../chat/index.ts';
import { t } from './strings.ts';

export interface Choosable {
  readonly id: string;
  readonly label: string;
  readonly kind: 'person' | 'group';
  /** What decides the colour of its face. */
  readonly face: string;
}

export const nameOf = (data: WorkspaceData, id: MemberId | null): string =>
  (id === null ? undefined : data.directory.members[id]?.name) ?? t.unknown;

export const titleOf = (data: WorkspaceData, row: ChatRow): string =>
  chatTitle(row.state, data.directory, data.me);

const byRank =
  <Item>(text: string, of: (item: Item) => string) =>
  (a: Item, b: Item): number =>
    nameRank(text, of(a)) - nameRank(text, of(b));

/** Who is here before who left; among them those whose name begins so. */
export const findPeople = (data: WorkspaceData, text: string): readonly Member[] =>
  Object.values(data.directory.members)
    .filter((member) => matchesPerson(text, member))
    .sort(
      (a, b) =>
        Number(a.leftAt !== null) - Number(b.leftAt !== null) || byRank(text, (m: Member) => m.name)(a, b),
    );

export const findChats = (data: WorkspaceData, text: string): readonly ChatRow[] =>
  data.chats
    .filter((row) => matchesName(text, titleOf(data, row)))
    .sort(byRank(text, (row) => titleOf(data, row)));

export const choosePeople = (data: WorkspaceData, text: string): readonly Choosable[] =>
  findPeople(data, text).map(({ id, name }) => ({ id, label: name, kind: 'person', face: id }));

export const chooseChats = (data: WorkspaceData, text: string): readonly Choosable[] =>
  findChats(data, text).map((row) => {
    const face = faceOf(row.state, data.me);
    return {
      id: row.id,
      label: titleOf(data, row),
      kind: face ? 'person' : 'group',
      face: face ?? row.id,
    };
  });
