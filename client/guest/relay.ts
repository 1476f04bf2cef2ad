/* What the page asks the relay over HTTP. */
import { failure, type Failure } from '../../shared/base/errors.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import type { Language } from '../i18n/language.svelte.ts';
import { failureOf } from '../data/blobs.ts';
import type { ContactCard, GuestSession, StaffMember, Verified } from './contract.ts';

async function ask(method: string, path: string, body?: unknown): Promise<Result<unknown, Failure>> {
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      ...(body === undefined
        ? {}
        : { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }),
    });
    if (!response.ok) return err(await failureOf(response));
    return ok(response.status === 204 ? null : await response.json());
  } catch {
    return err(failure('offline', 'the relay cannot be reached'));
  }
}

/** What says that this browser's conversation does not go on. */
export const isOver = ({ code }: Failure): boolean =>
  code === 'not-signed-in' || code === 'session-ended' || code === 'customer-ended';

const map = <A, B>(answer: Result<A, Failure>, to: (value: A) => B): Result<B, Failure> =>
  answer.ok ? ok(to(answer.value)) : answer;

type PersonAnswer = Pick<StaffMember, 'name'> & Partial<Omit<StaffMember, 'name' | 'id'>>;

const personOf = ({ name, post = '', photo = null }: PersonAnswer): Omit<StaffMember, 'id'> => ({
  name,
  post,
  photo,
});

const nothingSaid = { privacy: '', privacyLink: '', logo: null };

interface CardAnswer {
  readonly company: string;
  readonly person: PersonAnswer | null;
  readonly link: { readonly welcome: string };
  readonly privacy?: string;
  readonly privacyLink?: string;
  readonly logo?: string | null;
  readonly group?: ContactCard['group'];
  readonly verified: Verified;
}

/** `link-invalid` where nobody answers at that address, or not any more. */
export const getCard = async (code: string): Promise<Result<ContactCard, Failure>> =>
  map(await ask('GET', `/api/contact/${encodeURIComponent(code)}`), (answer) => {
    const { link, person, ...said } = answer as CardAnswer;
    return { ...nothingSaid, ...said, welcome: link.welcome, person: person && personOf(person) };
  });

interface SessionAnswer extends Pick<GuestSession, 'member' | 'chat' | 'company' | 'verified'> {
  readonly staff: readonly (PersonAnswer & Pick<StaffMember, 'id'>)[];
  readonly owner: GuestSession['owner'];
  readonly name: string | null;
  readonly phone: string | null;
  readonly ended?: string;
  readonly quiet?: boolean;
  readonly logo?: string | null;
  readonly groups?: GuestSession['groups'];
}

const sessionOf = (answer: unknown): GuestSession => {
  const { staff, name, phone, ...said } = answer as SessionAnswer;
  return {
    ...{ ended: '', quiet: false, logo: null, groups: [] },
    ...said,
    staff: staff.map((each) => ({ id: each.id, ...personOf(each) })),
    name: name ?? '',
    phone: phone ?? '',
  };
};

/** `not-signed-in` or `session-ended` where this browser has no conversation (any more). */
export const getSession = async (): Promise<Result<GuestSession, Failure>> =>
  map(await ask('GET', '/api/guest'), sessionOf);

/** Begins the conversation, or finds the one that this browser has; the guest has agreed to what the card says. */
export const begin = async (
  code: string,
  language: Language,
  name: string,
): Promise<Result<GuestSession, Failure>> =>
  map(await ask('POST', '/api/guest', { code, language, consent: true, ...(name && { name }) }), sessionOf);

export const introduce = (who: { readonly name?: string; readonly phone?: string }) =>
  ask('POST', '/api/guest/introduce', who);

export const complain = (text: string) => ask('POST', '/api/guest/complain', { text });

/** Whether messages that go to many are to stay away. */
export const beQuiet = (on: boolean) => ask('POST', '/api/guest/quiet', { on });

export const end = () => ask('DELETE', '/api/guest');
