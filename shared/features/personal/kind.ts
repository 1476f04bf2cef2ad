/** The rooms of one member alone; each is named `<workspace>/personal/<member>`, with its part. */
export { listKind } from './list.ts';
export { noticesKind } from './notices.ts';
export { repliesKind } from './replies.ts';
export { savedKind } from './saved.ts';
export { segmentsKind } from './segments.ts';
export { todosKind } from './todos.ts';
