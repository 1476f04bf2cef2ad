import Contact from '@lucide/svelte/icons/contact-round';
import { useWorkspace } from '../../data/context.ts';
import { matchesPerson, nameRank } from '../../i18n/index.ts';
import { navigate } from '../../ui/location.svelte.ts';
import type { PaletteItem } from '../../ui/palette-item.ts';
import { customerName } from './customers.ts';
import { t } from './strings.ts';

const most = 8;

/** Customers by name, company, phone and mail address. */
export function customersPalette(): (text: string) => readonly PaletteItem[] {
  const data = useWorkspace();
  return (text) =>
    data.customers
      .map((row) => ({ row, name: customerName(row) }))
      .filter(({ row: { state }, name }) =>
        matchesPerson(text, { name, post: state.company, phone: state.phone, email: state.mail }),
      )
      .sort((a, b) => nameRank(text, a.name) - nameRank(text, b.name))
      .slice(0, most)
      .map(({ row: { id, state }, name }) => ({
        id: `customers:open:${id}`,
        section: 'people',
        label: name,
        hint: state.company || t.customers,
        icon: Contact,
        run: () => navigate(`/customers/${id}`),
      }));
}
