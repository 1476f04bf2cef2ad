import { defineStrings } from '../../i18n/index.ts';

export const t = defineStrings({
  en: {
    urgent: 'Urgent messages',
    urgentFrom: 'Urgent from {name}',
    openToRead: 'Open the conversation to read it.',
    show: 'Show',
    gotIt: 'Got it',
  },
  zh: {
    urgent: '加急消息',
    urgentFrom: '{name}的加急消息',
    openToRead: '打开会话查看内容。',
    show: '查看',
    gotIt: '确认收到',
  },
});
