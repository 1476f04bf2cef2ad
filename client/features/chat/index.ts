import ChatList from './list/ChatList.svelte';
import ChatPage from './conversation/ChatPage.svelte';
import Side from './side/Side.svelte';
import { chatPalette } from './palette.ts';
import { chatShortcuts } from './shortcuts.ts';

export const feature = {
  list: ChatList,
  content: ChatPage,
  side: Side,
  palette: chatPalette,
  shortcuts: chatShortcuts,
};

export { drafts } from './drafts.svelte.ts';
export { activeMembers, chatTitle, faceOf, guestIn } from './people.ts';
export { default as PeopleChoice } from './start/PeopleChoice.svelte';
export { plainOf } from './message-markdown.ts';
export { customerPanel } from './side/customer-panel.svelte.ts';
export { linkTo } from './commands.ts';
export { default as ChooseFiles } from './attachments/ChooseFiles.svelte';
export { ChosenFiles } from './attachments/chosen-files.svelte.ts';
export { default as CardPreview } from './cards/CardPreview.svelte';
export { default as LinkCardView } from './cards/LinkCardView.svelte';
export { filledReply } from './replies/replies.ts';
export { addTodo, asTarget, changeTodo, removeTodos } from './keep/keeping.svelte.ts';
export { default as TodoDialog } from './keep/TodoDialog.svelte';
/** The dialog in which a group begins. */
export const loadStart = () => import('./start/StartConversation.svelte');
export { t as outsideStrings } from './outside/strings.ts';
/** The page on which administrators bring conversations from elsewhere: few ever open it. */
export const loadImport = () => import('./import/ImportPage.svelte');
/** For features whose things are taken along with their conversations. */
export const loadTaking = () => import('./taking.ts');
export { authorName, saidAt } from './imported/authors.ts';
export { messageIn, noticeOf } from './timeline.ts';
