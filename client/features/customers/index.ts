import CustomerList from './list/CustomerList.svelte';
import CustomerPage from './CustomerPage.svelte';
import Reminders from './Reminders.svelte';
import { customersPalette } from './palette.ts';

export const feature = {
  list: CustomerList,
  content: CustomerPage,
  background: Reminders,
  palette: customersPalette,
};

export { default as CustomerFile } from './file/CustomerFile.svelte';
