/* What other features need to take conversations along and to bring them in. Loaded when somebody does so. */
export type { Taken } from './export/contents.ts';
export { addConversation } from './export/into-zip.ts';
export { fetchOlder } from './export/older.ts';
export { Archive } from './import/archive.ts';
export { matchPeople } from './import/match.ts';
export { importChannel } from './import/run.ts';
export { openConversationAt } from './import/weft.ts';
