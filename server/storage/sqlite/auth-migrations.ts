import type { Migration } from './migrations.ts';

/** Tables of sign-in: accounts, sessions, invitations. */
export const authMigrations: readonly Migration[] = [];
