/**
 * Tables whose rows have a `sum` that the database computes by `weft_sum` over these columns. A row with another sum is
 * taken for none, so that nobody gets a right by a bit of the disk.
 */
export const summed = {
  room_names: 'id, room',
  readers: 'room, member, since',
  leases: 'client, member, device, at',
  jobs: 'room',
  claims: 'client, room, member, at',
  commands: 'device, id, n, at, result',
  accounts: 'member, email, password',
  device_owners: 'device, member',
  sessions: 'token, id, member, device, created_at',
  invitations:
    'code, id, role, uses, max_uses, expires_at, created_by, created_at, revoked_at, approve, member',
  join_requests: 'id, invitation, name, email, password, member, created_at',
  guest_sessions: 'token, id, customer, device, created_at',
  workspace_keys: 'public, private',
  day_counts: 'name, who, used, at',
  word_hits: 'at, rule, name, words, outcome, by, person, room, id, customer',
  app_keys: 'fingerprint, id, app, created_at',
  push_keys: 'public, private',
  push_subscriptions: 'session, member, endpoint, p256dh, auth, language, created_at',
} as const;

export type SummedTable = keyof typeof summed;

export const sumIn = (table: SummedTable): string => `weft_sum(${summed[table]})`;
export const isSound = (table: SummedTable): string => `sum = ${sumIn(table)}`;

/** Takes the values of the columns in their order. */
export const insertInto = (table: SummedTable, columns: string, or = ''): string => {
  const values = columns.split(', ').map((column) => `? AS ${column}`);
  return `INSERT ${or} INTO ${table} (${columns}, sum) SELECT ${columns}, ${sumIn(table)} FROM (SELECT ${values.join(', ')})`;
};
