/* The pages of the rail and the bottom bar, in order. A page stands here only when it exists. */
import Contact from '@lucide/svelte/icons/contact-round';
import FileText from '@lucide/svelte/icons/file-text';
import ListTodo from '@lucide/svelte/icons/list-todo';
import MessageCircle from '@lucide/svelte/icons/message-circle';
import Settings from '@lucide/svelte/icons/settings';
import UsersRound from '@lucide/svelte/icons/users-round';
import type { Component } from 'svelte';
import type { FeatureName } from './routes.ts';

export interface Destination {
  readonly feature: FeatureName;
  readonly href: string;
  readonly text: 'messages' | 'contacts' | 'customers' | 'docs' | 'todos' | 'settings';
  /** On a phone it is reached from another page: the bar has room for five, with the search. */
  readonly notInBar?: true;
  readonly icon: Component<{ size?: number | string; strokeWidth?: number }>;
}

export const destinations: readonly Destination[] = [
  { feature: 'chat', href: '/messages', text: 'messages', icon: MessageCircle },
  { feature: 'directory', href: '/contacts', text: 'contacts', icon: UsersRound },
  { feature: 'customers', href: '/customers', text: 'customers', icon: Contact },
  { feature: 'docs', href: '/docs', text: 'docs', icon: FileText },
  { feature: 'todos', href: '/todos', text: 'todos', icon: ListTodo, notInBar: true },
  { feature: 'settings', href: '/settings', text: 'settings', icon: Settings },
];

/** Whoever works with customers opens them many times a day, and the settings hardly ever: those are then in the contacts. */
export const inBar = (withCustomers: boolean): readonly Destination[] => {
  const without: FeatureName = withCustomers ? 'settings' : 'customers';
  return destinations.filter(({ feature, notInBar }) => !notInBar && feature !== without);
};
