/* What the menus of the list offer, by right click, long press and keyboard. */
import ArrowDown from '@lucide/svelte/icons/arrow-down';
import ArrowUp from '@lucide/svelte/icons/arrow-up';
import Bell from '@lucide/svelte/icons/bell';
import BellOff from '@lucide/svelte/icons/bell-off';
import ChevronsDownUp from '@lucide/svelte/icons/chevrons-down-up';
import ChevronsUpDown from '@lucide/svelte/icons/chevrons-up-down';
import Eye from '@lucide/svelte/icons/eye';
import EyeOff from '@lucide/svelte/icons/eye-off';
import FolderInput from '@lucide/svelte/icons/folder-input';
import FolderPlus from '@lucide/svelte/icons/folder-plus';
import MailOpen from '@lucide/svelte/icons/mail-open';
import MailPlus from '@lucide/svelte/icons/mail-plus';
import Pencil from '@lucide/svelte/icons/pencil';
import Pin from '@lucide/svelte/icons/pin';
import PinOff from '@lucide/svelte/icons/pin-off';
import Trash from '@lucide/svelte/icons/trash-2';
import type { ChatPlace, Section } from '../../../../shared/features/personal/schema.ts';
import type { ChatRow } from '../../../data/api.ts';
import { isHidden } from '../../../data/projection/attention.ts';
import type { MenuItem } from '../../../ui/menu-item.ts';
import type { OwnList } from './own-list.ts';
import { l } from './strings.ts';

export interface ChatMenu {
  readonly row: ChatRow;
  readonly place: ChatPlace;
  readonly own: OwnList;
  readonly onmove: () => void;
  readonly onhide: () => void;
}

export function chatMenu({ row, place, own, onmove, onhide }: ChatMenu): MenuItem[][] {
  const { id } = row;
  const isUnread = row.unread > 0 || place.unread === true;
  return [
    [
      place.pinned
        ? { id: 'pin', label: l.unpin, icon: PinOff, run: () => own.place(id, { pinned: false }) }
        : { id: 'pin', label: l.pin, icon: Pin, run: () => own.place(id, { pinned: true }) },
      place.muted
        ? { id: 'mute', label: l.unmute, icon: Bell, run: () => own.place(id, { muted: false }) }
        : { id: 'mute', label: l.mute, icon: BellOff, run: () => own.place(id, { muted: true }) },
      isUnread
        ? { id: 'read', label: l.markRead, icon: MailOpen, run: () => own.markRead(row) }
        : { id: 'read', label: l.markUnread, icon: MailPlus, run: () => own.place(id, { unread: true }) },
    ],
    [
      { id: 'move', label: l.move, icon: FolderInput, run: onmove },
      isHidden(row, place)
        ? { id: 'hide', label: l.show, icon: Eye, run: () => own.place(id, { hidden: null }) }
        : { id: 'hide', label: l.hide, icon: EyeOff, run: onhide },
    ],
  ];
}

export interface SectionMenu {
  readonly section: Section;
  readonly sections: readonly Section[];
  readonly own: OwnList;
  readonly onrename: () => void;
  readonly onadd: () => void;
}

export function sectionMenu({ section, sections, own, onrename, onadd }: SectionMenu): MenuItem[][] {
  const { id, collapsed } = section;
  return [
    [
      {
        id: 'fold',
        label: collapsed ? l.unfold : l.fold,
        icon: collapsed ? ChevronsUpDown : ChevronsDownUp,
        run: () => own.changeSection(id, { collapsed: !collapsed }),
      },
      { id: 'rename', label: l.renameSection, icon: Pencil, run: onrename },
      {
        id: 'up',
        label: l.sectionUp,
        icon: ArrowUp,
        disabled: sections[0]?.id === id,
        run: () => own.stepSection(id, -1),
      },
      {
        id: 'down',
        label: l.sectionDown,
        icon: ArrowDown,
        disabled: sections.at(-1)?.id === id,
        run: () => own.stepSection(id, 1),
      },
    ],
    [
      { id: 'add', label: l.newSection, icon: FolderPlus, run: onadd },
      {
        id: 'remove',
        label: l.removeSection,
        icon: Trash,
        danger: true,
        run: () => own.removeSection(section),
      },
    ],
  ];
}
