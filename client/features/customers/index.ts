import CustomerList from './list/CustomerList.svelte';
import CustomerPage from './CustomerPage.svelte';
import Reminders from './Reminders.svelte';
import { customerPanel } from '../chat/index.ts';
import SidePanel from './SidePanel.svelte';
import { customersPalette } from './palette.ts';

export const feature = {
  list: CustomerList,
  content: CustomerPage,
  background: Reminders,
  palette: customersPalette,
};

customerPanel.component = SidePanel;
