import { z } from '@hono/zod-openapi';
import type { MemberId } from '../../../shared/base/ids.ts';
import type { ChatState } from '../../../shared/features/chat/schema.ts';
import { memberOf } from '../../../shared/features/directory/tree.ts';
import { faceOf, type GroupFace, type GuestGroup } from '../../auth/guest-groups.ts';
import type { Relay } from '../../relay/contract.ts';
import { id, room } from '../schemas.ts';

const person = z.object({ id, name: z.string(), post: z.string() });

export const groupFace = z
  .object({
    title: z.string().openapi({ description: 'Empty where it has no name' }),
    staff: z.array(person).openapi({ description: 'Who of the company is in it' }),
    customers: z.number().int().openapi({ description: 'How many guests are in it' }),
  })
  .openapi('GroupFace');

export const guestGroup = groupFace
  .extend({
    room,
    is: z.enum(['invited', 'in']),
    by: z.object({ id, name: z.string() }).openapi({ description: 'Who asked them' }),
    writes: z.boolean().openapi({ description: 'They may write there now' }),
    guests: z.array(z.object({ id, name: z.string() })).openapi({
      description: 'Other guests, as they are called by their own word; none before one is in it',
    }),
  })
  .openapi('GuestGroup');

type Names = Pick<Relay, 'directory'>;

const personOf = (relay: Names, member: MemberId): z.infer<typeof person> => {
  const found = memberOf(relay.directory(), member);
  return { id: member, name: found?.name ?? '', post: found?.post ?? '' };
};

const shown = (relay: Names, { title, staff, customers }: GroupFace): z.infer<typeof groupFace> => ({
  ...{ title, customers, staff: staff.map((each) => personOf(relay, each)) },
});

export const shownFace = (relay: Names, group: ChatState): z.infer<typeof groupFace> =>
  shown(relay, faceOf(group));

export const shownGroup = (relay: Names, group: GuestGroup): z.infer<typeof guestGroup> => {
  const { is, writes, guests, by } = group;
  const { name } = personOf(relay, by);
  return { ...shown(relay, group), room: group.room, is, writes, guests: [...guests], by: { id: by, name } };
};
