/* The kinds of blocks a person can choose: one table for the slash menu, the toolbar and the shortcuts' hints. */
import Code from '@lucide/svelte/icons/square-code';
import Divider from '@lucide/svelte/icons/minus';
import Heading1 from '@lucide/svelte/icons/heading-1';
import Heading2 from '@lucide/svelte/icons/heading-2';
import Heading3 from '@lucide/svelte/icons/heading-3';
import ImageIcon from '@lucide/svelte/icons/image';
import List from '@lucide/svelte/icons/list';
import ListOrdered from '@lucide/svelte/icons/list-ordered';
import ListTodo from '@lucide/svelte/icons/list-todo';
import Quote from '@lucide/svelte/icons/text-quote';
import Table from '@lucide/svelte/icons/table';
import Text from '@lucide/svelte/icons/type';
import type { ChainedCommands, Editor } from '@tiptap/core';
import type { Component } from 'svelte';
import { t } from './strings.ts';

export interface BlockKind {
  readonly id: string;
  readonly icon: Component;
  readonly label: () => string;
  readonly group: 'text' | 'insert';
  /** What Markdown people type for the same; shown as a hint. */
  readonly hint?: string;
  /** Words in both languages and pinyin, all lower case, so that the menu is found whatever keyboard is on. */
  readonly words: readonly string[];
  /** Absent where the editor itself has to do it (a picture must be chosen first). */
  readonly apply?: (chain: ChainedCommands) => ChainedCommands;
  readonly active?: (editor: Editor) => boolean;
}

const headingKind = (
  level: 1 | 2 | 3,
  icon: Component,
  label: () => string,
  words: readonly string[],
): BlockKind => ({
  id: `heading${level}`,
  icon,
  label,
  group: 'text',
  hint: '#'.repeat(level),
  words: [`heading ${level}`, `h${level}`, 'heading', 'title', '标题', 'biaoti', 'bt', ...words],
  apply: (chain) => chain.setHeading({ level }),
  active: (editor) => editor.isActive('heading', { level }),
});

export const blockKinds: readonly BlockKind[] = [
  {
    id: 'paragraph',
    icon: Text,
    label: () => t.paragraph,
    group: 'text',
    words: ['text', 'paragraph', 'plain', '正文', '文字', 'zhengwen', 'wenzi', 'zw', 'wz'],
    apply: (chain) => chain.setParagraph(),
    active: (editor) => editor.isActive('paragraph'),
  },
  headingKind(1, Heading1, () => t.heading1, ['一级标题', 'yijibiaoti', 'yjbt']),
  headingKind(2, Heading2, () => t.heading2, ['二级标题', 'erjibiaoti', 'ejbt']),
  headingKind(3, Heading3, () => t.heading3, ['三级标题', 'sanjibiaoti', 'sjbt']),
  {
    id: 'bulletList',
    icon: List,
    label: () => t.bulletList,
    group: 'text',
    hint: '-',
    words: [
      'bullet list',
      'unordered',
      'list',
      'ul',
      '无序列表',
      '列表',
      '项目符号',
      'wuxuliebiao',
      'liebiao',
      'wxlb',
      'lb',
    ],
    apply: (chain) => chain.toggleBulletList(),
    active: (editor) => editor.isActive('bulletList'),
  },
  {
    id: 'orderedList',
    icon: ListOrdered,
    label: () => t.orderedList,
    group: 'text',
    hint: '1.',
    words: [
      'numbered list',
      'ordered list',
      'number',
      'ol',
      '有序列表',
      '编号',
      'youxuliebiao',
      'bianhao',
      'yxlb',
      'lb',
      'bh',
    ],
    apply: (chain) => chain.toggleOrderedList(),
    active: (editor) => editor.isActive('orderedList'),
  },
  {
    id: 'taskList',
    icon: ListTodo,
    label: () => t.taskList,
    group: 'text',
    hint: '[ ]',
    words: [
      'task list',
      'to-do',
      'todo',
      'checkbox',
      'check',
      '任务列表',
      '任务',
      '待办',
      '清单',
      'renwu',
      'daiban',
      'qingdan',
      'rwlb',
      'rw',
      'db',
      'qd',
    ],
    apply: (chain) => chain.toggleTaskList(),
    active: (editor) => editor.isActive('taskList'),
  },
  {
    id: 'quote',
    icon: Quote,
    label: () => t.quote,
    group: 'text',
    hint: '>',
    words: ['quote', 'blockquote', 'citation', '引用', 'yinyong', 'yy'],
    apply: (chain) => chain.toggleBlockquote(),
    active: (editor) => editor.isActive('blockquote'),
  },
  {
    id: 'codeBlock',
    icon: Code,
    label: () => t.codeBlock,
    group: 'insert',
    hint: '```',
    words: ['code block', 'code', 'pre', '代码块', '代码', 'daimakuai', 'daima', 'dmk', 'dm'],
    apply: (chain) => chain.toggleCodeBlock(),
    active: (editor) => editor.isActive('codeBlock'),
  },
  {
    id: 'table',
    icon: Table,
    label: () => t.table,
    group: 'insert',
    words: ['table', 'grid', '表格', 'biaoge', 'bg'],
    apply: (chain) => chain.insertTable({ rows: 3, cols: 3, withHeaderRow: true }),
    active: (editor) => editor.isActive('table'),
  },
  {
    id: 'image',
    icon: ImageIcon,
    label: () => t.image,
    group: 'insert',
    words: ['picture', 'image', 'photo', '图片', '照片', 'tupian', 'zhaopian', 'tp', 'zp'],
  },
  {
    id: 'divider',
    icon: Divider,
    label: () => t.divider,
    group: 'insert',
    hint: '---',
    words: ['divider', 'line', 'rule', 'hr', '分割线', '横线', 'fengexian', 'hengxian', 'fgx', 'hx'],
    apply: (chain) => chain.setHorizontalRule(),
  },
];

/** The kinds a person means by `query`: every one for nothing typed, else those with a word that starts like it. */
export function matchBlockKinds(query: string): readonly BlockKind[] {
  const wanted = query.trim().toLowerCase();
  if (wanted === '') return blockKinds;
  const starts = blockKinds.filter((kind) => kind.words.some((word) => word.startsWith(wanted)));
  const inside = blockKinds.filter(
    (kind) => !starts.includes(kind) && kind.words.some((word) => word.includes(wanted)),
  );
  return [...starts, ...inside];
}
