import Reminders from './Reminders.svelte';
import TodosPage from './TodosPage.svelte';

export const feature = { content: TodosPage, background: Reminders };
