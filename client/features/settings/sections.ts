/* The pages of the settings, in order. */
import Bell from '@lucide/svelte/icons/bell';
import Building from '@lucide/svelte/icons/building-2';
import Contact from '@lucide/svelte/icons/contact-round';
import Database from '@lucide/svelte/icons/database';
import Download from '@lucide/svelte/icons/download';
import FileInput from '@lucide/svelte/icons/file-input';
import Info from '@lucide/svelte/icons/info';
import KeyRound from '@lucide/svelte/icons/key-round';
import MonitorSmartphone from '@lucide/svelte/icons/monitor-smartphone';
import Palette from '@lucide/svelte/icons/palette';
import UserRound from '@lucide/svelte/icons/user-round';
import Plug from '@lucide/svelte/icons/plug';
import type { Component } from 'svelte';
import AboutSection from './sections/AboutSection.svelte';
import AppearanceSection from './sections/AppearanceSection.svelte';
import AppsSection from './sections/AppsSection.svelte';
import CustomersSection from './sections/CustomersSection.svelte';
import DevicesSection from './sections/DevicesSection.svelte';
import ExportSection from './sections/ExportSection.svelte';
import ImportSection from './sections/ImportSection.svelte';
import NotificationsSection from './sections/NotificationsSection.svelte';
import PasswordSection from './sections/PasswordSection.svelte';
import ProfileSection from './sections/ProfileSection.svelte';
import StorageSection from './sections/StorageSection.svelte';
import WorkspaceSection from './sections/WorkspaceSection.svelte';

export interface Section {
  readonly id:
    | 'profile'
    | 'appearance'
    | 'notifications'
    | 'devices'
    | 'password'
    | 'storage'
    | 'export'
    | 'import'
    | 'customers'
    | 'apps'
    | 'workspace'
    | 'about';
  readonly icon: Component<{ size?: number | string }>;
  readonly content: Component;
  /** Listed for administrators alone; the page itself says so to others. */
  readonly forAdmins?: true;
}

export const sections: readonly Section[] = [
  { id: 'profile', icon: UserRound, content: ProfileSection },
  { id: 'appearance', icon: Palette, content: AppearanceSection },
  { id: 'notifications', icon: Bell, content: NotificationsSection },
  { id: 'devices', icon: MonitorSmartphone, content: DevicesSection },
  { id: 'password', icon: KeyRound, content: PasswordSection },
  { id: 'storage', icon: Database, content: StorageSection },
  { id: 'export', icon: Download, content: ExportSection },
  { id: 'import', icon: FileInput, content: ImportSection, forAdmins: true },
  { id: 'customers', icon: Contact, content: CustomersSection },
  { id: 'apps', icon: Plug, content: AppsSection, forAdmins: true },
  { id: 'workspace', icon: Building, content: WorkspaceSection },
  { id: 'about', icon: Info, content: AboutSection },
];

/** The addresses that other pages use for sections. */
const otherNames: Readonly<Record<string, Section['id']>> = { language: 'appearance', theme: 'appearance' };

export const sectionOf = (id: string | undefined): Section | undefined =>
  sections.find((section) => section.id === (otherNames[id ?? ''] ?? id ?? 'profile'));
