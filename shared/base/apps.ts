import { isGuest } from './guests.ts';
import type { AppId, MemberId } from './ids.ts';

/** An app is another system of the company that speaks over HTTP: a principal beside members, in no directory. */
const prefix = 'app-';

export const appMember = (app: AppId): MemberId => (prefix + app) as MemberId;
/** No member has such an id. */
export const isApp = (member: string): boolean => member.startsWith(prefix);
/** Which app it is. For `isApp` ids only. */
export const appOf = (member: MemberId): AppId => member.slice(prefix.length) as AppId;

/** Who is in no directory, and not among those who are meant by everyone. */
export const isOutsider = (member: string): boolean => isGuest(member) || isApp(member);
