import { defineStrings, plural } from '../../../i18n/index.ts';

/** Words that stand in the exported files, in the language of whoever exports. */
export const t = defineStrings({
  en: {
    directoryFile: 'directory',
    conversationsFolder: 'conversations',
    docsFolder: 'documents',
    deletedFolder: 'deleted documents',
    untitled: 'Untitled',
    name: 'Name',
    post: 'Post',
    phone: 'Phone',
    email: 'E-mail',
    role: 'Role',
    about: 'About',
    joined: 'Joined',
    left: 'Left',
    members: 'Members: {names}',
    olderMissing: (p: { count: number }) =>
      plural(p.count, {
        one: '{n} older entry is not in this file.',
        other: '{n} older entries are not in this file.',
      }),
    readme: 'Export of {workspace} for {name}, made on {date}.',
    readmeFiles:
      'Documents are Markdown, conversations are Markdown to read and JSON lines (one entry per line, times in milliseconds since 1970) for programs, the directory is CSV.',
    reportTitle: 'These things could not be included:',
    reportOlder: (p: { count: number }) =>
      plural(p.count, { one: '{n} older entry', other: '{n} older entries' }),
    reportPicture: 'picture {hash}',
    reportDoc: 'the document could not be read: {reason}',
  },
  zh: {
    directoryFile: '通讯录',
    conversationsFolder: '会话',
    docsFolder: '文档',
    deletedFolder: '已删除的文档',
    untitled: '无标题',
    name: '姓名',
    post: '职务',
    phone: '电话',
    email: '邮箱',
    role: '权限',
    about: '简介',
    joined: '加入时间',
    left: '离开时间',
    members: '成员：{names}',
    olderMissing: (p: { count: number }) =>
      plural(p.count, { other: '还有 {n} 条更早的记录不在这个文件里。' }),
    readme: '{workspace}的导出，导出人：{name}，时间：{date}。',
    readmeFiles:
      '文档是 Markdown；会话有供阅读的 Markdown 和供程序使用的 JSON Lines（每行一条，时间是 1970 年以来的毫秒数）；通讯录是 CSV。',
    reportTitle: '以下内容没能放进来：',
    reportOlder: (p: { count: number }) => plural(p.count, { other: '{n} 条更早的记录' }),
    reportPicture: '图片 {hash}',
    reportDoc: '读不出这篇文档：{reason}',
  },
});
