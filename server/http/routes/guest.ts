import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { MemberId, RoomId } from '../../../shared/base/ids.ts';
import { staffIn } from '../../../shared/features/chat/customer.ts';
import type { ChatState } from '../../../shared/features/chat/schema.ts';
import type { CustomerState } from '../../../shared/features/customers/customer-schema.ts';
import { memberOf } from '../../../shared/features/directory/tree.ts';
import { filledIn } from '../../auth/guest-links.ts';
import type { AppDeps } from '../deps.ts';
import type { AppEnvironment } from '../environment.ts';
import { clearGuestCookie, readGuestCookie, writeGuestCookie } from '../guest-cookie.ts';
import { guestSignedIn } from '../guards.ts';
import { Refused, take } from '../refusals.ts';
import { clientNetwork, isSecure } from '../request-facts.ts';
import { body, guestsOnly, id, json, nothing, refusals, room, time } from '../schemas.ts';
import type { Routes } from './app.ts';
import { logoAddress } from './logo.ts';
import { groupFace, guestGroup, shownFace, shownGroup } from './guest-groups.ts';
import { addPhotoRoutes, photoAddress, photoByLink } from './photo.ts';

const tags = ['Guests'];
const code = z.string().min(1).max(64);
const person = z
  .object({
    id,
    name: z.string(),
    post: z.string(),
    photo: z.string().nullable().openapi({ description: 'Address of their picture on this relay' }),
  })
  .openapi('ContactPerson');
const logo = z.string().nullable().openapi({ description: 'Address of the company’s logo on this relay' });
const verified = z
  .object({
    host: z.string().openapi({ description: 'Under which the company is reached' }),
    key: z.string().openapi({ description: 'Fingerprint of the company’s key, to be compared' }),
    publicKey: z.string().openapi({ description: 'ed25519, SPKI in base64' }),
    card: z.string().openapi({ description: 'JSON: company, host, person, at' }),
    signature: z.string().openapi({ description: 'Of the card, in base64' }),
  })
  .openapi('Verified');

const contact = z
  .object({
    open: z.literal(true),
    company: z.string(),
    person: person.omit({ id: true }).nullable(),
    link: z.object({ welcome: z.string() }),
    privacy: z.string(),
    privacyLink: z.string(),
    logo,
    group: groupFace.nullable().openapi({ description: 'Into which the link leads' }),
    verified,
  })
  .openapi('Contact');

const guestAnswer = z
  .object({
    member: id,
    workspace: z.object({ id, name: z.string() }),
    chat: room,
    company: z.string(),
    person: person.nullable(),
    owner: id.nullable(),
    staff: z.array(person).openapi({ description: 'Who of the company is or was in the conversation' }),
    name: z.string().nullable(),
    phone: z.string().nullable(),
    consentAt: time.nullable(),
    quiet: z.boolean().openapi({ description: 'They want no messages to many' }),
    groups: z.array(guestGroup).openapi({ description: 'In which they are, or to which they are asked' }),
    privacy: z.string(),
    privacyLink: z.string(),
    logo,
    ended: z.string().openapi({ description: 'What the company says when the conversation is over' }),
    verified,
  })
  .openapi('Guest');

const signedInRefusals = refusals('not-signed-in', 'session-ended', 'customer-ended', 'too-many-requests');

