import { defineStrings } from '../../i18n/index.ts';

export const t = defineStrings({
  en: {
    urgent: 'Urgent messages',
    urgentFrom: 'Urgent from {name}',
    openToRead: 'Open the conversation to read it.',
    show: 'Show',
    gotIt: 'Got it',
    offer: 'Turn on notifications?',
    offerText: 'Weft then tells you of messages while you do something else.',
    turnOn: 'Turn on',
    notNow: 'No, thanks',
  },
  zh: {
    urgent: '加急消息',
    urgentFrom: '{name}的加急消息',
    openToRead: '打开会话查看内容。',
    show: '查看',
    gotIt: '确认收到',
    offer: '开启通知？',
    offerText: '开启后，你在做别的事情时也能收到新消息提醒。',
    turnOn: '开启',
    notNow: '不用了',
  },
});
