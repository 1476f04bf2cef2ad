/* All that can be done with a message, from every part of the program that has something to do with one. */
import { cardActions } from '../cards/card-actions.ts';
import { keepActions } from '../keep/keep-actions.ts';
import { splitActions } from '../start/split-actions.ts';
import { urgentActions } from '../urgent/urgent-actions.ts';
import { talkActions, type ActionContext, type ActionSource, type MessageAction } from './message-actions.ts';

const sources: readonly ActionSource[] = [talkActions, splitActions, keepActions, urgentActions, cardActions];

export const messageActions = (context: ActionContext): readonly MessageAction[] =>
  sources.flatMap((source) => source(context));
