/** Branded ids: one kind cannot be passed for another. All are URL- and file-safe. */
declare const brand: unique symbol;
type Id<Name extends string> = string & { readonly [brand]: Name };

export type WorkspaceId = Id<'Workspace'>;
export type MemberId = Id<'Member'>;
export type DeviceId = Id<'Device'>;
export type CommandId = Id<'Command'>;
export type DepartmentId = Id<'Department'>;
export type CustomerId = Id<'Customer'>;
/** Another system that was let in. */
export type AppId = Id<'App'>;
/** A field of people that the company defined itself. */
export type FieldId = Id<'Field'>;
/** The full name of a room: `<workspace>/<kind>/<id>[:<part>]`. */
export type RoomId = Id<'Room'>;

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** A random id of 22 letters and digits: 130 bits, more than a UUID holds. */
export function newId<T extends string = string>(): T {
  let id = '';
  while (id.length < 22) {
    // 248 is the largest multiple of 62 in a byte: values above it would favour the first letters.
    for (const byte of crypto.getRandomValues(new Uint8Array(32)))
      if (byte < 248 && id.length < 22) id += alphabet[byte % 62];
  }
  return id as T;
}

/** Ids of what the relay itself said begin so; no command of a device may. */
export const factPrefix = 'fact-';
export const isFactId = (id: string): boolean => id.startsWith(factPrefix);

/** What an id of ours or of a scratch room may look like: 1 to 64 letters, digits, `_` and `-`. */
export const idPattern = /^[A-Za-z0-9_-]{1,64}$/;
export const isId = (value: unknown): value is string => typeof value === 'string' && idPattern.test(value);
