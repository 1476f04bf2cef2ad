import CustomerList from './list/CustomerList.svelte';
import CustomersPane from './CustomersPane.svelte';
import Reminders from './Reminders.svelte';
import { customerPanel } from '../chat/index.ts';
import SidePanel from './SidePanel.svelte';
import { customersPalette } from './palette.ts';

export const feature = {
  list: CustomerList,
  content: CustomersPane,
  background: Reminders,
  palette: customersPalette,
};

export { MemberCustomers } from './handover/index.ts';
export { settingsPages } from './settings/index.ts';

customerPanel.component = SidePanel;