/** Customers who come by a contact link: what they see first, and the one conversation that they have. */
export function addGuestRoutes(routes: Routes, deps: AppDeps): void {
  const { auth, relay, clock, trustedProxies, publicUrl, log } = deps;
  const { guests } = auth;
  const middleware = [guestSignedIn(deps)];

  /** The network of somebody whom nobody knows, unless it asks too much or has guessed too often. */
  const mayAsk = async (c: Context<AppEnvironment>): Promise<string> => {
    const network = clientNetwork(c, trustedProxies);
    const refusal = deps.rate(network) ?? (await auth.throttle.refusal(network));
    if (refusal) throw new Refused(refusal);
    return network;
  };

  const nameAndPost = (member: MemberId): { name: string; post: string } => {
    const found = memberOf(relay.directory(), member);
    return { name: found?.name ?? '', post: found?.post ?? '' };
  };
  const personOf = (member: MemberId): z.infer<typeof person> => ({
    ...{ id: member, ...nameAndPost(member), photo: photoAddress(deps, member) },
  });

  /** Who of the company is or was in a guest's conversation. */
  const staffOf = (room: RoomId): readonly MemberId[] => {
    const chat = relay.state(room) as ChatState;
    return [...new Set([...staffIn(chat), ...(Object.keys(chat.takenOut ?? {}) as MemberId[])])];
  };

  const lookedAt = async (c: Context<AppEnvironment>, by: string) => {
    const network = await mayAsk(c);
    const found = guests.look(by);
    // Guesses are counted, so that nobody can try many.
    if (!found.ok) take(await auth.throttle.attempt(network));
    const { link, owner, group } = take(found);
    // Of a team it is not said who answers before it has begun.
    return { link, group, person: 'member' in link.to ? owner : null };
  };

  const verifiedBy = (c: Context<AppEnvironment>, owner: MemberId | null): z.infer<typeof verified> => {
    const host = publicUrl === null ? (c.req.header('host') ?? '') : new URL(publicUrl).host;
    const { name, post } = owner === null ? { name: '', post: '' } : nameAndPost(owner);
    const company = relay.directory().name;
    const card = JSON.stringify({ company, host, person: { name, post }, at: clock.now() });
    const { publicKey, fingerprint: key } = guests.key;
    return { host, key, publicKey, card, signature: guests.key.sign(card) };
  };

  const answer = (c: Context<AppEnvironment>, guest: MemberId): z.infer<typeof guestAnswer> => {
    const { file, chat: room } = guests.placeOf(guest);
    const { owner, name, phone, consentAt, said, quiet } = relay.state(file) as CustomerState;
    const settings = guests.settings();
    const { privacy, privacyLink, ended } = settings.texts;
    const company = relay.directory().name;
    // What the company wrote down of them stays with the company.
    const own = (field: 'phone', value: string): string | null => (said[field]?.by === guest ? value : null);
    return {
      ...{ member: guest, workspace: { id: relay.workspace, name: company }, chat: room, company, owner },
      person: owner === null ? null : personOf(owner),
      staff: staffOf(room).map(personOf),
      name: name === '' ? null : name,
      phone: own('phone', phone),
      consentAt,
      quiet: quiet?.by === guest,
      groups: guests.groupsOf(guest).map((each) => shownGroup(relay, each)),
      ...{ privacy, privacyLink, ended, logo: logoAddress(settings) },
      verified: verifiedBy(c, owner),
    };
  };

  addPhotoRoutes(routes, deps, {
    personBehind: async (c, by) => (await lookedAt(c, by)).person,
    staffOf: (guest) => staffOf(guests.placeOf(guest).chat),
  });

  routes.openapi(
    createRoute({
      method: 'get',
      path: '/api/contact/{code}',
      tags,
      summary: 'What a contact link says before one begins. Public.',
      request: { params: z.object({ code }) },
      responses: {
        200: json(contact, 'The link can be used'),
        ...refusals('bad-request', 'link-invalid', 'too-many-requests'),
      },
    }),
    async (c) => {
      const by = c.req.valid('param').code;
      const { link, group, person: owner } = await lookedAt(c, by);
      const one = owner && nameAndPost(owner);
      const company = relay.directory().name;
      const settings = guests.settings();
      const { privacy, privacyLink } = settings.texts;
      return c.json(
        {
          ...{ open: true as const, company, privacy, privacyLink, logo: logoAddress(settings) },
          person: owner && one && { ...one, photo: photoByLink(deps, by, owner) },
          link: { welcome: filledIn(link.welcome, company, one?.name ?? company) },
          group: group ? shownFace(relay, group) : null,
          verified: verifiedBy(c, owner),
        },
        200,
      );
    },
  );

  routes.openapi(
    createRoute({
      method: 'post',
      path: '/api/guest',
      tags,
      summary: 'Begins a conversation by a contact link, or goes on with the one this browser has.',
      request: {
        body: body(
          z.object({
            code,
            language: z.enum(['en', 'zh']),
            consent: z.literal(true),
            name: z.string().trim().max(60).optional(),
          }),
        ),
      },
      responses: {
        200: json(guestAnswer, 'Signed in by a cookie of its own, durable'),
        ...refusals('bad-request', 'wrong-origin', 'link-invalid', 'customer-ended', 'too-many-requests'),
        ...refusals('storage-failed', 'forbidden', 'too-many'),
      },
    }),
    async (c) => {
      const network = await mayAsk(c);
      const { code: by, language, name = '' } = c.req.valid('json');
      const secure = isSecure(c, deps);
      const cookie = readGuestCookie(c, secure);
      const begun = await guests.begin(by, network, { language, name }, cookie);
      if (!begun.ok && begun.error.code === 'link-invalid') take(await auth.throttle.attempt(network));
      const { guest, token } = take(begun);
      if (token !== null) {
        writeGuestCookie(c, secure, token);
        log.info({ guest }, 'a guest came');
      }
      return c.json(answer(c, guest), 200);
    },
  );

  routes.openapi(
    createRoute({
      method: 'get',
      path: '/api/guest',
      tags,
      security: guestsOnly,
      middleware,
      summary: 'Who this browser is as a guest.',
      responses: { 200: json(guestAnswer, 'The conversation'), ...signedInRefusals },
    }),
    (c) => {
      const secure = isSecure(c, deps);
      const cookie = readGuestCookie(c, secure);
      // Browsers let cookies run out; a page that is opened now and then keeps its own.
      if (cookie !== undefined) writeGuestCookie(c, secure, cookie);
      return c.json(answer(c, c.get('caller').member), 200);
    },
  );

  routes.openapi(
    createRoute({
      method: 'post',
      path: '/api/guest/quiet',
      tags,
      security: guestsOnly,
      middleware,
      summary: 'The guest wants no messages to many, or wants them again.',
      request: { body: body(z.object({ on: z.boolean() })) },
      responses: {
        200: json(guestAnswer, 'Said, durable'),
        ...signedInRefusals,
        ...refusals('bad-request', 'wrong-origin', 'storage-failed'),
      },
    }),
    async (c) => {
      const { member } = c.get('caller');
      take(await guests.quiet(member, c.req.valid('json').on));
      return c.json(answer(c, member), 200);
    },
  );

  routes.openapi(
    createRoute({
      method: 'post',
      path: '/api/guest/introduce',
      tags,
      security: guestsOnly,
      middleware,
      summary: 'The guest says who they are.',
      request: {
        body: body(
          z.object({
            name: z.string().trim().max(60).optional(),
            phone: z.string().trim().max(40).optional(),
          }),
        ),
      },
      responses: {
        200: json(guestAnswer, 'Said, durable'),
        ...signedInRefusals,
        ...refusals('bad-request', 'wrong-origin', 'storage-failed'),
      },
    }),
    async (c) => {
      const { member } = c.get('caller');
      take(await guests.introduce(member, c.req.valid('json')));
      return c.json(answer(c, member), 200);
    },
  );

  routes.openapi(
    createRoute({
      method: 'post',
      path: '/api/guest/complain',
      tags,
      security: guestsOnly,
      middleware,
      summary: 'A complaint, for the administrators of the company and whoever works with the guest.',
      request: { body: body(z.object({ text: z.string().trim().min(1).max(2_000) })) },
      responses: {
        204: nothing('Kept, durable'),
        ...signedInRefusals,
        ...refusals('bad-request', 'wrong-origin', 'storage-failed'),
      },
    }),
    async (c) => {
      take(await guests.complain(c.get('caller').member, c.req.valid('json').text));
      return c.body(null, 204);
    },
  );

  routes.openapi(
    createRoute({
      method: 'delete',
      path: '/api/guest',
      tags,
      security: guestsOnly,
      middleware,
      summary: 'The guest ends the conversation: all of its sessions and sockets are over.',
      responses: {
        204: nothing('Ended, durable'),
        ...signedInRefusals,
        ...refusals('wrong-origin', 'storage-failed'),
      },
    }),
    async (c) => {
      const { member } = c.get('caller');
      await guests.end(member);
      clearGuestCookie(c, isSecure(c, deps));
      log.info({ guest: member }, 'a guest ended their conversation');
      return c.body(null, 204);
    },
  );
}
