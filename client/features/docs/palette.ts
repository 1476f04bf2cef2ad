import FilePlus from '@lucide/svelte/icons/file-plus';
import FileText from '@lucide/svelte/icons/file-text';
import { useWorkspace } from '../../data/context.ts';
import { matchesName } from '../../i18n/index.ts';
import { navigate } from '../../ui/location.svelte.ts';
import type { PaletteItem } from '../../ui/palette-item.ts';
import { createDoc, listDocs, personName, titleOf } from './documents.ts';
import { t } from './strings.ts';

const most = 8;

/** Docs by title and author, and a new one. */
export function docsPalette(): (text: string) => readonly PaletteItem[] {
  const data = useWorkspace();
  return (text) => {
    const items: PaletteItem[] = listDocs(data, text, 'edited')
      .slice(0, most)
      .map((row) => ({
        id: `docs:open:${row.id}`,
        section: 'docs',
        label: titleOf(row),
        hint: personName(data, row.state.created?.by),
        icon: FileText,
        run: () => navigate(`/docs/${row.id}`),
      }));
    if (matchesName(text, t.newDoc, ['new document', '新建文档', 'xjwd'])) {
      items.push({
        id: 'docs:new',
        section: 'actions',
        label: t.newDoc,
        icon: FilePlus,
        run: () => void createDoc(data),
      });
    }
    return items;
  };
}
